"""Batches: shuffled rows, and windows of parallel text streams."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np


class Shuffled:
    """Batches of rows in a new random order for each epoch.

    ``shuffled(epoch)`` returns a list of batches. A batch is a tuple with the same rows of each array.

    Parameters
    ----------
    arrays : sequence of arrays
        All with the same number of rows.
    batch : int
        Rows in a batch; the last batch may have fewer.
    rng : numpy.random.Generator
        Draws a new order at each call.

    Examples
    --------
    >>> shuffled = Shuffled([np.arange(5), np.arange(5) * 10], 3, np.random.default_rng(0))
    >>> for batch in shuffled(epoch=0):
    ...     print(*batch)
    [2 4 3] [20 40 30]
    [0 1] [ 0 10]
    """

    def __init__(self, arrays: Any, batch: int, rng: np.random.Generator):
        self.arrays = arrays
        self.batch = batch
        self.rng = rng

    def __call__(self, epoch: int) -> list[tuple]:
        """Return the batches of an epoch."""
        order = self.rng.permutation(len(self.arrays[0]))
        parts = [order[start : start + self.batch] for start in range(0, len(order), self.batch)]
        return [tuple(array[part] for array in self.arrays) for part in parts]


class Windows:
    """A text cut into windows, for truncated backpropagation through time.

    The text is cut into `batch` contiguous streams of equal length. Window k holds steps k * `steps` to (k +
    1) * `steps` of all streams. So a model that carries its hidden state from window to window reads each
    stream in order.

    The windows are a sequence of pairs (inputs, targets), int arrays (batch, T). Each token is a target once,
    and its input is the token before it. After the end of the shorter streams, targets are `PADDING`.

    Parameters
    ----------
    ids : (L,) int array
    batch : int
        Number of streams.
    steps : int
        Steps in a window; the last window may have fewer.
    before : int
        The input of the first token; see `lexloom.corpus.vocabulary.word_before_text`.
    rng : numpy.random.Generator, optional
        Draws the lengths of the windows (see `random_bounds`). By default all have `steps` steps.

    Examples
    --------
    >>> for inputs, targets in Windows(np.arange(6), batch=2, steps=2, before=9):
    ...     print(inputs.tolist(), targets.tolist())
    [[9, 0], [2, 3]] [[0, 1], [3, 4]]
    [[1], [4]] [[2], [5]]
    """

    def __init__(
        self, ids: np.ndarray, batch: int, steps: int, before: int, rng: np.random.Generator | None = None
    ):
        length = -(-len(ids) // batch)
        bounds = [*range(0, length, steps), length] if rng is None else random_bounds(length, steps, rng)
        self.spans = list(pairwise(bounds))
        shifted = np.roll(ids, 1)
        shifted[:1] = before
        self.inputs = _streams(shifted, batch, length, padding=0)
        self.targets = _streams(ids, batch, length, padding=PADDING)

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.spans)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Return (inputs, targets) of each window in turn."""
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (inputs, targets) of a window."""
        window = slice(*self.spans[place])
        return self.inputs[:, window], self.targets[:, window]


class WindowParts:
    """Windows of which each is a list of parts: some of the streams each, in order.

    Parameters
    ----------
    windows : Windows
    parts : int
        At most as many as streams.

    Examples
    --------
    >>> windows = Windows(np.arange(6), batch=3, steps=2, before=9)
    >>> for inputs, targets in WindowParts(windows, 2)[0]:
    ...     print(inputs.tolist(), targets.tolist())
    [[9, 0]] [[0, 1]]
    [[1, 2], [3, 4]] [[2, 3], [4, 5]]
    """

    def __init__(self, windows: Windows, parts: int):
        streams = len(windows.inputs)
        bounds = [streams * part // parts for part in range(parts + 1)]
        self.windows, self.streams = windows, [slice(*pair) for pair in pairwise(bounds)]

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.windows)

    def __getitem__(self, place: int) -> list[tuple[np.ndarray, np.ndarray]]:
        """Return (inputs, targets) of each part of a window."""
        inputs, targets = self.windows[place]
        return [(inputs[part], targets[part]) for part in self.streams]


def random_bounds(length: int, steps: int, rng: np.random.Generator) -> list[int]:
    """Return the bounds of windows of random lengths, from 0 to `length`.

    Lengths are normally distributed around `steps`, or in 5 % of windows around `steps` / 2, with a standard
    deviation of 5. They are at least 5 (or `steps`, if that is less). So the windows start at different words
    in each epoch, and no word is always at the end of its window (Merity, Keskar & Socher 2018, section 4).
    """
    least = min(5, steps)
    most = -(-length // least)
    about = np.where(rng.random(most) < 0.05, steps / 2, steps)
    lengths = np.maximum(least, np.rint(rng.normal(about, 5)).astype(int))
    ends = np.cumsum(lengths)
    return [0, *ends[ends < length].tolist(), length]


PADDING = -1
"""Target that losses ignore."""


def _streams(ids: np.ndarray, batch: int, length: int, padding: int) -> np.ndarray:
    padded = np.full(batch * length, padding, ids.dtype)
    padded[: len(ids)] = ids
    return padded.reshape(batch, length)
