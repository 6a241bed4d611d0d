"""Lesson 5: gradients that vanish or explode on their way back through time, in a tanh RNN and in an LSTM."""

import argparse

from lexloom.commands.lesson import lesson_parser
from lexloom.commands.script import parse, run


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    return lesson_parser(__doc__, "gradient norms by steps back in time", "the same, at some steps")


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.lessons.experiments import gradients_through_time, recurrent_layer
from lexloom.nn.recurrent import LSTM, RNN
from lexloom.report.figures import COLOURS, GREY, drawing
from lexloom.report.tables import write_tables
from lexloom.training.randomness import random_stream

CELLS = {"tanh RNN": RNN, "LSTM": LSTM}
SINGULAR_VALUES = (0.7, 1.0, 1.4)
STREAMS, STEPS, SIZE, INPUT_SCALE, FORGET_BIAS, LIMIT = 10, 50, 50, 0.01, 2.0, 5.0
TABLE_STEPS = (1, 10, 50)


def main(options: argparse.Namespace) -> None:
    """Follow the gradients, write the figure and the table."""
    norms = {}
    for name, cell in CELLS.items():
        for value in SINGULAR_VALUES:
            rng = random_stream(options.seed, "init")
            layer = recurrent_layer(cell, rng, SIZE, value, FORGET_BIAS)
            x = INPUT_SCALE * rng.normal(size=(STREAMS, STEPS, SIZE))
            norms[name, value] = gradients_through_time(layer, x, LIMIT)
    rows = [
        (
            name.replace(" ", "_"),
            value,
            *(f"{norm['state'][step]:.2e}" for step in TABLE_STEPS),
            *(f"{norm[which][-1]:.2f}" for which in ("parameters", "clipped")),
        )
        for (name, value), norm in norms.items()
    ]
    columns = (
        "cell",
        "singular_value",
        *(f"state_{step}_back" for step in TABLE_STEPS),
        "parameters",
        "clipped",
    )
    write_tables(options.table, options.page, [columns, *rows])
    draw(options.figure, norms)


def draw(path: str, norms: dict) -> None:
    """Draw the norms: a column for each cell, states above, parameters below."""
    with drawing(path, "Gradient norms on the way back through time", (10, 7.5)) as figure:
        panels = figure.subplots(2, 2, sharex=True, sharey="row")
        for (name, value), norm in norms.items():
            upper, lower = panels[:, list(CELLS).index(name)]
            colour = COLOURS[SINGULAR_VALUES.index(value)]
            upper.semilogy(norm["state"], color=colour, label=f"singular values {value}")
            steps = range(1, STEPS + 1)
            lower.semilogy(steps, norm["parameters"], color=colour, label=f"singular values {value}")
            lower.semilogy(steps, norm["clipped"], "--", color=colour)
            upper.set_title(f"{name}: state")
            lower.set(title=f"{name}: parameters", xlabel="steps back")
        for lower in panels[1]:
            lower.plot([], [], "--", color=GREY, label=f"clipped at {LIMIT:g}")
        panels[0, 0].set_ylabel("gradient norm of the state\nthis many steps before the end")
        panels[1, 0].set_ylabel("gradient norm of the parameters\nover a window of this many steps")
        for row in panels:
            row[0].legend()
            row[0].yaxis.set_major_formatter("{x:g}")


if __name__ == "__main__":
    run(main, OPTIONS)
