"""Count near words in one part of the training text; count_cooccurrences.py adds up all parts."""

import argparse
from pathlib import Path

from pydantic import Field

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.base import Settings
from lexloom.settings.counts import Memory, Pairs
from lexloom.settings.execution import Threads


class Shard(Settings):
    """Which part of the text to count."""

    shard: int = Field(ge=1, le=10_000, description="which part of the text, from 1")
    shards: int = Field(ge=1, le=10_000, description="how many parts there are")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Shard, Pairs, Memory, Threads)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="sums of weights, HDF5 of kind shard")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.kernels.backend import get_backend
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.scratch import stacked
from lexloom.vectors.cooccurrence import shard_runs


def main(options: argparse.Namespace) -> None:
    """Read the corpus, count pairs in one part of it, write the sums."""
    get_backend(threads=options.threads)
    corpus = read_artifact(options.corpus, "corpus", ["words"], in_parts=["train"])
    folder = Path(options.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    settings = dict(Pairs.of(options)) | dict(Shard.of(options))
    ids, size = corpus["train"], len(corpus["words"])
    with progress(total=len(ids) // options.shards, unit="word", desc="count") as bar:
        place = {"memory_mb": options.memory_mb, "folder": folder, "advance": bar.update}
        sums = stacked(shard_runs(ids, size, **settings, **place), folder)
    write_artifact(options.output, "shard", {"sums": sums}, Provenance(settings, [options.corpus]))


if __name__ == "__main__":
    run(main, OPTIONS)
