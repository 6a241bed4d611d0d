"""Tables of plain text, and the measured models and times of jobs that stand in them."""

import csv
import math
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lexloom.errors import LexloomError, printable
from lexloom.storage.artifacts import Artifact, read_artifact


def aligned(rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows of equally many cells as lines, each column as wide as its widest cell; see `printable`.

    Examples
    --------
    >>> aligned([("model", "test"), ("lstm", 88.3)])
    ['model  test', 'lstm   88.3']
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def read_seconds(path: str | Path) -> float:
    """Return the wall-clock seconds of a job from its benchmark, a tab-separated table with a column `s`.

    Raises
    ------
    LexloomError
        When it has no such column, or no time in it.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            seconds = float(next(csv.DictReader(file, delimiter="\t"), {}).get("s") or "nan")
    except (ValueError, csv.Error):
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise LexloomError(f"{path}: no column s with a value; expected the benchmark of a job")
    return seconds


def add_model_option(parser: ArgumentParser) -> None:
    """Add the option `--model NAME PERPLEXITY BENCHMARK`, to be repeated for each model of a table."""
    parser.add_argument(
        "--model",
        dest="models",
        nargs=3,
        action="append",
        required=True,
        metavar=("NAME", "PERPLEXITY", "BENCHMARK"),
        help="a model: its name, what was measured (HDF5 of kind perplexity), and the benchmark (TSV) of the "
        "job that trained or adapted it; once for each model",
    )


def read_models(
    models: Iterable[tuple[str, str, str]], datasets: Sequence[str]
) -> Iterator[tuple[str, Artifact, str]]:
    """Yield for each `--model` the name, some datasets of what was measured, and the seconds.

    Raises
    ------
    LexloomError
        If a file is not what was expected, or does not say where and how the model was trained.
    """
    for name, path, benchmark in models:
        measured = read_artifact(path, "perplexity", datasets)
        device, fitted = measured.settings.get("trained_on"), measured.settings.get("adaptation", {})
        if not isinstance(device, str) or not device.isprintable():
            measured.refuse("does not say what the model was trained on")
        if not isinstance(fitted, dict) or not all(map(_is_number, fitted.values())):
            measured.refuse("does not say in numbers how the model adapts")
        yield name, measured, f"{read_seconds(benchmark):.0f}"


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < 1 << 63  # type: ignore[arg-type]
