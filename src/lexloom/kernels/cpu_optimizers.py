"""Updates of rows on the CPU, in place: gathering the rows and putting them back would take longer."""

from collections.abc import Callable

import numpy as np

from lexloom.kernels import reference
from lexloom.kernels.compiled import njit
from lexloom.kernels.cpu_rows import group, sum_of_rows
from lexloom.kernels.cpu_vectors import WIDTH


def adagrad_rows(
    data: np.ndarray,
    squares: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    learning_rate: float,
    epsilon: float,
) -> reference.Job:
    """Return the job of an AdaGrad update of some rows; see `reference.adagrad_rows`.

    Rows of fewer than 16 numbers go the plain way.
    """
    rates = learning_rate, epsilon
    return _job(_adagrad_rows, reference.adagrad_rows, data, squares, rows, values, *rates)


def row_adagrad_rows(
    data: np.ndarray,
    squares: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    learning_rate: float,
    epsilon: float,
) -> reference.Job:
    """Return the job of a row-wise AdaGrad update of some rows; see `reference.row_adagrad_rows`.

    Rows of fewer than 16 numbers go the plain way.
    """
    return _job(
        _row_adagrad_rows, reference.row_adagrad_rows, data, squares, rows, values, learning_rate, epsilon
    )


def _job(
    update: Callable,
    plain: Callable,
    data: np.ndarray,
    squares: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    *rates: float,
) -> reference.Job:
    """Return the job of a compiled update, of the rows, each once, with the places of their gradients."""
    if data.shape[1] < WIDTH:
        return plain(data, squares, rows, values, *rates)
    distinct, places, bounds = group(rows, len(data))
    rates = [data.dtype.type(rate) for rate in rates]

    def work(tile: slice) -> None:
        update(data, squares, distinct[tile], places, bounds[tile.start : tile.stop + 1], values, *rates)

    return len(distinct), work


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
