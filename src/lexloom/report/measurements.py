"""What tables show of models and jobs: measured perplexities, and seconds."""

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from lexloom.errors import LexloomError
from lexloom.storage.artifacts import Artifact, read_artifact


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
