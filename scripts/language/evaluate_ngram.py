"""Measure the perplexity of an n-gram language model on every token of the train, valid and test texts."""

import argparse
import logging

from lexloom.commands.script import run, script_parser
from lexloom.language.ngram import ngram_from_artifact
from lexloom.language.perplexity import perplexity_datasets, perplexity_of_tokens
from lexloom.storage.artifacts import Provenance, check_same_words, read_artifact, write_artifact

SPLITS = ("train", "valid", "test")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("model", help="counted n-grams, HDF5 of kind ngram")
    parser.add_argument("corpus", help="tokenized corpus they were counted in, HDF5 of kind corpus")
    parser.add_argument(
        "--output", required=True, help="perplexities and log probabilities, HDF5 of kind perplexity"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the model and the corpus, write the perplexities."""
    artifact = read_artifact(given.model, "ngram")
    corpus = read_artifact(given.corpus, "corpus", [*SPLITS, "words"])
    check_same_words(given.model, artifact["words"], given.corpus, corpus["words"])
    model = ngram_from_artifact(artifact)
    scored = {split: model.log_probabilities(corpus[split]) for split in SPLITS}
    for split, values in scored.items():
        logging.info("%s perplexity %.2f", split, perplexity_of_tokens(values))
    datasets = perplexity_datasets(scored, sum(len(level.words) for level in model.levels), epochs=1)
    settings = artifact.settings | {"trained_on": artifact.device}
    write_artifact(given.output, "perplexity", datasets, Provenance(settings, [given.model, given.corpus]))


if __name__ == "__main__":
    run(main, options())
