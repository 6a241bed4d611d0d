"""Draw the training loss of word vectors by epoch, one curve for each file."""

import argparse
from pathlib import Path

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__)
    parser.add_argument("vectors", nargs="+", help="trained word vectors (HDF5)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.report.figures import drawing, plot_epochs
from lexloom.storage.artifacts import read_artifact


def main(options: argparse.Namespace) -> None:
    """Read the losses, draw them."""
    with drawing(options.output, "Negative-sampling loss in training", corpus=options.name) as figure:
        axes = figure.subplots()
        for path in options.vectors:
            plot_epochs(axes, read_artifact(path, "vectors", ["losses"])["losses"], label=Path(path).stem)
        axes.set_ylabel("mean loss of a prediction (nats)")
        axes.legend()


if __name__ == "__main__":
    run(main, OPTIONS)
