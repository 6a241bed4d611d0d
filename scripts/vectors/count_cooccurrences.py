"""Count how often two words of the training text stand near each other."""

import argparse
from pathlib import Path

from lexloom.commands.script import parse, run, script_parser
from lexloom.errors import LexloomError
from lexloom.settings.counts import Counting, Memory, Pairs
from lexloom.settings.execution import Threads
from lexloom.settings.mistakes import show


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Counting, Memory, Threads)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="counted pairs, HDF5 of kind cooccurrences")
    parser.add_argument(
        "--shards",
        nargs="*",
        default=[],
        metavar="FILE",
        help="all shards of this corpus in order, HDF5 of kind shard, to add up instead of counting; the "
        "result is the same",
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.checksums import file_sha256
from lexloom.storage.matrix_rows import StoredRows
from lexloom.vectors.cooccurrence import add_shards, count_cooccurrences


def main(options: argparse.Namespace) -> None:
    """Read the corpus, count pairs, write the matrix."""
    get_backend(threads=options.threads)
    settings = dict(Counting.of(options))
    folder = Path(options.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    place = {"memory_mb": options.memory_mb, "folder": folder}
    if options.shards:
        corpus = read_artifact(options.corpus, "corpus", ["counts", "words"])
        shards = [StoredRows(path, "shard", "sums") for path in options.shards]
        check_shards(options, shards, len(corpus["counts"]))
        lengths = sum(shard.lengths for shard in shards)
        counts = add_shards(shards, lengths, corpus["counts"], **settings, **place)
    else:
        corpus = read_artifact(options.corpus, "corpus", ["train", "words"])
        counts = count_cooccurrences(corpus["train"], len(corpus["words"]), **settings, **place)
    datasets = {"counts": counts, "words": corpus["words"]}
    recorded = settings | {"tokenizer": tokenizer_settings(corpus.settings)}
    write_artifact(options.output, "cooccurrences", datasets, Provenance(recorded, [options.corpus]))


def check_shards(options: argparse.Namespace, shards: list[StoredRows], words: int) -> None:
    """Refuse shards that are not all of this corpus, each once, counted as asked."""
    corpus = file_sha256(options.corpus)
    for number, (path, shard) in enumerate(zip(options.shards, shards, strict=True), start=1):
        if corpus not in shard.inputs.values():
            raise LexloomError(f"{path}: not counted in {options.corpus}; make it again with count_shard.py")
        if len(shard.lengths) != words:
            raise LexloomError(f"{path}: has {len(shard.lengths)} rows, and {options.corpus} {words} words")
        expected = dict(Pairs.of(options)) | {"shard": number, "shards": len(shards)}
        if shard.settings != expected:
            raise LexloomError(
                f"{path}: made with {show(shard.settings)}, expected {expected}; give all shards, in order, "
                "of one way to count"
            )


if __name__ == "__main__":
    run(main, OPTIONS)
