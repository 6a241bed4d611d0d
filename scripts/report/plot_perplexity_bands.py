"""Draw the test perplexity of language models by how frequent a word is, and by its place in the sentence."""

import argparse
from pathlib import Path

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run
from lexloom.settings.ngram import Ngram


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__)
    parser.add_argument("perplexities", nargs="+", help="measured language models (HDF5 of kind perplexity)")
    parser.add_argument("--corpus", required=True, help="the corpus they were measured on (HDF5)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes

from lexloom.corpus.recorded import word_before_text_of
from lexloom.corpus.vocabulary import NO_WORD
from lexloom.language.bands import (
    frequency_bands,
    merge_small_bands,
    perplexity_by_band,
    position_bands,
)
from lexloom.language.perplexity import read_log_probabilities
from lexloom.report.figures import MARKERS, drawing, log_axis
from lexloom.storage.artifacts import Artifact, read_artifact

LEAST_TOKENS = 100  # of a band; the perplexity of fewer is chance


def main(options: argparse.Namespace) -> None:
    """Read the log probability of each token, draw the perplexity of each band."""
    corpus = read_artifact(options.corpus, "corpus", ["test", "words", "counts"])
    models = read_log_probabilities(options.perplexities, ["test"], options.corpus)
    for model in models:
        if len(model["log_probabilities/test"]) != len(corpus["test"]):
            model.refuse(f"not of the {len(corpus['test'])} words of test in {options.corpus}")
    values = {
        name_of(path, model): model["log_probabilities/test"]
        for path, model in zip(options.perplexities, models, strict=True)
    }
    panels = {"occurrences in train": frequency_bands(corpus["test"], corpus["counts"])}
    end = word_before_text_of(corpus)
    if end != NO_WORD:
        panels["place in the sentence"] = position_bands(corpus["test"], end)
    size = (1.5 + 5 * len(panels), 4.5)
    with drawing(options.output, "Test perplexity by the kind of token", size, corpus=options.name) as figure:
        axes = figure.subplots(1, len(panels), squeeze=False)[0]
        for panel, (label, bands) in zip(axes, panels.items(), strict=True):
            draw(panel, values, *merge_small_bands(*bands, LEAST_TOKENS))
            panel.set_xlabel(f"{label}, and the share of such tokens")
        axes[0].set_ylabel("perplexity (log scale)")
        axes[0].legend()


def name_of(path: str, model: Artifact) -> str:
    """Return the name of a model: 5-gram, or what its file is called."""
    if "order" in model.settings:
        return f"{model.recorded(Ngram).order}-gram"
    return Path(path).stem.removesuffix("_perplexity")


def draw(axes: Axes, values: dict[str, np.ndarray], bands: np.ndarray, names: list[str]) -> None:
    """Draw one line a model over the bands."""
    for i, (name, log_probabilities) in enumerate(values.items()):
        by_band = perplexity_by_band(log_probabilities, bands)
        axes.plot(by_band, marker=MARKERS[i % len(MARKERS)], label=name)
    shares = np.bincount(bands, minlength=len(names)) / len(bands)
    axes.set_xticks(
        range(len(names)), [f"{name}\n{share:.1%}" for name, share in zip(names, shares, strict=True)]
    )
    log_axis(axes)


if __name__ == "__main__":
    run(main, OPTIONS)
