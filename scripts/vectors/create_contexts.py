"""Say where the contexts of each word of the training text are: what CBOW and skip-gram are trained on.

The words around the word at a place of `targets` are those at the place plus each of `offsets`, so that
nothing is written twice.
"""

import argparse

from lexloom.commands.script import parse, run, script_parser
from lexloom.settings.contexts import Contexts


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Contexts)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="targets and contexts, HDF5 of kind contexts")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.contexts import context_offsets


def main(options: argparse.Namespace) -> None:
    """Read the corpus, write targets and contexts."""
    settings = Contexts.of(options)
    corpus = read_artifact(options.corpus, "corpus", ["train", "words", "counts"])
    datasets = {
        "targets": Dataset(corpus["train"], ("position",), "word id"),
        "offsets": Dataset(context_offsets(settings.window), ("context",), "positions"),
        "words": corpus["words"],
        "counts": Dataset(corpus["counts"], ("word",), "occurrences in train"),
    }
    recorded = dict(settings) | {"tokenizer": tokenizer_settings(corpus.settings)}
    write_artifact(options.output, "contexts", datasets, Provenance(recorded, [options.corpus]))


if __name__ == "__main__":
    run(main, OPTIONS)
