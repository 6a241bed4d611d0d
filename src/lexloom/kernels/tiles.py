"""How work is cut into tiles: by its shape alone, so that results do not depend on the number of threads."""

from collections.abc import Callable
from itertools import pairwise
from typing import Any, NamedTuple

_SCORES = 1 << 22


class Job(NamedTuple):
    """Work on rows, each by itself.

    Attributes
    ----------
    rows : int
    size : int
        Numbers in a row.
    work : callable
        What to do with a slice of the rows.
    operations : int
        With each number, about.
    """

    rows: int
    size: int
    work: Callable[[slice], None]
    operations: int = 5

    @classmethod
    def on(cls, array: Any, work: Callable[[slice], None], operations: int = 5) -> "Job":
        """Return the job of some work on the rows of an array."""
        return cls(len(array), array.size // max(1, len(array)), work, operations)


def cut(length: int, tile: int) -> list[slice]:
    """Cut `range(length)` into nearly equal slices of about `tile` each; depends on nothing else."""
    count = round(length / tile)
    if count <= 1:
        return [slice(0, length)]
    bounds = [length * i // count for i in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(bounds)]


def token_blocks(tokens: int, words: int) -> list[slice]:
    """Cut `range(tokens)` into blocks with about 4 million scores, but never less than one token."""
    return cut(tokens, max(1, _SCORES // words))
