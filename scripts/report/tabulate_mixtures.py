"""Write what mixtures of two language models reach, their weight fitted on valid, and of all of them."""

import argparse
from pathlib import Path

from lexloom.commands.script import parse, run, script_parser
from lexloom.report.tables import add_table_options, write_tables


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument(
        "perplexities",
        nargs="+",
        help="measured language models, HDF5 of kind perplexity; their names are those of the files, without "
        "_perplexity",
    )
    add_table_options(parser)
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.language.mixtures import fitted_mixtures, mix
from lexloom.language.perplexity import KEPT_SPLITS, perplexity_of_tokens, read_log_probabilities


def main(options: argparse.Namespace) -> None:
    """Read what each model gives to each token, write the perplexities of the mixtures."""
    names = [Path(path).stem.removesuffix("_perplexity") for path in options.perplexities]
    measured = read_log_probabilities(options.perplexities, KEPT_SPLITS)
    valid, test = (
        np.array([model[f"log_probabilities/{split}"] for model in measured]) for split in KEPT_SPLITS
    )
    rows = [("models", "weights", "valid", "test")]
    for mixture, weights in fitted_mixtures(valid):
        reached = [perplexity_of_tokens(mix(split[list(mixture)], weights)) for split in (valid, test)]
        parts = ("+".join(names[k] for k in mixture), "+".join(f"{weight:.3f}" for weight in weights))
        rows.append((*parts, *(f"{perplexity:.2f}" for perplexity in reached)))
    write_tables(options.output, options.page, rows)


if __name__ == "__main__":
    run(main, OPTIONS)
