"""Measure the perplexity of a language model on every token of the train, valid and test texts."""

import argparse
import logging

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.execution import Compute
from lexloom.settings.splits import SPLITS


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Compute)
    parser.add_argument("model", help="trained language model or n-grams, HDF5 of kind rnnlm or ngram")
    parser.add_argument("corpus", help="tokenized corpus it was trained on, HDF5 of kind corpus")
    parser.add_argument(
        "--output", required=True, help="perplexities and log probabilities, HDF5 of kind perplexity"
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.kernels.backend import get_backend
from lexloom.language.perplexity import epochs_of, perplexity_datasets, perplexity_of_tokens
from lexloom.language.trained import KINDS, build_language_model
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import check_same_words, read_artifact


def main(options: argparse.Namespace) -> None:
    """Read each text as one stream, from its first word to its last; write the perplexities."""
    backend = get_backend(options.device, options.threads)
    artifact = read_artifact(options.model, KINDS)
    corpus = read_artifact(options.corpus, "corpus", [*SPLITS, "words"])
    check_same_words(options.model, artifact["words"], options.corpus, corpus["words"])
    model = build_language_model(artifact, backend)
    scored = {}
    for split in SPLITS:
        with progress(total=len(corpus[split]), unit="tok", desc=f"perplexity on {split}") as bar:
            scored[split] = model.log_probabilities(corpus[split], tick=bar.update)
        logging.info("%s perplexity %.2f", split, perplexity_of_tokens(scored[split]))
    datasets = perplexity_datasets(scored, model.size, epochs_of(artifact))
    settings = artifact.settings | {"trained_on": artifact.device}
    provenance = Provenance(settings, [options.model, options.corpus], backend.name)
    write_artifact(options.output, "perplexity", datasets, provenance)


if __name__ == "__main__":
    run(main, OPTIONS)
