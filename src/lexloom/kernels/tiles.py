"""Cut work into tiles, by its shape alone, so that results do not depend on the number of threads."""

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

_SCORES = 1 << 22  # in a block of tokens: 16 MiB of float32


class Job(NamedTuple):
    """Work on the rows of an array, each row independent of the others.

    Attributes
    ----------
    rows : int
        Number of rows.
    size : int
        Length of a row.
    work : callable
        Called with a slice of the rows, once for each tile.
    operations : int
        Approximate number of operations per element.
    """

    rows: int
    size: int
    work: Callable[[slice], None]
    operations: int = 5

    @classmethod
    def on(cls, array: Any, work: Callable[[slice], None], operations: int = 5) -> "Job":
        """Return the job of doing `work` on the rows of an array."""
        return cls(len(array), array.size // max(1, len(array)), work, operations)


def cut(length: int, tile: int) -> list[slice]:
    """Cut `range(length)` into slices of nearly equal length, about `tile` each."""
    count = round(length / tile)
    if count <= 1:
        return [slice(0, length)]
    bounds = [length * i // count for i in range(count + 1)]
    return [slice(start, stop) for start, stop in pairwise(bounds)]


def runs(needs: np.ndarray, limit: int) -> Iterator[slice]:
    """Yield slices of consecutive rows: as many as together need at most `limit`, but at least one.

    `needs` (R,) is what each row needs, int64: cells, or bytes of memory.
    """
    needs = np.cumsum(needs)
    first, before = 0, 0
    while first < len(needs):
        last = max(first + 1, int(np.searchsorted(needs, before + limit, side="right")))
        yield slice(first, last)
        first, before = last, needs[last - 1]


def token_blocks(tokens: int, words: int) -> list[slice]:
    """Cut `range(tokens)` into blocks of about 4 million scores, or of one token if it has more."""
    return cut(tokens, max(1, _SCORES // words))
