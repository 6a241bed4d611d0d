"""Draw the perplexity, the gradient norm and the learning rate of language models as they trained."""

import argparse
from pathlib import Path

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__)
    parser.add_argument("models", nargs="+", help="trained language models (HDF5)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes

from lexloom.report.figures import dots, drawing, log_axis
from lexloom.storage.artifacts import read_artifact

LOGARITHMIC = {"perplexity": "training perplexity", "gradient_norm": "gradient norm"}


def main(options: argparse.Namespace) -> None:
    """Read what the training log kept, draw it."""
    names = [f"steps/{name}" for name in ("epochs", "learning_rate", *LOGARITHMIC)]
    steps = {Path(path).stem: read_artifact(path, "rnnlm", names) for path in options.models}
    with drawing(options.output, "Language models in training", size=(7, 8), corpus=options.name) as figure:
        *panels, lowest = figure.subplots(3, 1, sharex=True)
        for axes, (name, label) in zip(panels, LOGARITHMIC.items(), strict=True):
            for model, log in steps.items():
                _curve(axes, model, log["steps/epochs"], log[f"steps/{name}"])
            axes.set_ylabel(f"{label} (log scale)")
            log_axis(axes)
        for model, log in steps.items():
            rates = log["steps/learning_rate"]
            _curve(lowest, model, log["steps/epochs"], rates / rates.max())
        lowest.set(ylim=(0, None), ylabel="learning rate, share of its largest", xlabel="epochs read")
        panels[0].legend()


def _curve(axes: Axes, model: str, epochs: np.ndarray, values: np.ndarray) -> None:
    axes.plot(epochs, values, marker=dots(values), linewidth=1.2, label=model)


if __name__ == "__main__":
    run(main, OPTIONS)
