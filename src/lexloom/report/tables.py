"""Tables of plain text, and the times of jobs that stand in them."""

import csv
from collections.abc import Iterable, Sequence
from pathlib import Path

from lexloom.errors import LexloomError


def aligned(rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows of equally many cells as lines, each column as wide as its widest cell.

    Examples
    --------
    >>> aligned([("model", "test"), ("lstm", 88.3)])
    ['model  test', 'lstm   88.3']
    """
    cells = [[str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def read_seconds(path: str | Path) -> float:
    """Return the wall-clock seconds of a job from its benchmark, a tab-separated table with a column `s`.

    Raises
    ------
    LexloomError
        When it has no such column, or nothing in it.
    """
    with open(path, encoding="utf-8", newline="") as file:
        row = next(csv.DictReader(file, delimiter="\t"), {})
    if "s" not in row:
        raise LexloomError(f"{path}: no column s with a value; expected the benchmark of a job")
    return float(row["s"])
