"""Draw how language models trained, within epochs: perplexity, gradient norm, learning rate and speed."""

import argparse
from pathlib import Path

import numpy as np
from matplotlib.ticker import LogLocator, NullLocator, StrMethodFormatter

from lexloom.artifacts import read_artifact
from lexloom.command_line import run, script_parser
from lexloom.figures import drawing

LOGARITHMIC = {"perplexity": "training perplexity", "gradient_norm": "gradient norm"}

parser = script_parser(
    "Draw the perplexity, the gradient norm, the learning rate and the speed of language models in training. "
    "Speeds are those of the log beside each model (CSV), where there is one."
)
parser.add_argument("models", nargs="+", help="trained language models (HDF5)")
parser.add_argument("--output", required=True, help="where to write the figure (PNG)")


def main(options: argparse.Namespace) -> None:
    """Read what the training log kept, draw it."""
    names = [f"steps/{name}" for name in ("epochs", "learning_rate", *LOGARITHMIC)]
    logs = {Path(path).stem: Path(path).with_suffix(".csv") for path in options.models}
    steps = {Path(path).stem: read_artifact(path, "rnnlm", names) for path in options.models}
    with drawing(options.output, "Language models in training", size=(7, 10)) as figure:
        *panels, schedule, speed = figure.subplots(4, 1, sharex=True)
        for axes, (name, label) in zip(panels, LOGARITHMIC.items(), strict=True):
            for model, found in steps.items():
                axes.plot(found["steps/epochs"], found[f"steps/{name}"], linewidth=1.2, label=model)
            axes.set(yscale="log", ylabel=f"{label} (log scale)")
            axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
            axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
            axes.yaxis.set_minor_locator(NullLocator())
        for model, found in steps.items():
            rates = found["steps/learning_rate"]
            schedule.plot(found["steps/epochs"], rates / rates.max(), linewidth=1.2, label=model)
            if logs[model].exists():
                lines = np.genfromtxt(logs[model], delimiter=",", names=True)
                speed.plot(lines["epochs"], lines["tokens_per_s"], linewidth=1.2, label=model)
        schedule.set(ylim=(0, None), ylabel="share of largest learning rate")
        speed.set(ylim=(0, None), ylabel="tokens/s", xlabel="epochs read")
        panels[0].legend()


if __name__ == "__main__":
    run(main, parser)
