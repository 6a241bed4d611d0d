"""Write the table of language models: their size, training and perplexities, one line a model."""

import argparse

from lexloom.commands.script import run, script_parser
from lexloom.errors import LexloomError
from lexloom.report.tables import aligned, read_seconds
from lexloom.settings.splits import SPLITS
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.atomic_files import write_lines

COLUMNS = (
    "corpus",
    "model",
    "parameters",
    "epochs",
    "train",
    "valid",
    "test",
    "reference",
    "seconds",
    "device",
)


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("--output", required=True, help="the table, text with columns parted by white space")
    parser.add_argument("--corpus", required=True, help="name of the corpus")
    parser.add_argument("--models", nargs="+", required=True, help="names of the models")
    parser.add_argument(
        "--perplexities", nargs="+", required=True, help="HDF5 of kind perplexity, one a model"
    )
    parser.add_argument(
        "--benchmarks", nargs="+", required=True, help="Snakemake's benchmark of each training (TSV)"
    )
    parser.add_argument(
        "--gold",
        nargs="*",
        default=[],
        help="what is known of a generated corpus, HDF5 of kind gold: its own perplexity",
    )
    return parser


def main(options: argparse.Namespace) -> None:
    """Read what was measured, write the table."""
    if not len(options.models) == len(options.perplexities) == len(options.benchmarks):
        raise LexloomError("--models, --perplexities, --benchmarks: expected equally many of each")
    reference = "-"
    for gold in options.gold:
        reference = f"{read_artifact(gold, 'gold')['reference_perplexity']:.2f}"
    rows = [COLUMNS]
    for model, path, benchmark in zip(options.models, options.perplexities, options.benchmarks, strict=True):
        measured = read_artifact(path, "perplexity")
        perplexities = [f"{measured[split]:.2f}" for split in SPLITS]
        device = measured.settings["trained_on"].replace(" ", "_")
        rows.append(
            (
                options.corpus,
                model,
                f"{measured['parameters']}",
                f"{measured['epochs']}",
                *perplexities,
                reference,
                f"{read_seconds(benchmark):.0f}",
                device,
            )
        )
    write_lines(options.output, aligned(rows))


if __name__ == "__main__":
    run(main, options())
