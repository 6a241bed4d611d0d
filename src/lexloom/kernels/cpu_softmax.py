"""The output layer with softmax cross-entropy on the CPU, by blocks of tokens and groups of words.

Scores lie with a row for each word and a column for each token. While those of a group are in the cache they
are turned into exponentials; the sums of all groups give each token's logarithm (Milakov & Gimelshein 2018).
A second round turns the group into gradients and multiplies them with the tokens and the words. So each
exponential is computed once, no pass over the scores is made for its own sake, and the table of words takes
part in all products as it lies in memory.
"""

import math
import threading
from typing import Any

import numpy as np

from lexloom.kernels import reference
from lexloom.kernels.compiled import njit
from lexloom.kernels.cpu_blocks import LANES, ROWS, lay_out, multiply, multiply_panels, padded
from lexloom.kernels.cpu_math import fast_exp
from lexloom.kernels.cpu_vectors import (
    add_multiple,
    add_rows,
    add_up,
    larger,
    load_row,
    multiply_rows,
    store_row,
    zero_row,
)
from lexloom.kernels.pool import cut, run_tiles
from lexloom.kernels.token_blocks import token_blocks

_GROUP = 80  # words whose scores and vectors stay in the second cache
_GROUPS_TILE = 16  # at most
_TILES = 4  # at least, where there are as many groups
_ADDED_TILE = 1 << 20  # numbers

_kept = threading.local()  # as much memory anew for each block would cost page faults


