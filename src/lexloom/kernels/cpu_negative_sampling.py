"""Negative sampling on the CPU: the fused kernel behind CBOW and skip-gram.

Two passes of tiles. The first goes over the examples and leaves their hidden vectors and the error of each
word; the second goes over the rows of a table and sums each row's gradient from them, so that no gradient of
the size of all words times D is ever written.
"""

import math

import numpy as np
from numba import njit

from lexloom.kernels.pool import cut, run_tiles

_EXAMPLES_TILE = 256
_ROWS_TILE = 512
_WORDS_TILE = 512
_FREE_ORDER = {"reassoc", "contract", "nsz"}  # a dot product may use vector instructions

Rows = tuple[np.ndarray, np.ndarray]


def negative_sampling(
    W_in: np.ndarray, W_out: np.ndarray, inputs: np.ndarray, words: np.ndarray
) -> tuple[float, Rows, Rows]:
    """Return the loss and the row gradients of both tables; see `reference.negative_sampling`."""
    hidden, dinputs = np.zeros((2, len(inputs), W_in.shape[1]), W_in.dtype)
    errors = np.zeros(words.shape, W_in.dtype)
    losses = np.zeros(len(inputs))
    weight = W_in.dtype.type(1 / max(1, np.count_nonzero(words[:, :, 0] >= 0)))

    def compare(tile: slice) -> None:
        _average(W_in, inputs[tile], hidden[tile])
        _compare(W_out, words[tile], weight, hidden[tile], errors[tile], dinputs[tile], losses[tile])
        _share(inputs[tile], dinputs[tile])

    run_tiles(compare, cut(len(inputs), _EXAMPLES_TILE))
    ones = np.ones(inputs.shape, W_in.dtype)
    return (
        losses.sum() * weight,
        _weighted_row_sums(inputs, ones, dinputs, len(W_in)),
        _weighted_row_sums(words.reshape(len(words), -1), errors.reshape(len(words), -1), hidden, len(W_out)),
    )


def words_and_samples(
    words: np.ndarray, points: np.ndarray, own_share: np.ndarray, alias: np.ndarray
) -> np.ndarray:
    """Draw the negative samples of each word; see `reference.words_and_samples`."""
    drawn = np.empty((len(words), 1 + points.shape[1]), np.int32)
    run_tiles(
        lambda tile: _draw(words[tile], points[tile], own_share, alias, drawn[tile]),
        cut(len(words), _WORDS_TILE),
    )
    return drawn


@njit(nogil=True, cache=True)
def _draw(words, points, own_share, alias, drawn):
    for n in range(len(words)):
        drawn[n, 0] = words[n]
        for k in range(points.shape[1]):
            point = points[n, k] * len(alias)
            column = np.int32(point)
            sample = column if point - column < own_share[column] else alias[column]
            drawn[n, 1 + k] = -1 if words[n] < 0 or sample == words[n] else sample


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER)
def _average(W_in, inputs, hidden):
    """Write the mean of the present input rows."""
    for n in range(len(inputs)):
        for i in inputs[n]:
            if i >= 0:
                for d in range(W_in.shape[1]):
                    hidden[n, d] += W_in[i, d]
    _share(inputs, hidden)


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER)
def _share(inputs, vectors):
    """Divide each vector by the number of its present inputs."""
    for n in range(len(inputs)):
        share = vectors.dtype.type(1 / max(1, np.sum(inputs[n] >= 0)))
        for d in range(vectors.shape[1]):
            vectors[n, d] *= share


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER)
def _compare(W_out, words, weight, hidden, errors, dhidden, losses):
    """Write the errors (p - label) * weight, the gradient of the hidden vectors, and the losses."""
    examples, predictions, samples = words.shape
    zero, one = W_out.dtype.type(0), W_out.dtype.type(1)
    for n in range(examples):
        h, dh = hidden[n], dhidden[n]
        for p in range(predictions):
            if words[n, p, 0] < 0:
                continue
            for k in range(samples):
                w = words[n, p, k]
                if w < 0:
                    continue
                score = zero
                for d in range(len(h)):
                    score += h[d] * W_out[w, d]
                label = one if k == 0 else zero
                small = math.exp(-abs(score))
                losses[n] += max(score, zero) - score * label + math.log1p(small)
                error = ((one if score > 0 else small) / (one + small) - label) * weight
                errors[n, p, k] = error
                for d in range(len(h)):
                    dh[d] += error * W_out[w, d]


def _weighted_row_sums(rows: np.ndarray, weights: np.ndarray, vectors: np.ndarray, table_rows: int) -> Rows:
    """Return each row number in rows (N, S) once, and its sum of weights (N, S) times vectors (N, D)."""
    order, unique, bounds = _group(rows.reshape(-1), table_rows)
    sums = np.zeros((len(unique), vectors.shape[1]), vectors.dtype)
    run_tiles(
        lambda tile: _sum_weighted(order, bounds[tile.start : tile.stop + 1], weights, vectors, sums[tile]),
        cut(len(unique), _ROWS_TILE),
    )
    return unique, sums


@njit(nogil=True, cache=True)
def _group(rows, table_rows):
    """Sort by counting: positions ordered by row number, the row numbers that occur, where each begins."""
    ends = np.zeros(table_rows + 1, np.int64)
    for row in rows:
        if row >= 0:
            ends[row + 1] += 1
    unique = np.flatnonzero(ends[1:])
    ends = np.cumsum(ends)
    bounds = np.append(ends[unique], ends[-1])
    order = np.empty(ends[-1], np.int64)
    for position, row in enumerate(rows):
        if row >= 0:
            order[ends[row]] = position
            ends[row] += 1
    return order, unique, bounds


@njit(nogil=True, cache=True, fastmath=_FREE_ORDER)
def _sum_weighted(order, bounds, weights, vectors, sums):
    for k in range(len(sums)):
        for position in order[bounds[k] : bounds[k + 1]]:
            n, s = divmod(position, weights.shape[1])
            weight = weights[n, s]
            for d in range(vectors.shape[1]):
                sums[k, d] += weight * vectors[n, d]
