"""Count the n-grams of a tokenized corpus for a Kneser-Ney language model."""

import argparse
import logging

from lexloom.commands.script import parse, run, script_parser
from lexloom.settings.ngram import Ngram


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Ngram)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="the counts, HDF5 of kind ngram")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.recorded import word_before_text_of
from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.language.ngram import count_ngrams
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact


def main(options: argparse.Namespace) -> None:
    """Read the corpus, write the counts of each order; no n-gram reaches beyond its sentence."""
    corpus = read_artifact(options.corpus, "corpus", ["train", "words"])
    settings = {"order": options.order, "tokenizer": tokenizer_settings(corpus.settings)}
    words, before = corpus["words"], word_before_text_of(corpus)
    counts = count_ngrams(corpus["train"], len(words), options.order, before)
    for k, level in enumerate(counts, start=1):
        logging.info("order %d: %d n-grams", k, level.count_nonzero())
    datasets = {f"counts_{k}": level for k, level in enumerate(counts, start=1)} | {"words": words}
    write_artifact(options.output, "ngram", datasets, Provenance(settings, [options.corpus]))


if __name__ == "__main__":
    run(main, OPTIONS)
