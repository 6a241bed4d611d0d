"""Count near words in one part of the training text; count_cooccurrences.py adds up all parts."""

import argparse
from pathlib import Path

from lexloom.commands.script import at_least, run, script_parser
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifacts import Provenance, read_artifact, write_artifact
from lexloom.vectors.cooccurrence import WEIGHTINGS, count_shard

SETTINGS = ("window", "weighting", "shard", "shards")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="sums of weights, HDF5 of kind shard")
    parser.add_argument("--shard", type=at_least(1), required=True, help="which part of the text, from 1")
    parser.add_argument("--shards", type=at_least(1), required=True, help="how many parts there are")
    parser.add_argument("--window", type=at_least(1), default=5, help="as in count_cooccurrences.py")
    parser.add_argument(
        "--weighting", choices=WEIGHTINGS, default="flat", help="as in count_cooccurrences.py"
    )
    parser.add_argument("--memory-mb", type=at_least(1), default=1000, help="as in count_cooccurrences.py")
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="CPU threads; the result does not depend on it"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the corpus, count pairs in one part of it, write the sums."""
    get_backend(threads=given.threads)
    corpus = read_artifact(given.corpus, "corpus", ["train", "words"])
    folder = Path(given.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(given, name) for name in SETTINGS}
    sums = count_shard(
        corpus["train"], len(corpus["words"]), **settings, memory_mb=given.memory_mb, folder=folder
    )
    write_artifact(given.output, "shard", {"sums": sums}, Provenance(settings, [given.corpus]))


if __name__ == "__main__":
    run(main, options())
