"""The bounds of a configuration, whatever it says: how deep, how much, and that its texts can be written."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import count
from typing import Any

from lexloom.settings.mistakes import KeyPath

DEPTH = 50
VALUES = 20_000
TOO_DEEP = f"more than {DEPTH} levels below each other; write it flatter"
TOO_MANY = f"more than {VALUES} values, aliases counted in full; write it shorter"


def out_of_bounds(config: Mapping[str, Any]) -> dict[KeyPath, str]:
    """Return what no configuration may hold, by the path of the key; what contains itself is too deep.

    Files were checked before, when Snakemake had not read them; values of `--config` are in none of them.
    """
    return dict(_out_of_bounds((), config, count()))


def _out_of_bounds(path: KeyPath, value: Any, visits: Iterator[int]) -> Iterator[tuple[KeyPath, str]]:
    if next(visits) > VALUES:
        yield path[:1], TOO_MANY
        return
    if len(path) > DEPTH:
        yield path[:1], TOO_DEEP
        return
    for text in (value, *path[-1:]):
        if isinstance(text, str) and any("\ud800" <= character <= "\udfff" for character in text):
            yield path, "half a character (a lone surrogate); expected text that UTF-8 can write"
    items: Iterable[tuple[Any, Any]] = ()
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, list | tuple):
        items = enumerate(value)
    for key, below in items:
        yield from _out_of_bounds((*path, key), below, visits)