def softmax_output(x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return -log softmax(x W + b)[target] of each token; see `reference.softmax_output`.

    float64 and the smallest matrices go the plain way.
    """
    if _is_plain(W):
        return reference.softmax_output(x, W, b, targets)
    losses, table = np.empty(len(x), np.float32), np.ascontiguousarray(W.T)
    for tokens in token_blocks(len(x), len(b)):
        _Block(x[tokens], table, b, targets[tokens]).losses(losses[tokens])
    return losses


def softmax_output_gradients(
    x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray, weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the losses and the gradients of their weighted sum; see `reference.softmax_output_gradients`."""
    if _is_plain(W):
        return reference.softmax_output_gradients(x, W, b, targets, weight)
    losses, dx = np.empty(len(x), np.float32), np.empty_like(x)
    table = np.ascontiguousarray(W.T)
    dtable, db = np.empty_like(table), np.zeros_like(b)
    for number, tokens in enumerate(token_blocks(len(x), len(b))):
        block = _Block(x[tokens], table, b, targets[tokens])
        block.losses(losses[tokens])
        block.backward(np.float32(weight), dx[tokens], dtable, db, add=number > 0)
    return losses, dx, np.ascontiguousarray(dtable.T) if W.flags.c_contiguous else dtable.T, db


def _is_plain(W: np.ndarray) -> bool:
    return W.dtype != np.float32 or min(W.shape) < ROWS


class _Block:
    """The scores of a block of tokens, which become exponentials and then gradients where they stand."""

    def __init__(self, x: np.ndarray, table: np.ndarray, b: np.ndarray, targets: np.ndarray):
        self.table, self.b, self.targets = table, b, targets
        self.width = padded(len(x))
        self.rows = lay_out(x, _room("rows", len(x) * padded(x.shape[1])))
        self.columns = lay_out(x.T, _room("columns", x.shape[1] * self.width))
        self.scores = _columns("scores", len(b), self.width)
        self.groups = _groups(len(b))
        groups = len(self.groups) - 1
        self.tiles = list(enumerate(cut(groups, max(1, min(_GROUPS_TILE, groups // _TILES)))))
        # by group and token, each with its largest score subtracted
        self.largest = np.empty((len(self.groups) - 1, self.width), np.float32)
        self.log_sums = np.empty(self.width, np.float32)

    def losses(self, losses: np.ndarray) -> None:
        """Write the loss of each token."""
        sums, hits = np.empty_like(self.largest), np.zeros(len(losses), np.float32)

        def work(numbered: tuple[int, slice]) -> None:
            groups = self.groups[numbered[1].start : numbered[1].stop + 1]
            largest, sums_here = self.largest[numbered[1]], sums[numbered[1]]
            _score(
                self.table, self.b, self.columns, self.targets, groups, self.scores, largest, sums_here, hits
            )

        run_tiles(work, self.tiles)
        _log_sums(self.largest, sums, self.log_sums)
        np.multiply(self.log_sums[: len(losses)] - hits, self.targets >= 0, out=losses)

    def backward(
        self, weight: np.float32, dx: np.ndarray, dtable: np.ndarray, db: np.ndarray, add: bool
    ) -> None:
        """Write dx, write dtable or add to it, and add db."""
        size = dx.shape[1]
        parts = _room("dx", len(self.tiles), size, self.width)
        weights = np.zeros(self.width, np.float32)
        np.multiply(self.targets >= 0, weight, out=weights[: len(dx)])

        def work(numbered: tuple[int, slice]) -> None:
            number, tile = numbered
            groups, largest = self.groups[tile.start : tile.stop + 1], self.largest[tile]
            tokens = self.targets, largest, self.log_sums, weights
            _go_back(self.table, self.rows, *tokens, groups, self.scores, parts[number], dtable, db, add)

        run_tiles(work, self.tiles)
        tiles = cut(size, max(4 * LANES, _ADDED_TILE // (len(parts) * self.width)))
        run_tiles(lambda tile: _add_up(parts, tile.start, tile.stop, dx), tiles)


def _groups(words: int) -> np.ndarray:
    """Return where groups of words begin, and the end of the last: whole blocks of rows in all but that."""
    starts = [ROWS * part.start for part in cut(words // ROWS, _GROUP // ROWS)]
    return np.array([*starts, words])


def _columns(name: str, rows: int, width: int) -> np.ndarray:
    """Return room for rows of whole vectors, an odd number of vectors apart: so they reach all of a cache."""
    return _room(name, rows, (width // LANES | 1) * LANES)


def _room(name: str, *shape: int) -> np.ndarray:
    """Return an array of a shape to write to; the last one of this name and thread is overwritten."""
    kept, size = vars(_kept), math.prod(shape)
    if name not in kept or kept[name].size < size:
        kept[name] = np.empty(size, np.float32)
    return kept[name][:size].reshape(shape)


@njit(nogil=True, cache=True, error_model="numpy")
def _score(table, b, columns, targets, groups, scores, largest, sums, hits):
    """Write the exponentials of the scores of some groups, and what their losses need."""
    for k in range(len(groups) - 1):
        first, last = groups[k], groups[k + 1]
        group, width = scores[first:last], len(largest[k])
        multiply_panels(table[first:last], columns, group[:, :width], False)
        _add_bias(group, b[first:last], largest[k])
        for n in range(len(targets)):
            if first <= targets[n] < last:
                hits[n] = scores[targets[n], n]
        _exponentials(group, largest[k], sums[k])


@njit(nogil=True, cache=True, error_model="numpy")
def _go_back(table, rows, targets, largest, log_sums, weights, groups, scores, dcolumns, dtable, db, add):
    """Turn the exponentials of some groups into gradients, write dcolumns, write dtable or add it, add db."""
    for k in range(len(groups) - 1):
        first, last = groups[k], groups[k + 1]
        group = scores[first:last]
        _gradients(group, largest[k], log_sums, weights, targets, first, db[first:last])
        multiply(table[first:last].T, group, dcolumns, k > 0)
        multiply_panels(group[:, : len(targets)], rows, dtable[first:last], add)


# Of a number that is not finite, the first function makes nan: the second one may take none for granted.


@njit(nogil=True, cache=True, error_model="numpy")
def _add_bias(scores, b, largest):
    ones, lowest = np.ones((1, LANES), np.float32), np.full((1, LANES), -np.inf, np.float32)
    one, zero, by_token = load_row(ones, 0, 0), np.float32(0), largest.reshape(1, -1)
    for n in range(0, len(largest), LANES):
        most, finite = load_row(lowest, 0, 0), zero_row(scores)
        for w in range(len(scores)):
            row = add_multiple(load_row(scores, w, n), b[w], one)
            store_row(scores, w, n, row)
            most, finite = larger(row, most), add_multiple(finite, zero, row)
        store_row(by_token, 0, n, add_rows(most, finite))


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _exponentials(scores, largest, sums):
    sums[:] = 0
    for w in range(len(scores)):
        row = scores[w][: len(largest)]
        for n in range(len(row)):
            row[n] = fast_exp(row[n] - largest[n])
        for n in range(len(row)):
            sums[n] += row[n]


@njit(nogil=True, cache=True, error_model="numpy")
def _log_sums(largest, sums, log_sums):
    groups, tokens = largest.shape
    most, total = np.full(tokens, -np.inf, np.float32), np.zeros(tokens, np.float32)
    for k in range(groups):
        for n in range(tokens):
            most[n] = np.maximum(most[n], largest[k, n])
    for k in range(groups):
        for n in range(tokens):
            total[n] += sums[k, n] * fast_exp(largest[k, n] - most[n])
    for n in range(tokens):
        log_sums[n] = most[n] + np.log(total[n])


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _gradients(exponentials, largest, log_sums, weights, targets, first, db):
    by_token = np.empty((1, len(weights)), np.float32)
    shares = by_token[0]
    for n in range(len(weights)):
        shares[n] = fast_exp(largest[n] - log_sums[n]) * weights[n]
    for w in range(len(exponentials)):
        total = zero_row(exponentials)
        for n in range(0, len(weights), LANES):
            row = multiply_rows(load_row(exponentials, w, n), load_row(by_token, 0, n))
            store_row(exponentials, w, n, row)
            total = add_rows(total, row)
        db[w] += add_up(total)
    for n in range(len(targets)):
        place = targets[n] - first
        if 0 <= place < len(exponentials):
            exponentials[place, n] -= weights[n]
            db[place] -= weights[n]


@njit(nogil=True, cache=True)
def _add_up(parts, first, last, dx):
    total = np.empty(parts.shape[2], np.float32)
    for d in range(first, last):
        total[:] = parts[0, d]
        for k in range(1, len(parts)):
            for n in range(len(total)):
                total[n] += parts[k, d, n]
        for n in range(len(dx)):
            dx[n, d] = total[n]
