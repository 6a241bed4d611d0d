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
        device = measured.settings.get("trained_on")
        if not isinstance(device, str) or not device.isprintable():
            measured.refuse("does not say what the model was trained on")
        adaptation_of(measured)
        yield name, measured, f"{read_seconds(benchmark):.0f}"


def adaptation_of(measured: Artifact) -> str:
    """Return the settings with which a measured model adapts to the text; empty for one that does not.

    Raises
    ------
    ArtifactError
        If they are not numbers.
    """
    fitted = measured.settings.get("adaptation", {})
    if not isinstance(fitted, dict) or not all(map(_is_number, fitted.values())):
        measured.refuse("does not say in numbers how the model adapts")
    return ",".join(f"{setting}={value:.4g}" for setting, value in fitted.items())


def known_perplexities(option: str, pairs: Iterable[str]) -> dict[str, str]:
    """Return the perplexities that an option gives as NAME=PERPLEXITY, by the name of the model.

    Raises
    ------
    LexloomError
        If one is not so, or no positive number.
    """
    known = dict(pair.rpartition("=")[::2] for pair in pairs)
    for name, perplexity in known.items():
        try:
            is_known = bool(name) and 0 < float(perplexity) < math.inf
        except ValueError:
            is_known = False
        if not is_known:
            raise LexloomError(
                f"--{option}: {f'{name}={perplexity}'.lstrip('=')!r}; expected NAME=PERPLEXITY"
            )
    return known


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and abs(value) < 1 << 63  # type: ignore[arg-type]
