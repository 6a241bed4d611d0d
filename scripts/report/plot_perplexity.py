"""Draw the perplexity of language models by epoch, in training and on the valid split."""

import argparse
from pathlib import Path

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__)
    parser.add_argument("models", nargs="+", help="trained language models (HDF5)")
    parser.add_argument(
        "--gold", metavar="FILE", help="show the best possible perplexity of a generated corpus (HDF5)"
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.report.figures import COLOURS, GREY, drawing, log_axis, plot_epochs
from lexloom.storage.artifacts import read_artifact

LINES = {
    "train": {"linestyle": "--", "markerfacecolor": "white"},
    "valid": {"linestyle": "-"},
}


def main(options: argparse.Namespace) -> None:
    """Read the histories, draw them."""
    with drawing(options.output, "Perplexity in training", corpus=options.name) as figure:
        axes = figure.subplots()
        for path, colour in zip(options.models, COLOURS * len(options.models), strict=False):
            history = read_artifact(path, "rnnlm", [f"history/{split}_perplexity" for split in LINES])
            for split, line in LINES.items():
                values = history[f"history/{split}_perplexity"]
                plot_epochs(axes, values, color=colour, **line, label=f"{Path(path).stem}, {split}")
        if options.gold:
            best = float(
                read_artifact(options.gold, "gold", ["reference_perplexity"])["reference_perplexity"]
            )
            axes.axhline(best, color=GREY, linestyle=":", label=f"the grammar's own on test, {best:.1f}")
        log_axis(axes)
        axes.set_ylabel("perplexity (log scale)")
        axes.legend()


if __name__ == "__main__":
    run(main, OPTIONS)
