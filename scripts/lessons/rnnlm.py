"""Lesson 4: a recurrent language model, once as a bare loop and once with the Trainer: the same numbers."""

import argparse

from lexloom.commands.lesson import lesson_parser
from lexloom.commands.script import parse, run

TOKENS, SIZE, BATCH, STEPS, EPOCHS, LEARNING_RATE = 1000, 100, 10, 5, 50, 1.0


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = lesson_parser(__doc__, "perplexity by epoch, both ways", "perplexity by epoch, both ways")
    parser.add_argument(
        "corpus", help=f"tokenized corpus (HDF5), of which the first {TOKENS} tokens are learned"
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.corpus.recorded import word_before_text_of
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.lessons.experiments import train_bare
from lexloom.report.figures import drawing, plot_epochs
from lexloom.report.tables import write_tables
from lexloom.storage.artifacts import read_artifact
from lexloom.training.batches import Windows
from lexloom.training.optimizers import SGD
from lexloom.training.randomness import random_stream
from lexloom.training.trainer import Trainer

TABLE_EPOCHS = (1, 2, 5, 10, 20, 50)


def main(options: argparse.Namespace) -> None:
    """Train twice from the same start; write the figure and the table."""
    corpus = read_artifact(options.corpus, "corpus", ["train", "words"])
    before = word_before_text_of(corpus)
    words, numbers = np.unique([before, *corpus["train"][:TOKENS]], return_inverse=True)
    ids = numbers[1:]
    windows = Windows(ids, BATCH, STEPS, before=numbers[0])
    shape = {"cell": "rnn", "embedding": SIZE, "hidden": SIZE, "dtype": np.float64}

    bare_model, model = (
        build_rnnlm(len(words), random_stream(options.seed, "init"), get_backend(), **shape) for _ in range(2)
    )
    bare = train_bare(bare_model, windows, EPOCHS, LEARNING_RATE)
    history = Trainer(model, SGD(), LEARNING_RATE).fit(EPOCHS, lambda epoch: windows)
    trained = [record["loss"] for record in history]
    if bare != trained:
        raise RuntimeError("the bare loop and the Trainer give different losses")

    bare, trained = np.exp(bare), np.exp(trained)
    rows = [
        (epoch, bare[epoch - 1], trained[epoch - 1], bare[epoch - 1] - trained[epoch - 1])
        for epoch in TABLE_EPOCHS
    ]
    write_tables(options.table, options.page, [("epoch", "bare_loop", "trainer", "difference"), *rows])
    title = f"A recurrent language model on {len(ids)} tokens, {len(words)} words"
    with drawing(options.figure, title) as figure:
        axes = figure.subplots()
        plot_epochs(axes, bare, marker="", linewidth=5, alpha=0.35, label="bare loop")
        plot_epochs(axes, trained, marker="", linewidth=1.2, label="Trainer")
        axes.set(yscale="log", ylim=(1, None), ylabel="perplexity in training (log scale)")
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend()


if __name__ == "__main__":
    run(main, OPTIONS)
