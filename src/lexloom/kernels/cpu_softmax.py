"""Softmax cross-entropy on the CPU, row by row: a row of scores stays in the cache between its passes."""

from typing import Any

import numpy as np
from numba import njit

from lexloom.kernels import reference
from lexloom.kernels.cpu_math import fast_exp
from lexloom.kernels.pool import cut, run_tiles

_ROWS = 32


def softmax_cross_entropy(scores: np.ndarray, targets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Compute -log softmax(scores)[target]; see `reference.softmax_cross_entropy`.

    float64 goes the exact way.
    """
    if scores.dtype != np.float32:
        return reference.softmax_cross_entropy(scores, targets)
    losses, log_sums = np.empty(len(scores), np.float32), np.empty(len(scores), np.float32)

    def work(rows: slice) -> None:
        _losses(scores[rows], scores[rows].max(axis=1), targets[rows], losses[rows], log_sums[rows])

    run_tiles(work, cut(len(scores), _ROWS))
    return losses, log_sums


def softmax_cross_entropy_backward(
    scores: np.ndarray, targets: np.ndarray, log_sums: np.ndarray, weight: Any
) -> np.ndarray:
    """Return the gradient of the weighted losses; see `reference.softmax_cross_entropy_backward`."""
    if scores.dtype != np.float32:
        return reference.softmax_cross_entropy_backward(scores, targets, log_sums, weight)
    dscores = np.empty_like(scores)
    weight = np.float32(weight)
    run_tiles(
        lambda tile: _gradients(scores[tile], targets[tile], log_sums[tile], weight, dscores[tile]),
        cut(len(scores), _ROWS),
    )
    return dscores


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _losses(scores, largest, targets, losses, log_sums):
    rows, size = scores.shape
    for n in range(rows):
        row = scores[n]
        total = np.float32(0)
        for v in range(size):
            total += fast_exp(row[v] - largest[n])
        log_sums[n] = largest[n] + np.log(total)
        losses[n] = log_sums[n] - row[targets[n]] if targets[n] >= 0 else np.float32(0)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _gradients(scores, targets, log_sums, weight, dscores):
    rows, size = scores.shape
    for n in range(rows):
        row, drow, log_sum = scores[n], dscores[n], log_sums[n]
        share = weight if targets[n] >= 0 else np.float32(0)
        for v in range(size):
            drow[v] = fast_exp(row[v] - log_sum) * share
        if targets[n] >= 0:
            drow[targets[n]] -= weight
