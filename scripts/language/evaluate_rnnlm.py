"""Measure the perplexity of a trained language model on every token of the train, valid and test texts."""

import argparse
import logging

from lexloom.commands.script import add_device_options, progress, run, script_parser
from lexloom.kernels.backend import get_backend
from lexloom.language.perplexity import perplexity_datasets, perplexity_of_tokens
from lexloom.language.rnnlm import rnnlm_from_artifact
from lexloom.storage.artifacts import Provenance, check_same_words, read_artifact, write_artifact

SPLITS = ("train", "valid", "test")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("model", help="trained language model, HDF5 of kind rnnlm")
    parser.add_argument("corpus", help="tokenized corpus it was trained on, HDF5 of kind corpus")
    parser.add_argument(
        "--output", required=True, help="perplexities and log probabilities, HDF5 of kind perplexity"
    )
    add_device_options(parser)
    return parser


def main(given: argparse.Namespace) -> None:
    """Read each text as one stream, with the hidden state carried from its first word to its last."""
    backend = get_backend(given.device, given.threads)
    artifact = read_artifact(given.model, "rnnlm")
    corpus = read_artifact(given.corpus, "corpus", [*SPLITS, "words"])
    check_same_words(given.model, artifact["words"], given.corpus, corpus["words"])
    model = rnnlm_from_artifact(artifact, backend)
    scored = {}
    for split in SPLITS:
        with progress(total=len(corpus[split]), unit="tok", desc=f"perplexity on {split}") as bar:
            scored[split] = model.log_probabilities(corpus[split], tick=bar.update)
        logging.info("%s perplexity %.2f", split, perplexity_of_tokens(scored[split]))
    parameters = sum(parameter.data.size for parameter in model.parameters())
    datasets = perplexity_datasets(scored, parameters, len(artifact["history"]["epoch"]))
    settings = artifact.settings | {"trained_on": artifact.device}
    write_artifact(
        given.output, "perplexity", datasets, Provenance(settings, [given.model, given.corpus], backend.name)
    )


if __name__ == "__main__":
    run(main, options())
