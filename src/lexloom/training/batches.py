"""How data is cut into batches."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np


class Shuffled:
    """Batches of rows that belong together, in a new order each epoch.

    Calling it with an epoch's number returns that epoch's batches, a list of tuples with one array
    for each of the arrays given, `batch` rows each, the last may be shorter.

    Parameters
    ----------
    arrays : sequence of arrays with equally many rows
    batch : int
    rng : numpy.random.Generator
        Draws the orders, one for each call.
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


class Windows(Sequence):
    """Truncated backpropagation through time: a text as windows of parallel streams.

    The text is cut into `batch` contiguous streams of equal length, one for each batch row; window k holds
    steps k * `steps` to (k + 1) * `steps` of every stream, so that a hidden state carried from window to
    window reads each stream in order. Every token is a target once. The input is the token before it; before
    the first token stands the text's last one, which ends a sentence as the token before any sentence does.

    A sequence of pairs (inputs, targets) of int arrays (batch, T), T <= steps; a target is `PADDING` after
    the end of the shorter streams.

    Parameters
    ----------
    ids : (L,) int array
    batch, steps : int
    rng : numpy.random.Generator, optional
        Draws how many steps each window has, see `random_bounds`; without it, window k is as said above.
    """

    def __init__(self, ids: np.ndarray, batch: int, steps: int, rng: np.random.Generator | None = None):
        length = -(-len(ids) // batch)
        bounds = [*range(0, length, steps), length] if rng is None else random_bounds(length, steps, rng)
        self.spans = list(pairwise(bounds))
        self.inputs = _streams(np.roll(ids, 1), batch, length, padding=0)
        self.targets = _streams(ids, batch, length, padding=PADDING)

    def __len__(self) -> int:
        """Return the number of windows."""
        return len(self.spans)

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (inputs, targets) of a window."""
        window = slice(*self.spans[place])
        return self.inputs[:, window], self.targets[:, window]


def random_bounds(length: int, steps: int, rng: np.random.Generator) -> list[int]:
    """Return where windows of random lengths begin, and `length`, where the last one ends.

    A window has about `steps` steps, now and then (5 %) half of them: the length is normally distributed with
    a standard deviation of 5, and at least 5 (or `steps`, if that is less). So windows meet at other words in
    each epoch, and every word is at times the last one to get a gradient (Merity, Keskar & Socher 2018,
    section 4).
    """
    least = min(5, steps)
    most = -(-length // least)
    about = np.where(rng.random(most) < 0.05, steps / 2, steps)
    lengths = np.maximum(least, np.rint(rng.normal(about, 5)).astype(int))
    ends = np.cumsum(lengths)
    return [0, *ends[ends < length].tolist(), length]


PADDING = -1
"""A target that no loss counts."""


def _streams(ids: np.ndarray, batch: int, length: int, padding: int) -> np.ndarray:
    padded = np.full(batch * length, padding, ids.dtype)
    padded[: len(ids)] = ids
    return padded.reshape(batch, length)
