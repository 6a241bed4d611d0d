"""Say where the contexts of each word of the training text are: what CBOW and skip-gram are trained on.

The words around the word at a place of `targets` are those at the place plus each of `offsets`, so that
nothing is written twice.
"""

import argparse

from lexloom.commands.script import at_least, run, script_parser
from lexloom.storage.artifacts import Dataset, Provenance, read_artifact, write_artifact
from lexloom.vectors.contexts import context_offsets


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="targets and contexts, HDF5 of kind contexts")
    parser.add_argument(
        "--window",
        type=at_least(1),
        default=5,
        help="words on each side, from 1; across the ends of sentences",
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the corpus, write targets and contexts."""
    corpus = read_artifact(given.corpus, "corpus", ["train", "words", "counts"])
    datasets = {
        "targets": Dataset(corpus["train"], ("position",), "word id"),
        "offsets": Dataset(context_offsets(given.window), ("context",), "positions"),
        "words": corpus["words"],
        "counts": Dataset(corpus["counts"], ("word",), "occurrences in train"),
    }
    write_artifact(given.output, "contexts", datasets, Provenance({"window": given.window}, [given.corpus]))


if __name__ == "__main__":
    run(main, options())
