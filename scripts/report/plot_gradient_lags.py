"""Draw how the gradients of trained language models shrink on their way back in time, on the valid text."""

import argparse
from pathlib import Path

from pydantic import Field

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, progress, run
from lexloom.settings.base import Settings
from lexloom.settings.execution import Compute


class Lags(Settings):
    """How far back to look."""

    lags: int = Field(60, ge=1, le=100_000, description="words to go back at most")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__, Lags, Compute)
    parser.add_argument("models", nargs="+", help="trained language models, HDF5 of kind rnnlm")
    parser.add_argument("--corpus", required=True, help="tokenized corpus they were trained on, HDF5")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.kernels.backend import get_backend
from lexloom.language.gradient_lags import lag_norms
from lexloom.language.rnnlm import rnnlm_from_artifact
from lexloom.report.figures import dots, drawing, log_axis
from lexloom.storage.artifacts import check_same_words, read_artifact


def main(options: argparse.Namespace) -> None:
    """Follow the gradients of each model, draw their norms."""
    backend = get_backend(options.device, options.threads)
    corpus = read_artifact(options.corpus, "corpus", ["valid", "words"])
    valid = corpus["valid"]
    lags = min(options.lags, len(valid) - 1)
    with drawing(options.output, "Gradients on their way back in time", corpus=options.name) as figure:
        axes = figure.subplots()
        for path in options.models:
            artifact = read_artifact(path, "rnnlm")
            check_same_words(path, artifact["words"], options.corpus, corpus["words"])
            model = rnnlm_from_artifact(artifact, backend)
            with progress(unit="words", desc=Path(path).stem) as bar:
                norms = lag_norms(model, valid, lags, tick=bar.update)
            axes.plot(norms, marker=dots(norms), label=Path(path).stem)
        log_axis(axes)
        axes.set(
            xlabel="words back",
            ylabel="norm of the gradient of a word's loss\nby the state this many words back",
        )
        axes.legend()


if __name__ == "__main__":
    run(main, OPTIONS)
