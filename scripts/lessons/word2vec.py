"""Lesson 3: from one sentence to word vectors by predicting: simple CBOW and simple skip-gram."""

import argparse
from typing import Any

from lexloom.commands.lesson import lesson_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    return lesson_parser(
        __doc__, "losses, and the vectors learned", "losses by epoch, and the lowest possible"
    )


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes

from lexloom.kernels.backend import get_backend
from lexloom.lessons.experiments import SENTENCE, lowest_loss, read_sentence
from lexloom.lessons.simple_word2vec import SimpleCBOW, SimpleSkipGram
from lexloom.report.figures import COLOURS, GREY, drawing, plot_epochs
from lexloom.report.tables import write_tables
from lexloom.training.batches import Shuffled
from lexloom.training.callbacks import Validation
from lexloom.training.optimizers import Adam
from lexloom.training.randomness import random_stream
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import create_contexts

WINDOW, DIMENSION, EPOCHS, BATCH, LEARNING_RATE = 1, 5, 1000, 3, 0.01
TABLE_EPOCHS = (1, 10, 100, 300, 1000)


def main(options: argparse.Namespace) -> None:
    """Train both models, write the figure and the table."""
    ids, words = read_sentence(SENTENCE)
    contexts = create_contexts(ids, WINDOW)
    predicted = {
        "simple CBOW": (SimpleCBOW, (contexts, ids)),
        "simple skip-gram": (SimpleSkipGram, (ids, contexts)),
    }
    trained = {
        name: train(model, pair, len(words), options.seed) for name, (model, pair) in predicted.items()
    }
    lowest = {name: lowest_loss(*pair) for name, (_, pair) in predicted.items()}
    rows = [
        (f"{epoch}", *(f"{losses[epoch - 1]:.3f}" for _, losses in trained.values()))
        for epoch in TABLE_EPOCHS
    ]
    rows.append(("lowest", *(f"{loss:.3f}" for loss in lowest.values())))
    write_tables(options.table, options.page, [("epoch", "simple_cbow", "simple_skipgram"), *rows])
    with drawing(options.figure, f"Predicting in “{SENTENCE}”", (10, 6.5)) as figure:
        panels = figure.subplot_mosaic([["loss", "loss"], list(trained)], height_ratios=(1, 1.1))
        for (name, (vectors, losses)), colour in zip(trained.items(), COLOURS, strict=False):
            plot_epochs(panels["loss"], losses, marker="", color=colour, label=name)
            panels["loss"].axhline(lowest[name], color=colour, linestyle=":")
            draw_vectors(panels[name], vectors, words, f"Vectors of {name}")
        panels["loss"].plot([], [], ":", color=GREY, label="lowest possible")
        panels["loss"].set(ylabel="cross-entropy (nats)", ylim=(0, None), title="Loss")
        panels["loss"].set(xscale="log", xlim=(1, EPOCHS), xlabel="epoch (log scale)")
        panels["loss"].xaxis.set_major_formatter("{x:g}")
        panels["loss"].legend()


def train(model: Any, pair: tuple, size: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Train a model on a pair (known, predicted); return its vectors (V, D) and the loss by epoch."""
    model = model(size, DIMENSION, random_stream(seed, "init"), get_backend())
    whole = Validation("whole", lambda: float(model.loss(pair)[0]))
    trainer = Trainer(model, Adam(), LEARNING_RATE)
    history = trainer.fit(EPOCHS, Shuffled(pair, BATCH, random_stream(seed, "shuffle")), [whole])
    return model.W_in.data, np.array([record["whole"] for record in history])


def draw_vectors(axes: Axes, vectors: np.ndarray, words: list[str], title: str) -> None:
    """Draw vectors (V, D) as a heat map, a word a row."""
    limit = np.abs(vectors).max()
    image = axes.imshow(vectors, cmap="RdBu", vmin=-limit, vmax=limit, aspect="auto")
    axes.figure.colorbar(image, ax=axes)
    axes.set_yticks(range(len(words)), words)
    axes.set(xticks=range(vectors.shape[1]), xlabel="dimension", title=title)
    axes.grid(visible=False)


if __name__ == "__main__":
    run(main, OPTIONS)
