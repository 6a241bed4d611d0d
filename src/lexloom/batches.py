"""How data is cut into batches."""

from collections.abc import Sequence
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
    """

    def __init__(self, ids: np.ndarray, batch: int, steps: int):
        length = -(-len(ids) // batch)
        self.steps = steps
        self.inputs = _streams(np.roll(ids, 1), batch, length, padding=0)
        self.targets = _streams(ids, batch, length, padding=PADDING)

    def __len__(self) -> int:
        """Return the number of windows."""
        return -(-self.inputs.shape[1] // self.steps)

    def __getitem__(self, place: int) -> tuple[np.ndarray, np.ndarray]:
        """Return (inputs, targets) of a window."""
        start = range(0, self.inputs.shape[1], self.steps)[place]
        window = slice(start, start + self.steps)
        return self.inputs[:, window], self.targets[:, window]


PADDING = -1
"""A target that no loss counts."""


def _streams(ids: np.ndarray, batch: int, length: int, padding: int) -> np.ndarray:
    padded = np.full(batch * length, padding, ids.dtype)
    padded[: len(ids)] = ids
    return padded.reshape(batch, length)
