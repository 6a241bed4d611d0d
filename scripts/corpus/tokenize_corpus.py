"""Turn UTF-8 text files into word ids of train, valid and test, and a vocabulary with counts.

The files are given by name, or by a list that `sha256sum` prints. In a list, the lines "# valid" and "# test"
begin the files of valid and test.
"""

import argparse
import os

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.errors import LexloomError
from lexloom.settings.execution import Seed
from lexloom.settings.splits import SPLITS
from lexloom.settings.tokenize import Tokenize


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Tokenize, Seed)
    texts = parser.add_mutually_exclusive_group(required=True)
    texts.add_argument(
        "train", nargs="*", default=[], help="text files of train, or of the one text that is split"
    )
    texts.add_argument(
        "--list", metavar="FILE", help="a list of all files, with a sha256 that each must have"
    )
    parser.add_argument("--sha256", help="the checksum that the list itself must have")
    parser.add_argument("--valid", nargs="+", metavar="FILE", help="text files of valid")
    parser.add_argument("--test", nargs="+", metavar="FILE", help="text files of test")
    parser.add_argument("--output", required=True, metavar="FILE", help="the corpus, HDF5 of kind corpus")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.reading import read_corpus
from lexloom.corpus.segmenters import segmenter_version
from lexloom.corpus.text_files import why_not_regular
from lexloom.corpus.text_lists import check_unchanged, read_list
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.checksums import file_sha256
from lexloom.training.randomness import random_stream


def main(options: argparse.Namespace) -> None:
    """Read the texts and write their ids."""
    settings = Tokenize.of(options)
    if options.list and (options.valid or options.test):
        raise LexloomError("--list: has the files of valid and test, too; leave out --valid and --test")
    if options.sha256 and not options.list:
        raise LexloomError("--sha256: is that of a list; give --list, or leave it out")
    listed = read_list(options.list, options.sha256) if options.list else {}
    texts = listed or vars(options)
    files = {name: list(texts[name]) for name in SPLITS if texts.get(name)}
    inputs = [path for paths in files.values() for path in paths]
    for path in inputs:
        if fault := why_not_regular(path):
            raise LexloomError(f"{path}: {fault}; expected a UTF-8 text file")
    named = {name: {path: file_sha256(path) for path in paths} for name, paths in files.items() if not listed}
    with progress(total=sum(map(os.path.getsize, inputs)), unit="B", desc="tokenize") as bar:
        corpus = read_corpus(files, settings, bar.update, random_stream(options.seed, "split"))
    check_unchanged(listed)
    check_unchanged(named, "changed while it was read; run this again")
    datasets = {
        **{name: Dataset(getattr(corpus, name), ("token",), "word id") for name in SPLITS},
        "words": corpus.words,
        "counts": Dataset(corpus.counts, ("word",), "occurrences in train"),
    }
    recorded = settings.recorded()
    if "valid" in files:
        del recorded["split"]
        recorded.pop("split_by", None)
    if segmenter := segmenter_version(settings.tokenizer, settings.command):
        recorded["segmenter"] = segmenter
    seed = options.seed if "split_by" in recorded else None
    write_artifact(options.output, "corpus", datasets, Provenance(recorded, inputs, seed=seed))


if __name__ == "__main__":
    run(main, OPTIONS)
