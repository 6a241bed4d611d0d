"""Measure a trained language model that adapts to the text it reads, with settings fitted on the valid text.

By a temperature (`temperature`), a neural cache (`cache`) or dynamic evaluation (`dynamic`); see the modules
of the library with these names.
"""

import argparse
import logging
from itertools import product

import numpy as np

from lexloom.commands.script import add_device_options, at_least, between, progress, run, script_parser
from lexloom.kernels.backend import get_backend
from lexloom.language.dynamic_evaluation import fit_learning, gradient_rms
from lexloom.language.dynamic_evaluation import log_probabilities as dynamic_log_probabilities
from lexloom.language.neural_cache import NeuralCache, fit_cache
from lexloom.language.neural_cache import log_probabilities as cached_log_probabilities
from lexloom.language.perplexity import KEPT_SPLITS, perplexity_datasets, perplexity_of_tokens
from lexloom.language.rnnlm import RNNLM, rnnlm_from_artifact
from lexloom.language.temperature import fit_temperature, tempered
from lexloom.storage.artifacts import Artifact, Provenance, check_same_words, read_artifact, write_artifact

Found = tuple[dict[str, float], dict[str, np.ndarray]]


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("model", help="trained language model, HDF5 of kind rnnlm")
    parser.add_argument("corpus", help="tokenized corpus it was trained on, HDF5 of kind corpus")
    parser.add_argument(
        "--output", required=True, help="perplexities and log probabilities, HDF5 of kind perplexity"
    )
    parser.add_argument("--method", choices=METHODS, required=True, help="how it adapts")
    parser.add_argument(
        "--tokens",
        type=at_least(1),
        default=20000,
        help="temperature, dynamic: how many of the first tokens of valid settings are fitted on; "
        "dynamic: of as many of train it takes the size of gradients",
    )
    parser.add_argument(
        "--windows",
        type=at_least(1),
        nargs="+",
        default=[500],
        help="cache: words remembered, to choose from",
    )
    parser.add_argument(
        "--thetas",
        type=between(0, 1000),
        nargs="+",
        default=[0.7],
        help="cache: how much more a word counts that followed a like state, to choose from",
    )
    parser.add_argument(
        "--steps", type=at_least(1), default=20, help="dynamic: words from one update to the next"
    )
    parser.add_argument(
        "--learning-rates",
        type=between(0, 1000),
        nargs="+",
        default=[0.005],
        help="dynamic: how far an update goes, to choose from",
    )
    parser.add_argument(
        "--decays",
        type=between(0, 1),
        nargs="+",
        default=[0.005],
        help="dynamic: how much of the way back to the trained weights an update goes, to choose from",
    )
    add_device_options(parser)
    return parser


def main(given: argparse.Namespace) -> None:
    """Fit the method's settings on valid, and write what each token of valid and test is given by them."""
    backend = get_backend(given.device, given.threads)
    artifact = read_artifact(given.model, "rnnlm")
    corpus = read_artifact(given.corpus, "corpus", ["train", *KEPT_SPLITS, "words"])
    check_same_words(given.model, artifact["words"], given.corpus, corpus["words"])
    model = rnnlm_from_artifact(artifact, backend)
    found, scored = METHODS[given.method](model, corpus, given)
    logging.info("%s: %s", given.method, ", ".join(f"{name} {value:g}" for name, value in found.items()))
    for split, values in scored.items():
        logging.info("%s perplexity %.2f", split, perplexity_of_tokens(values))
    parameters = sum(parameter.data.size for parameter in model.parameters())
    datasets = perplexity_datasets(scored, parameters, len(artifact["history"]["epoch"]))
    settings = artifact.settings | {"trained_on": artifact.device, "adaptation": found}
    write_artifact(
        given.output, "perplexity", datasets, Provenance(settings, [given.model, given.corpus], backend.name)
    )


def by_temperature(model: RNNLM, corpus: Artifact, given: argparse.Namespace) -> Found:
    """Return the temperature that suits valid, and what each token is given at it."""
    with progress(unit="tok", desc="fitting on valid") as bar:
        temperature = fit_temperature(model, corpus["valid"][: given.tokens], bar.update)
    adapted, scored = tempered(model, temperature), {}
    for split in KEPT_SPLITS:
        with progress(total=len(corpus[split]), unit="tok", desc=f"perplexity on {split}") as bar:
            scored[split] = adapted.log_probabilities(corpus[split], tick=bar.update)
    return {"temperature": temperature}, scored


def by_cache(model: RNNLM, corpus: Artifact, given: argparse.Namespace) -> Found:
    """Return the cache that suits valid best, and what each token is given with it."""
    caches = [NeuralCache(*pair) for pair in product(given.windows, given.thetas)]
    with progress(total=len(corpus["valid"]), unit="tok", desc="fitting on valid") as bar:
        fitted = fit_cache(model, corpus["valid"], caches, bar.update)
    with progress(total=len(corpus["test"]), unit="tok", desc="perplexity on test") as bar:
        test = cached_log_probabilities(model, corpus["test"], fitted.cache, fitted.weight, tick=bar.update)
    return vars(fitted.cache) | {"weight": fitted.weight}, {
        "valid": fitted.log_probabilities,
        "test": test,
    }


def by_dynamic_evaluation(model: RNNLM, corpus: Artifact, given: argparse.Namespace) -> Found:
    """Return how to learn while reading valid, and what each token is given by a model that does."""
    candidates = {"learning_rate": given.learning_rates, "decay": given.decays}
    train, valid = corpus["train"][: given.tokens], corpus["valid"][: given.tokens]
    with progress(total=len(train), unit="tok", desc="gradients on train") as bar:
        rms = gradient_rms(model, train, given.steps, bar.update)
    tries = len(given.learning_rates) * len(given.decays)
    with progress(total=tries * len(valid), unit="tok", desc="fitting on valid") as bar:
        learning = fit_learning(model, valid, rms, candidates, given.steps, bar.update)
    scored = {}
    for split in KEPT_SPLITS:
        with progress(total=len(corpus[split]), unit="tok", desc=f"perplexity on {split}") as bar:
            scored[split] = dynamic_log_probabilities(model, corpus[split], rms, learning, bar.update)
    return vars(learning), scored


METHODS = {"temperature": by_temperature, "cache": by_cache, "dynamic": by_dynamic_evaluation}

if __name__ == "__main__":
    run(main, options())
