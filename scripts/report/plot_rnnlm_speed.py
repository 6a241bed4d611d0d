"""Draw how many tokens a language model read per second of its training, with the median."""

import argparse
from pathlib import Path

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__)
    parser.add_argument("training_log", help="the log of the training, {model}.csv beside the model")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.ticker import StrMethodFormatter

from lexloom.report.figures import GREY, drawing
from lexloom.training.training_log import read_log


def main(options: argparse.Namespace) -> None:
    """Read the log, draw the speed."""
    steps, speeds = read_log(options.training_log, ["step", "tokens_per_s"])
    with drawing(
        options.output, f"Speed of {Path(options.training_log).stem} in training", corpus=options.name
    ) as figure:
        axes = figure.subplots()
        axes.plot(steps, speeds, ".-", linewidth=1.2, markersize=3)
        median = np.median(speeds)
        axes.axhline(median, color=GREY, linestyle="--", label=f"median, {median:,.0f}")
        axes.set(ylim=(0, None), xlabel="updates", ylabel="tokens/s")
        for axis in (axes.xaxis, axes.yaxis):
            axis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
        axes.legend()


if __name__ == "__main__":
    run(main, OPTIONS)
