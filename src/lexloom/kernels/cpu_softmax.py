"""The output layer with softmax cross-entropy on the CPU, by blocks of tokens cut into tiles of words.

A tile of scores is turned into exponentials while it is in the cache; the sums of all tiles give each row's
logarithm (Milakov & Gimelshein 2018). A second round turns the tile into gradients and multiplies them with
the tokens. So each exponential is computed once, and no pass over the scores is made for its own sake.
"""

import math
import threading
from typing import Any

import numpy as np
from numba import njit

from lexloom.kernels import reference
from lexloom.kernels.cpu_math import fast_exp
from lexloom.kernels.pool import cut, run_tiles
from lexloom.kernels.token_blocks import token_blocks

_WORDS_TILE = 640

_kept = threading.local()  # as much memory anew for each block would cost page faults


def softmax_output(x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return -log softmax(x W + b)[target] of each token; see `reference.softmax_output`.

    float64 goes the plain way.
    """
    if x.dtype != np.float32:
        return reference.softmax_output(x, W, b, targets)
    losses = np.empty(len(x), np.float32)
    for block in token_blocks(len(x), W.shape[1]):
        _Block(x[block], W, b, targets[block]).losses(losses[block])
    return losses


def softmax_output_gradients(
    x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray, weight: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return the losses and the gradients of their weighted sum; see `reference.softmax_output_gradients`."""
    if x.dtype != np.float32:
        return reference.softmax_output_gradients(x, W, b, targets, weight)
    losses, dx = np.empty(len(x), np.float32), np.empty_like(x)
    dW, db = np.empty_like(W), np.zeros_like(b)
    for number, tokens in enumerate(token_blocks(len(x), W.shape[1])):
        block = _Block(x[tokens], W, b, targets[tokens])
        block.losses(losses[tokens])
        block.backward(np.float32(weight), dx[tokens], dW, db, add=number > 0)
    return losses, dx, dW, db


class _Block:
    """The scores of a block of tokens, which become exponentials and then gradients where they stand."""

    def __init__(self, x: np.ndarray, W: np.ndarray, b: np.ndarray, targets: np.ndarray):
        self.x, self.W, self.b, self.targets = x, W, b, targets
        self.tiles = list(enumerate(cut(W.shape[1], _WORDS_TILE)))
        self.scores = _room("scores", len(x), W.shape[1])
        # by tile and token, each with its largest score subtracted
        self.largest = np.empty((len(self.tiles), len(x)), np.float32)
        self.log_sums = np.empty(len(x), np.float32)

    def losses(self, losses: np.ndarray) -> None:
        """Write the loss of each token."""
        sums, hits = np.empty_like(self.largest), np.zeros(len(self.x), np.float32)

        def work(numbered: tuple[int, slice]) -> None:
            number, words = numbered
            scores = self.scores[:, words]
            np.matmul(self.x, self.W[:, words], out=scores)
            scores += self.b[words]
            scores.max(axis=1, out=self.largest[number])
            _exponentials(
                self.scores, words.start, words.stop, self.largest[number], self.targets, sums[number], hits
            )

        run_tiles(work, self.tiles)
        _log_sums(self.largest, sums, self.log_sums)
        np.multiply(self.log_sums - hits, self.targets >= 0, out=losses)

    def backward(self, weight: np.float32, dx: np.ndarray, dW: np.ndarray, db: np.ndarray, add: bool) -> None:
        """Write dx, write dW or add to it, and add db."""
        parts = _room("dx", len(self.tiles), *dx.shape)

        def work(numbered: tuple[int, slice]) -> None:
            number, words = numbered
            dscores = self.scores[:, words]
            shares = np.exp(self.largest[number] - self.log_sums) * (weight * (self.targets >= 0))
            _gradients(self.scores, words.start, words.stop, shares, self.targets, weight, db[words])
            np.matmul(dscores, self.W[:, words].T, out=parts[number])
            if dW.flags.c_contiguous:
                _product(self.x.T, dscores, dW[:, words], add)
            else:
                _product(dscores.T, self.x, dW.T[words], add)

        run_tiles(work, self.tiles)
        parts.sum(axis=0, out=dx)


def _product(a: np.ndarray, b: np.ndarray, out: np.ndarray, add: bool) -> None:
    """Write a @ b to out, or add it."""
    if add:
        out += np.matmul(a, b, out=_room("product", *out.shape))
    else:
        np.matmul(a, b, out=out)


def _room(name: str, *shape: int) -> np.ndarray:
    """Return an array of a shape to write to; the last one of this name and thread is overwritten."""
    kept, size = vars(_kept), math.prod(shape)
    if name not in kept or kept[name].size < size:
        kept[name] = np.empty(size, np.float32)
    return kept[name][:size].reshape(shape)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _exponentials(scores, start, stop, largest, targets, sums, hits):
    for n in range(len(scores)):
        row, most = scores[n][start:stop], largest[n]
        if start <= targets[n] < stop:
            hits[n] = row[targets[n] - start]
        for v in range(len(row)):
            row[v] = fast_exp(row[v] - most)
        total = np.float32(0)
        for v in range(len(row)):
            total += row[v]
        sums[n] = total


@njit(nogil=True, cache=True, error_model="numpy")
def _log_sums(largest, sums, log_sums):
    tiles, tokens = largest.shape
    for n in range(tokens):
        most = largest[0, n]
        for k in range(1, tiles):
            most = np.maximum(most, largest[k, n])
        total = np.float32(0)
        for k in range(tiles):
            total += sums[k, n] * np.exp(largest[k, n] - most)
        log_sums[n] = most + np.log(total)


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _gradients(exponentials, start, stop, shares, targets, weight, db):
    for n in range(len(exponentials)):
        row, share = exponentials[n][start:stop], shares[n]
        for v in range(len(row)):
            row[v] *= share
        if start <= targets[n] < stop:
            row[targets[n] - start] -= weight
        for v in range(len(row)):
            db[v] += row[v]
