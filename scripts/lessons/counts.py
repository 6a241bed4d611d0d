"""Lesson 2: from one sentence to word vectors by counting: co-occurrences, cosines, PPMI and SVD."""

import argparse
from collections.abc import Sequence

from lexloom.commands.lesson import lesson_parser
from lexloom.commands.script import parse, run

QUERY = "you"


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    return lesson_parser(
        __doc__, "the three matrices, and the plane", f"each word's cosine with {QUERY!r}, and its place"
    )


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes

from lexloom.lessons.experiments import SENTENCE, read_sentence
from lexloom.report.figures import drawing, label_points
from lexloom.report.tables import write_tables
from lexloom.training.randomness import random_stream
from lexloom.vectors.cooccurrence import count_cooccurrences
from lexloom.vectors.ppmi import weight_ppmi
from lexloom.vectors.svd import truncated_svd
from lexloom.vectors.word_vectors import WordVectors

WINDOW = 1


def main(options: argparse.Namespace) -> None:
    """Count, weight and factorize; write the figure and the table."""
    ids, words = read_sentence(SENTENCE)
    counts = count_cooccurrences(ids, len(words), WINDOW)
    ppmi = weight_ppmi(counts, smoothing=1, shift=0)
    left, values, _ = truncated_svd(ppmi.astype(np.float64), 2, random_stream(options.seed, "svd"))
    places = left * values
    by_counts, by_ppmi = (cosines(WordVectors(words, rows.toarray())) for rows in (counts, ppmi))
    query = words.index(QUERY)
    rows = [
        (word, *(f"{value:.3f}" for value in (by_counts[query, i], by_ppmi[query, i], *places[i])))
        for i, word in enumerate(words)
    ]
    columns = ("word", f"cosine_{QUERY}_counts", f"cosine_{QUERY}_ppmi", "svd_1", "svd_2")
    write_tables(options.table, options.page, [columns, *rows])
    with drawing(options.figure, f"Counting in “{SENTENCE}”", (10, 9)) as figure:
        (first, second), (third, fourth) = figure.subplots(2, 2)
        draw_matrix(first, counts.toarray(), words, f"Co-occurrences, {WINDOW} word on each side", "{:.0f}")
        draw_matrix(second, by_counts, words, "Cosine similarity of the rows of counts", "{:.2f}")
        draw_matrix(third, ppmi.toarray(), words, "PPMI (bits)", "{:.2f}")
        draw_plane(fourth, places, words)


def cosines(vectors: WordVectors) -> np.ndarray:
    """Return the cosine of every word with every word (V, V)."""
    every = np.arange(len(vectors.words))
    left, right = np.meshgrid(every, every, indexing="ij")
    return vectors.cosines(left.ravel(), right.ravel()).reshape(left.shape)


def draw_matrix(axes: Axes, matrix: np.ndarray, words: Sequence[str], title: str, form: str) -> None:
    """Draw a matrix (V, V) of numbers not below 0 as a heat map with the numbers in it."""
    axes.imshow(matrix, vmin=0, vmax=1.4 * matrix.max())
    for row, column in zip(*matrix.nonzero(), strict=True):
        axes.text(column, row, form.format(matrix[row, column]), ha="center", va="center", size=8)
    axes.set_xticks(range(len(words)), words, rotation=45, ha="right")
    axes.set_yticks(range(len(words)), words)
    axes.set_title(title)
    axes.grid(visible=False)


def draw_plane(axes: Axes, places: np.ndarray, words: Sequence[str]) -> None:
    """Draw words at their places (V, 2); words of one place share a label."""
    together: dict[tuple, list[str]] = {}
    for word, place in zip(words, places.round(3), strict=True):
        together.setdefault(tuple(place), []).append(word)
    axes.plot(*places.T, "o")
    axes.margins(0.15)
    axes.set(title="Plane of the two largest singular values of PPMI", xlabel="svd 1", ylabel="svd 2")
    label_points(axes, np.array(list(together)), [", ".join(group) for group in together.values()])


if __name__ == "__main__":
    run(main, OPTIONS)
