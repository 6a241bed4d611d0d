"""How the answers of the command `lexloom` are shown: as lines, in tables as wide as the terminal."""

import json
import shutil
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lexloom.report.tables import aligned

Block = list[tuple[str, str]]


def beside(title: str, found: str, answers: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return answers beside each other, each under its title."""
    blocks = [
        [(answer[title], ""), *((each["word"], f"{each['score']:.3f}") for each in answer[found])]
        for answer in answers
    ]
    return side_by_side(blocks, terminal_width())


def scores(answer: Mapping[str, Any]) -> list[str]:
    """Return the scores of lines and of all as a table."""
    of_all = {**answer["all"], "text": f"all {len(answer['lines']):,} lines"}
    head = ("perplexity", "log_probability", "tokens", "unknown", "line")
    return aligned([head, *map(_score_row, [*answer["lines"], of_all])])


def _score_row(score: Mapping[str, Any]) -> tuple[str, ...]:
    perplexity, log_probability = score["perplexity"], score["log_probability"]
    return (
        "inf" if perplexity is None else f"{perplexity:.2f}",
        "-inf" if log_probability is None else f"{log_probability:.2f}",
        str(score["tokens"]),
        str(score["unknown"]),
        score["text"],
    )


def about(artifact: Mapping[str, Any]) -> list[str]:
    """Return what `info` answers in sections."""
    head = [
        ("kind", f"{artifact['kind']}, version {artifact['version']}"),
        ("device", artifact["device"]),
        ("seed", "none" if artifact["seed"] is None else artifact["seed"]),
    ]
    lines = [
        *aligned(head),
        *_section("settings", [(name, json.dumps(value)) for name, value in artifact["settings"].items()]),
        *_section("inputs (sha256)", artifact["inputs"].items()),
        *_section("libraries", artifact["libraries"].items()),
        *_section("datasets", _dataset_rows(artifact["datasets"])),
    ]
    return [short for line in lines for short in _wrapped(line, terminal_width())]


def side_by_side(blocks: Sequence[Block], width: int) -> list[str]:
    """Return blocks of equally many rows as lines, as many blocks beside each other as `width` holds."""
    lines: list[str] = []
    beside: list[Block] = []
    for block in blocks:
        if beside and max(map(len, _joined([*beside, block]))) > width:
            lines += [*_joined(beside), ""]
            beside = []
        beside.append(block)
    return lines + _joined(beside)


def _joined(blocks: Sequence[Block]) -> list[str]:
    return aligned([cell for pair in row for cell in pair] for row in zip(*blocks, strict=True))


def _dataset_rows(datasets: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    for name, outline in datasets.items():
        shape = " x ".join(map(str, outline["shape"])) or "one number"
        sparse = "" if outline["stored"] is None else f", sparse, {outline['stored']:,} stored"
        yield name, shape, outline["dtype"] + sparse, ", ".join(outline["axes"]), outline["unit"]


def _section(title: str, rows: Any) -> list[str]:
    return ["", title, *(f"  {line}" for line in aligned(rows))] if rows else []


def _wrapped(line: str, width: int) -> list[str]:
    return textwrap.wrap(line, width, subsequent_indent="      ", break_on_hyphens=False) or [""]


def terminal_width() -> int:
    """Return how many characters a line of the terminal has."""
    return shutil.get_terminal_size().columns
