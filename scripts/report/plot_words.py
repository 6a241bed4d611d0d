"""Draw the most frequent words in the plane of the first two principal components of their unit vectors."""

import argparse
from itertools import product
from pathlib import Path

from pydantic import Field

from lexloom.commands.figure import figure_parser
from lexloom.commands.script import parse, run
from lexloom.settings.base import Settings


class Words(Settings):
    """How many words to draw."""

    count: int = Field(120, ge=1, le=100_000, description="how many of the most frequent words")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = figure_parser(__doc__, Words)
    parser.add_argument("vectors", help="word vectors (HDF5)")
    parser.add_argument("corpus", help="the corpus, for the words' counts (HDF5)")
    parser.add_argument(
        "--gold", metavar="FILE", help="colour words by the classes of a generated corpus (HDF5)"
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes

from lexloom.kernels.backend import get_backend
from lexloom.report.figures import COLOURS, GREY, MARKERS, drawing, label_of, label_points, principal_plane
from lexloom.storage.artifacts import check_same_words, read_artifact
from lexloom.vectors.word_vectors import WordVectors, read_vectors


def main(options: argparse.Namespace) -> None:
    """Read the vectors of the most frequent words, draw their plane."""
    get_backend()
    vectors = read_vectors(options.vectors)
    corpus = read_artifact(options.corpus, "corpus", ["counts", "words"])
    check_same_words(options.vectors, vectors.words, options.corpus, corpus["words"])
    top = np.argsort(-corpus["counts"], kind="stable")[: options.count]
    places, shares = principal_plane(vectors.rows[top])
    title = f"The {len(top)} most frequent words by their {Path(options.vectors).stem} vectors"
    labels = [label_of(vectors.words[i]) for i in top]
    with drawing(options.output, title, size=(9, 7.5), words=labels, corpus=options.name) as figure:
        axes = figure.subplots()
        draw_points(axes, places, classes_of(vectors, top, options.gold))
        axes.set_xlabel(f"first principal component ({shares[0]:.0%} of the variance)")
        axes.set_ylabel(f"second principal component ({shares[1]:.0%} of the variance)")
        axes.margins(0.05)
        label_points(axes, places, labels)


def classes_of(vectors: WordVectors, top: np.ndarray, gold_path: str | None) -> np.ndarray | None:
    """Return the name of each top word's class, or None where there are no classes."""
    if not gold_path:
        return None
    gold = read_artifact(gold_path, "gold")
    names = dict(zip(gold["words"], np.array(gold["class_names"])[gold["word_classes"]], strict=True))
    return np.array([names.get(vectors.words[i], "other") for i in top])


def draw_points(axes: Axes, places: np.ndarray, classes: np.ndarray | None) -> None:
    """Draw a point a word, in the colour of its class where there are classes."""
    if classes is None:
        axes.scatter(*places.T, s=12, color=GREY)
        return
    looks = product(MARKERS, COLOURS)
    for name, (marker, colour) in zip(sorted(set(classes)), looks, strict=False):
        axes.scatter(*places[classes == name].T, s=22, color=colour, marker=marker, label=name)
    axes.figure.legend(loc="outside right upper", title="class", fontsize=8)


if __name__ == "__main__":
    run(main, OPTIONS)
