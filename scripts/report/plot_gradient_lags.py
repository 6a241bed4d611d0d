"""Draw how the gradients of trained language models shrink on their way back in time, on the valid text."""

import argparse
from pathlib import Path

from matplotlib.ticker import NullLocator, StrMethodFormatter

from lexloom.commands.script import add_device_options, at_least, progress, run, script_parser
from lexloom.kernels.backend import get_backend
from lexloom.language.gradient_lags import lag_norms
from lexloom.language.rnnlm import rnnlm_from_artifact
from lexloom.report.figures import drawing
from lexloom.storage.artifacts import check_same_words, read_artifact


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("models", nargs="+", help="trained language models, HDF5 of kind rnnlm")
    parser.add_argument("--corpus", required=True, help="tokenized corpus they were trained on, HDF5")
    parser.add_argument("--lags", type=at_least(1), default=60, help="words to go back at most")
    parser.add_argument("--output", required=True, help="where to write the figure (PNG)")
    add_device_options(parser)
    return parser


def main(given: argparse.Namespace) -> None:
    """Follow the gradients of each model, draw their norms."""
    backend = get_backend(given.device, given.threads)
    corpus = read_artifact(given.corpus, "corpus", ["valid", "words"])
    valid = corpus["valid"]
    lags = min(given.lags, len(valid) - 1)
    with drawing(given.output, "Gradients on their way back in time") as figure:
        axes = figure.subplots()
        for path in given.models:
            artifact = read_artifact(path, "rnnlm")
            check_same_words(path, artifact["words"], given.corpus, corpus["words"])
            model = rnnlm_from_artifact(artifact, backend)
            with progress(unit="words", desc=Path(path).stem) as bar:
                norms = lag_norms(model, valid, lags, tick=bar.update)
            axes.semilogy(norms, label=Path(path).stem)
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.set(
            xlabel="words back",
            ylabel="norm of the gradient of a word's loss\nby the state so many words back",
        )
        axes.legend()


if __name__ == "__main__":
    run(main, options())
