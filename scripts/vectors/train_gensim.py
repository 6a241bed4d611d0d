"""Train word vectors with gensim, to compare ours with."""

import argparse
import logging
from typing import get_args

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.base import Architecture
from lexloom.settings.execution import Seed
from lexloom.settings.gensim import GensimModel


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, GensimModel, Seed)
    parser.add_argument("corpus", help="word ids and vocabulary, HDF5 of kind corpus; train is read")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    parser.add_argument("--model", choices=get_args(Architecture), default="cbow", help="the architecture")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.gensim_training import train_gensim


def main(options: argparse.Namespace) -> None:
    """Read the corpus, train, write the vectors."""
    settings = GensimModel.of(options)
    corpus = read_artifact(options.corpus, "corpus", ["train", "words"])
    ids, words = corpus["train"], corpus["words"]
    logging.getLogger("gensim").setLevel(logging.WARNING)
    with progress(total=(1 + settings.epochs) * len(ids), unit="word", desc=f"gensim {options.model}") as bar:
        vectors, version = train_gensim(ids, words, options.model, settings, options.seed, bar.update)
    recorded = dict(settings) | {"model": options.model, "gensim": version}
    recorded["tokenizer"] = tokenizer_settings(corpus.settings)
    datasets = {"vectors": Dataset(vectors, ("word", "dimension")), "words": words}
    write_artifact(
        options.output, "vectors", datasets, Provenance(recorded, [options.corpus], seed=options.seed)
    )


if __name__ == "__main__":
    run(main, OPTIONS)
