"""Write the table of language models: their size, training and perplexities, one line a model."""

import argparse

from lexloom.commands.script import parse, run, script_parser
from lexloom.report.tables import add_model_option, add_table_options, write_tables
from lexloom.settings.splits import SPLITS


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    add_model_option(parser)
    parser.add_argument("--corpus", required=True, help="name of the corpus")
    parser.add_argument(
        "--gold",
        metavar="FILE",
        help="what is known of a generated corpus, HDF5 of kind gold: its own perplexity",
    )
    add_table_options(parser)
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.report.measurements import read_models
from lexloom.storage.artifacts import read_artifact

COLUMNS = ("corpus", "model", "parameters", "epochs", *SPLITS, "reference", "seconds", "device")


def main(options: argparse.Namespace) -> None:
    """Read what was measured, write the table."""
    reference = "-"
    if options.gold:
        reference = f"{read_artifact(options.gold, 'gold')['reference_perplexity']:.2f}"
    rows = [COLUMNS]
    for model, measured, seconds in read_models(options.models, ["parameters", "epochs", *SPLITS]):
        size = (measured["parameters"], measured["epochs"])
        perplexities = (f"{measured[split]:.2f}" for split in SPLITS)
        device = measured.settings["trained_on"].replace(" ", "_")
        rows.append((options.corpus, model, *size, *perplexities, reference, seconds, device))
    write_tables(options.output, options.page, rows)


if __name__ == "__main__":
    run(main, OPTIONS)
