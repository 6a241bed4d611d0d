"""Count how often two words of the training text stand near each other."""

import argparse
from pathlib import Path

from lexloom.commands.script import parse, progress, run, script_parser
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
from lexloom.storage.artifacts import Artifact, read_artifact
from lexloom.storage.checksums import file_sha256
from lexloom.storage.scratch import stacked
from lexloom.vectors.cooccurrence import add_shards, count_runs


def main(options: argparse.Namespace) -> None:
    """Read the corpus, count pairs, write the matrix."""
    get_backend(threads=options.threads)
    settings = dict(Counting.of(options))
    folder = Path(options.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    memory = {"memory_mb": options.memory_mb}
    if options.shards:
        corpus = read_artifact(options.corpus, "corpus", ["counts", "words"])
        shards = [read_artifact(path, "shard", [], in_parts=["sums"]) for path in options.shards]
        check_shards(options, shards, len(corpus["words"]))
        sums = [shard["sums"] for shard in shards]
        lengths = sum(each.lengths for each in sums)
        counts = stacked(add_shards(sums, lengths, corpus["counts"], **settings, **memory), folder)
    else:
        corpus = read_artifact(options.corpus, "corpus", ["words"], in_parts=["train"])
        ids, size = corpus["train"], len(corpus["words"])
        with progress(total=len(ids), unit="word", desc="count") as bar:
            runs = count_runs(ids, size, **settings, **memory, folder=folder, advance=bar.update)
            counts = stacked(runs, folder)
    datasets = {"counts": counts, "words": corpus["words"]}
    recorded = settings | {"tokenizer": tokenizer_settings(corpus.settings)}
    write_artifact(options.output, "cooccurrences", datasets, Provenance(recorded, [options.corpus]))


def check_shards(options: argparse.Namespace, shards: list[Artifact], words: int) -> None:
    """Refuse shards that are not all of this corpus, each once, counted as asked."""
    corpus = file_sha256(options.corpus)
    for number, (path, shard) in enumerate(zip(options.shards, shards, strict=True), start=1):
        if corpus not in shard.inputs.values():
            raise LexloomError(f"{path}: not counted in {options.corpus}; make it again with count_shard.py")
        if len(shard["sums"].lengths) != words:
            raise LexloomError(
                f"{path}: has {len(shard['sums'].lengths)} rows, and {options.corpus} {words} words"
            )
        expected = dict(Pairs.of(options)) | {"shard": number, "shards": len(shards)}
        if shard.settings != expected:
            raise LexloomError(
                f"{path}: made with {show(shard.settings)}, expected {expected}; give all shards, in order, "
                "of one way to count"
            )


if __name__ == "__main__":
    run(main, OPTIONS)
