"""Write what mixtures of two language models reach, their weight fitted on valid, and of all of them."""

import argparse
from itertools import combinations

import numpy as np

from lexloom.commands.script import run, script_parser
from lexloom.errors import LexloomError
from lexloom.language.mixtures import mix, mixture_weights
from lexloom.language.perplexity import KEPT_SPLITS, perplexity_of_tokens, read_log_probabilities
from lexloom.report.tables import aligned
from lexloom.storage.atomic_files import write_lines


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("--output", required=True, help="the table, text with columns parted by white space")
    parser.add_argument("--models", nargs="+", required=True, help="names of the models")
    parser.add_argument(
        "--perplexities", nargs="+", required=True, help="HDF5 of kind perplexity, one a model"
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Read what each model gives to each token, write the perplexities of the mixtures."""
    if len(options.models) != len(options.perplexities):
        raise LexloomError("--models, --perplexities: expected equally many of each")
    measured = read_log_probabilities(options.perplexities, KEPT_SPLITS)
    valid, test = (
        np.array([model[f"log_probabilities/{split}"] for model in measured]) for split in KEPT_SPLITS
    )
    everything = tuple(range(len(measured)))
    mixtures = [*((k,) for k in everything), *combinations(everything, 2)]
    if everything not in mixtures:
        mixtures.append(everything)
    rows = [("models", "weights", "valid", "test")]
    for mixture in mixtures:
        weights = mixture_weights(valid[list(mixture)])
        reached = [perplexity_of_tokens(mix(split[list(mixture)], weights)) for split in (valid, test)]
        rows.append(
            (
                "+".join(options.models[k] for k in mixture),
                "+".join(f"{weight:.3f}" for weight in weights),
                *(f"{perplexity:.2f}" for perplexity in reached),
            )
        )
    write_lines(options.output, aligned(rows))


if __name__ == "__main__":
    run(main, options())
