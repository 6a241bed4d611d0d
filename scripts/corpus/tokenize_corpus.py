"""Turn UTF-8 text files into word ids of train, valid and test, and a vocabulary with counts."""

import argparse
from pathlib import Path

from lexloom.commands.script import progress, run, script_parser
from lexloom.corpus.reading import read_corpus
from lexloom.settings.splits import SPLITS
from lexloom.settings.tokenize import Tokenize
from lexloom.storage.artifacts import Dataset, Provenance, write_artifact


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Tokenize)
    parser.add_argument("train", nargs="+", help="text files of train, or of the one text that is split")
    parser.add_argument("--valid", nargs="+", metavar="FILE", help="text files of valid")
    parser.add_argument("--test", nargs="+", metavar="FILE", help="text files of test")
    parser.add_argument("--output", required=True, metavar="FILE", help="the corpus, HDF5 of kind corpus")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read the texts and write their ids."""
    settings = Tokenize.of(options)
    files = {name: getattr(options, name) for name in SPLITS if getattr(options, name)}
    inputs = [path for paths in files.values() for path in paths]
    size = sum(Path(path).stat().st_size for path in inputs if Path(path).is_file())
    with progress(total=size, unit="B", desc="tokenize") as bar:
        corpus = read_corpus(files, settings, bar.update)
    datasets = {
        **{name: Dataset(getattr(corpus, name), ("token",), "word id") for name in SPLITS},
        "words": corpus.words,
        "counts": Dataset(corpus.counts, ("word",), "occurrences in train"),
    }
    recorded = settings.model_dump(exclude={"split"} if "valid" in files else set())
    write_artifact(options.output, "corpus", datasets, Provenance(recorded, inputs))


if __name__ == "__main__":
    run(main, options())
