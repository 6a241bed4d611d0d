"""Lesson 1: a two-layer network learns to tell the arms of a spiral apart, which no straight line can."""

import argparse
from typing import Any

from lexloom.commands.lesson import lesson_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    return lesson_parser(__doc__, "regions of the classes, and the loss", "loss and accuracy by epoch")


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap

from lexloom.kernels.backend import get_backend
from lexloom.lessons.experiments import spiral
from lexloom.lessons.two_layer_net import TwoLayerNet, build_two_layer_net
from lexloom.report.figures import COLOURS, drawing, plot_epochs
from lexloom.report.tables import write_tables
from lexloom.training.batches import Shuffled
from lexloom.training.callbacks import Validation
from lexloom.training.optimizers import SGD
from lexloom.training.randomness import random_stream
from lexloom.training.trainer import Trainer

HIDDEN, EPOCHS, BATCH, LEARNING_RATE = 10, 300, 30, 1.0
TABLE_EPOCHS = (1, 10, 30, 100, 200, 300)


def main(options: argparse.Namespace) -> None:
    """Make the points, train, write the figure and the table."""
    backend = get_backend()
    x, classes = spiral(random_stream(options.seed, "generate"))
    model = build_two_layer_net(2, HIDDEN, 3, random_stream(options.seed, "init"), backend)
    trainer = Trainer(model, SGD(), LEARNING_RATE)
    accuracy = Validation("accuracy", lambda: np.mean(predict(model, x) == classes))
    history = trainer.fit(
        EPOCHS, Shuffled((x, classes), BATCH, random_stream(options.seed, "shuffle")), [accuracy]
    )
    rows = [
        (record["epoch"], f"{record['loss']:.3f}", f"{record['accuracy']:.3f}")
        for record in history
        if record["epoch"] in TABLE_EPOCHS
    ]
    write_tables(options.table, options.page, [("epoch", "loss", "accuracy"), *rows])
    with drawing(options.figure, "A two-layer network on a spiral", (9, 4.2)) as figure:
        regions, loss = figure.subplots(1, 2)
        draw_regions(regions, model, x, classes)
        plot_epochs(loss, np.array([record["loss"] for record in history]), marker="")
        loss.set(ylabel="cross-entropy (nats)", ylim=(0, None), title="Loss")


def predict(model: TwoLayerNet, x: np.ndarray) -> np.ndarray:
    """Return the class (N,) of each point (N, 2)."""
    scores, _ = model.scores(x)
    return scores.argmax(axis=1)


def draw_regions(axes: Axes, model: TwoLayerNet, x: np.ndarray, classes: np.ndarray) -> Any:
    """Colour the plane by the class that the model gives, and draw the points by their own."""
    across, up = np.meshgrid(np.linspace(-1.2, 1.2, 300), np.linspace(-1.2, 1.2, 300))
    predicted = predict(model, np.stack([across.ravel(), up.ravel()], axis=1).astype(np.float32))
    axes.pcolormesh(across, up, predicted.reshape(across.shape), cmap=ListedColormap(COLOURS[:3]), alpha=0.3)
    for k, marker in enumerate("osD"):
        arm = x[classes == k]
        axes.plot(
            *arm.T, marker, color=COLOURS[k], markersize=4, markeredgecolor="white", markeredgewidth=0.4
        )
    axes.set(aspect="equal", title="Points, and the class given to each place", xlabel="x", ylabel="y")
    axes.grid(visible=False)


if __name__ == "__main__":
    run(main, OPTIONS)
