"""Draw the PPMI of the most frequent words with each other, as a heat map."""

import argparse

from pydantic import Field

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run
from lexloom.settings.base import Settings


class Words(Settings):
    """How many words to draw."""

    count: int = Field(40, ge=1, le=100_000, description="how many of the most frequent words")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__, Words)
    parser.add_argument("ppmi", help="PPMI matrix (HDF5)")
    parser.add_argument("corpus", help="the corpus, for the words' counts (HDF5)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.report.figures import drawing, label_of
from lexloom.storage.artifacts import check_same_words, read_artifact


def main(options: argparse.Namespace) -> None:
    """Read the matrix, draw the most frequent words' part of it."""
    artifact = read_artifact(options.ppmi, "ppmi")
    corpus = read_artifact(options.corpus, "corpus", ["counts", "words"])
    check_same_words(options.ppmi, artifact["words"], options.corpus, corpus["words"])
    top = np.argsort(-corpus["counts"], kind="stable")[: options.count]
    words = [label_of(artifact["words"][i]) for i in top]
    values = artifact["ppmi"][top][:, top].toarray()
    title = f"PPMI among the {len(top)} most frequent words"
    with drawing(options.output, title, size=(8.5, 7.4), words=words, corpus=options.name) as figure:
        axes = figure.subplots()
        image = axes.imshow(values, vmin=0)
        axes.set_xticks(range(len(words)), words, rotation=90, fontsize=8)
        axes.set_yticks(range(len(words)), words, fontsize=8)
        axes.set_xlabel("context word")
        axes.set_ylabel("word")
        axes.grid(False)
        axes.spines[:].set_visible(False)
        axes.tick_params(length=0)
        figure.colorbar(image, shrink=0.7, label="PPMI (bits)")


if __name__ == "__main__":
    run(main, OPTIONS)
