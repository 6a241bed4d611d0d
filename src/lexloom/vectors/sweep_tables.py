"""The table of a sweep: each combination of settings with its scores, tab-separated, the best first.

Columns are the settings, `mean` (of the scores), and of each test set its score, the limits of the 95 %
confidence interval, `{test set}_low` and `{test set}_high`, and `{test set}_covered`, of how many items.
"""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import ArtifactError
from lexloom.storage.atomic_files import write_lines
from lexloom.vectors.scores import Score

_MEAN, _LOW, _HIGH, _COVERED = "mean", "_low", "_high", "_covered"


@dataclass(frozen=True)
class Sweep:
    """What a table of a sweep says about N combinations of settings.

    Attributes
    ----------
    settings : list of N dict of str to str
        In the order of the file: the best mean first.
    scores : dict of str to (N,) float64 array
        By test set.
    intervals : dict of str to (N, 2) float64 array
    covered : dict of str to int
        Items of the test set that the vocabulary covers.
    """

    settings: list[dict[str, str]]
    scores: dict[str, np.ndarray]
    intervals: dict[str, np.ndarray]
    covered: dict[str, int]

    @property
    def means(self) -> np.ndarray:
        """The mean of the scores (N,)."""
        return np.mean(list(self.scores.values()), axis=0)


def write_sweep(path: str | Path, results: Iterable[tuple[Mapping[str, Any], Sequence[Score]]]) -> None:
    """Write each combination of settings and its scores, of the same test sets in the same order.

    Equal means keep their order; a mean that could not be computed (nan) comes last.
    """
    ranked = sorted(results, key=lambda result: np.nan_to_num(-_mean(result[1]), nan=np.inf))
    settings, scores = ranked[0]
    names = [score.test_set for score in scores]
    head = [*settings, _MEAN, *(name + part for name in names for part in ("", _LOW, _HIGH, _COVERED))]
    rows = ([*map(str, settings.values()), *_cells(scores)] for settings, scores in ranked)
    write_lines(path, ("\t".join(row) for row in (head, *rows)))


def read_sweep(path: str | Path) -> Sweep:
    """Read what `write_sweep` wrote.

    Raises
    ------
    ArtifactError
        When the file is not such a table.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            return _sweep(*csv.reader(file, delimiter="\t"))
    except (KeyError, OverflowError, TypeError, ValueError, csv.Error) as error:
        raise ArtifactError(f"{path}: no table of a sweep", ["sweep"], path) from error


def _sweep(head: list[str], *rows: list[str]) -> Sweep:
    """Return the sweep of a table, given its lines."""
    names = [name.removesuffix(_COVERED) for name in head if name.endswith(_COVERED)]
    if not names or not rows:
        raise ValueError("no scores")
    columns = dict(zip(head, zip(*rows, strict=True), strict=True))
    settings = head[: head.index(_MEAN)]
    numbers = {name: np.array(columns[name], np.float64) for name in head if name not in settings}
    return Sweep(
        [dict(zip(settings, row, strict=False)) for row in rows],
        {name: numbers[name] for name in names},
        {name: np.stack([numbers[name + _LOW], numbers[name + _HIGH]], axis=1) for name in names},
        {name: int(columns[name + _COVERED][0]) for name in names},
    )


def _mean(scores: Sequence[Score]) -> float:
    return float(np.mean([score.value for score in scores]))


def _cells(scores: Sequence[Score]) -> list[str]:
    cells = [f"{_mean(scores):.4f}"]
    for score in scores:
        cells += [f"{number:.4f}" for number in (score.value, score.low, score.high)]
        cells.append(str(score.covered))
    return cells
