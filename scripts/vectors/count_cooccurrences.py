"""Count how often two words of the training text stand near each other."""

import argparse
from pathlib import Path

from lexloom.commands.script import at_least, between, run, script_parser
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifacts import Provenance, file_sha256, read_artifact, write_artifact
from lexloom.storage.matrix_rows import StoredRows
from lexloom.vectors.cooccurrence import WEIGHTINGS, add_shards, count_cooccurrences

SETTINGS = ("window", "weighting", "subsample")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="counted pairs, HDF5 of kind cooccurrences")
    parser.add_argument(
        "--window",
        type=at_least(1),
        default=5,
        help="words on each side, from 1; across the ends of sentences",
    )
    parser.add_argument(
        "--weighting",
        choices=WEIGHTINGS,
        default="flat",
        help="what a pair of words d apart counts: flat 1, distance 1/d, dynamic (window - d + 1) / window",
    )
    parser.add_argument(
        "--subsample",
        type=between(0, 1),
        default=0.0,
        help="share of the text, 0 to 1, above which a word counts less: a pair counts the probability that "
        "both words stay; 0 keeps all words",
    )
    parser.add_argument(
        "--shards",
        nargs="*",
        default=[],
        metavar="FILE",
        help="all shards of this corpus in order, HDF5 of kind shard, to add up in place of counting; the "
        "result is the same",
    )
    parser.add_argument(
        "--memory-mb",
        type=at_least(1),
        default=1000,
        help="megabytes to count in, beside text and result; what does not fit goes through temporary files "
        "next to the output; the result does not depend on it",
    )
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="CPU threads; the result does not depend on it"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the corpus, count pairs, write the matrix."""
    get_backend(threads=given.threads)
    folder = Path(given.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(given, name) for name in SETTINGS}
    place = {"memory_mb": given.memory_mb, "folder": folder}
    if given.shards:
        corpus = read_artifact(given.corpus, "corpus", ["counts", "words"])
        shards = [StoredRows(path, "shard", "sums") for path in given.shards]
        check_shards(given, shards)
        lengths = sum(shard.lengths for shard in shards)
        counts = add_shards(shards, lengths, corpus["counts"], **settings, **place)
    else:
        corpus = read_artifact(given.corpus, "corpus", ["train", "words"])
        counts = count_cooccurrences(corpus["train"], len(corpus["words"]), **settings, **place)
    datasets = {"counts": counts, "words": corpus["words"]}
    write_artifact(given.output, "cooccurrences", datasets, Provenance(settings, [given.corpus]))


def check_shards(given: argparse.Namespace, shards: list[StoredRows]) -> None:
    """Refuse shards that are not all of this corpus, each once, counted as asked."""
    corpus = file_sha256(given.corpus)
    count = len(shards)
    for number, (path, shard) in enumerate(zip(given.shards, shards, strict=True), start=1):
        if corpus not in shard.inputs.values():
            raise LexloomError(f"{path}: not counted in {given.corpus}; make it again with count_shard.py")
        expected = {
            "window": given.window,
            "weighting": given.weighting,
            "shard": number,
            "shards": count,
        }
        if shard.settings != expected:
            raise LexloomError(
                f"{path}: made with {shard.settings}, expected {expected}; give all shards, in order, "
                "of one way to count"
            )


if __name__ == "__main__":
    run(main, options())
