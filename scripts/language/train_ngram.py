"""Count the n-grams of a tokenized corpus for a Kneser-Ney language model."""

import argparse
import logging

from lexloom.commands.script import at_least, run, script_parser
from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.language.ngram import count_ngrams
from lexloom.storage.artifacts import Provenance, read_artifact, write_artifact


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="the counts, HDF5 of kind ngram")
    parser.add_argument(
        "--order",
        type=at_least(1),
        default=5,
        help="words in the longest n-gram, the predicted one included",
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the corpus, write the counts of each order; no n-gram reaches beyond its sentence."""
    corpus = read_artifact(given.corpus, "corpus", ["train", "words"])
    settings = {"order": given.order, "tokenizer": tokenizer_settings(corpus.settings)}
    words, end = corpus["words"], settings["tokenizer"]["sentence_end"]
    counts = count_ngrams(corpus["train"], len(words), given.order, None if end is None else words.index(end))
    for k, level in enumerate(counts, start=1):
        logging.info("order %d: %d n-grams", k, level.count_nonzero())
    datasets = {f"counts_{k}": level for k, level in enumerate(counts, start=1)} | {"words": words}
    write_artifact(given.output, "ngram", datasets, Provenance(settings, [given.corpus]))


if __name__ == "__main__":
    run(main, options())
