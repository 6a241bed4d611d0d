"""Updates of rows on the CPU, in place: gathering the rows and putting them back would take longer."""

import numpy as np
from numba import njit


def adagrad_rows(
    data: np.ndarray,
    squares: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    learning_rate: float,
    epsilon: float,
) -> None:
    """Make an AdaGrad update of some rows; see `reference.adagrad_rows`."""
    number = data.dtype.type
    _adagrad_rows(data, squares, rows, values, number(learning_rate), number(epsilon))


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _adagrad_rows(data, squares, rows, values, learning_rate, epsilon):
    for k in range(len(rows)):
        w, h, dw = data[rows[k]], squares[rows[k]], values[k]
        for d in range(len(dw)):
            h[d] += dw[d] * dw[d]
        for d in range(len(dw)):
            w[d] -= learning_rate * dw[d] / (np.sqrt(h[d]) + epsilon)


def row_adagrad_rows(
    data: np.ndarray,
    squares: np.ndarray,
    rows: np.ndarray,
    values: np.ndarray,
    learning_rate: float,
    epsilon: float,
) -> None:
    """Make a row-wise AdaGrad update of some rows; see `reference.row_adagrad_rows`."""
    number = data.dtype.type
    _row_adagrad_rows(data, squares, rows, values, number(learning_rate), number(epsilon))


@njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def _row_adagrad_rows(data, squares, rows, values, learning_rate, epsilon):
    for k in range(len(rows)):
        w, dw, total = data[rows[k]], values[k], data.dtype.type(0)
        for d in range(len(dw)):
            total += dw[d] * dw[d]
        squares[rows[k], 0] += total / len(dw)
        rate = learning_rate / (np.sqrt(squares[rows[k], 0]) + epsilon)
        for d in range(len(dw)):
            w[d] -= rate * dw[d]
