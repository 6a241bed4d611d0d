"""Measure a trained language model that adapts to the text it reads, with settings chosen on the valid text.

It adapts by a neural cache (`cache`) or by dynamic evaluation (`dynamic`); see the modules of the library.
"""

import argparse
import logging
from itertools import product
from typing import get_args

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.adaptation import Cache, Dynamic, Method
from lexloom.settings.execution import Compute


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Cache, Dynamic, Compute)
    parser.add_argument("model", help="trained language model, HDF5 of kind rnnlm")
    parser.add_argument("corpus", help="tokenized corpus it was trained on, HDF5 of kind corpus")
    parser.add_argument(
        "--output", required=True, help="perplexities and log probabilities, HDF5 of kind perplexity"
    )
    parser.add_argument("--method", choices=get_args(Method), required=True, help="how it adapts")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.kernels.backend import get_backend
from lexloom.language import dynamic_evaluation, neural_cache
from lexloom.language.perplexity import KEPT_SPLITS, epochs_of, perplexity_datasets, perplexity_of_tokens
from lexloom.language.rnnlm import RNNLM, rnnlm_from_artifact
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import Artifact, check_same_words, read_artifact

Adapted = tuple[dict[str, float], dict[str, np.ndarray]]


def main(options: argparse.Namespace) -> None:
    """Choose the method's settings on valid, and write the log probabilities of valid and test with them."""
    backend = get_backend(options.device, options.threads)
    artifact = read_artifact(options.model, "rnnlm")
    corpus = read_artifact(options.corpus, "corpus", ["train", *KEPT_SPLITS, "words"])
    check_same_words(options.model, artifact["words"], options.corpus, corpus["words"])
    model = rnnlm_from_artifact(artifact, backend)
    if options.method == "cache":
        chosen, scored = by_cache(model, corpus, Cache.of(options))
    else:
        chosen, scored = by_dynamic_evaluation(model, corpus, Dynamic.of(options))
    logging.info("%s: %s", options.method, ", ".join(f"{name} {value:g}" for name, value in chosen.items()))
    for split, values in scored.items():
        logging.info("%s perplexity %.2f", split, perplexity_of_tokens(values))
    datasets = perplexity_datasets(scored, model.size, epochs_of(artifact))
    settings = artifact.settings | {"trained_on": artifact.device, "adaptation": chosen}
    provenance = Provenance(settings, [options.model, options.corpus], backend.name)
    write_artifact(options.output, "perplexity", datasets, provenance)


def by_cache(model: RNNLM, corpus: Artifact, settings: Cache) -> Adapted:
    """Return the cache that suits valid best, and the log probabilities with it."""
    caches = [neural_cache.NeuralCache(*pair) for pair in product(settings.windows, settings.thetas)]
    with progress(total=len(corpus["valid"]), unit="tok", desc="fitting on valid") as bar:
        fitted = neural_cache.fit_cache(model, corpus["valid"], caches, bar.update)
    with progress(total=len(corpus["test"]), unit="tok", desc="perplexity on test") as bar:
        test = neural_cache.log_probabilities(
            model, corpus["test"], fitted.cache, fitted.weight, tick=bar.update
        )
    chosen = vars(fitted.cache) | {"weight": fitted.weight}
    return chosen, {"valid": fitted.log_probabilities, "test": test}


def by_dynamic_evaluation(model: RNNLM, corpus: Artifact, settings: Dynamic) -> Adapted:
    """Return how to learn while reading valid, and the log probabilities of a model that does."""
    candidates = {"learning_rate": settings.learning_rates, "decay": settings.decays}
    train, valid = corpus["train"][: settings.tokens], corpus["valid"][: settings.tokens]
    with progress(total=len(train), unit="tok", desc="gradients on train") as bar:
        rms = dynamic_evaluation.gradient_rms(model, train, settings.steps, bar.update)
    tries = len(settings.learning_rates) * len(settings.decays)
    with progress(total=tries * len(valid), unit="tok", desc="fitting on valid") as bar:
        learning = dynamic_evaluation.fit_learning(model, valid, rms, candidates, settings.steps, bar.update)
    scored = {}
    for split in KEPT_SPLITS:
        with progress(total=len(corpus[split]), unit="tok", desc=f"perplexity on {split}") as bar:
            scored[split] = dynamic_evaluation.log_probabilities(
                model, corpus[split], rms, learning, bar.update
            )
    return vars(learning), scored


if __name__ == "__main__":
    run(main, OPTIONS)
