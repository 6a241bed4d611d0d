"""The recurrent kernels on the CPU."""

import numpy as np

from lexloom.kernels import reference
from lexloom.kernels.compiled import njit
from lexloom.kernels.cpu_math import fast_sigmoid, fast_tanh


def lstm_step(
    a: np.ndarray, from_hidden: np.ndarray, c_before: np.ndarray, c: np.ndarray, h: np.ndarray
) -> None:
    """Compute one step of an LSTM; see `reference.lstm_step`. float64 goes the exact way."""
    if a.dtype == np.float32:
        _lstm_step(a, from_hidden, c_before, c, h)
    else:
        reference.lstm_step(a, from_hidden, c_before, c, h)


def lstm_step_backward(
    dh: np.ndarray, dc: np.ndarray, gates: np.ndarray, c: np.ndarray, c_before: np.ndarray, da: np.ndarray
) -> np.ndarray:
    """Go back through one step of an LSTM; see `reference.lstm_step_backward`."""
    if gates.dtype != np.float32:
        return reference.lstm_step_backward(dh, dc, gates, c, c_before, da)
    dc_before = np.empty_like(c)
    _lstm_step_backward(dh, dc, gates, c, c_before, da, dc_before)
    return dc_before


# Several short loops with few arrays each: the compiler vectorizes those, and not one loop over all of them.


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _lstm_step(a, from_hidden, c_before, c, h):
    streams, size = c.shape
    for n in range(streams):
        gates, i, f, o, g = _split(a[n], size)
        row = a[n]
        for k in range(4 * size):
            row[k] += from_hidden[n, k]
        for k in range(3 * size):
            gates[k] = fast_sigmoid(gates[k])
        for k in range(size):
            g[k] = fast_tanh(g[k])
        for k in range(size):
            c[n, k] = i[k] * g[k]
        for k in range(size):
            c[n, k] += f[k] * c_before[n, k]
        for k in range(size):
            h[n, k] = fast_tanh(c[n, k])
        for k in range(size):
            h[n, k] *= o[k]


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _split(row, size):
    i, f, o = row[:size], row[size : 2 * size], row[2 * size : 3 * size]
    return row[: 3 * size], i, f, o, row[3 * size :]


@njit(nogil=True, cache=True, fastmath=True, error_model="numpy")
def _lstm_step_backward(dh, dc, gates, c, c_before, da, dc_before):
    one = np.float32(1)
    streams, size = c.shape
    tanh_c, through_c = np.empty(size, np.float32), np.empty(size, np.float32)
    for n in range(streams):
        _, i, f, o, g = _split(gates[n], size)
        _, di, df, do, dg = _split(da[n], size)
        for k in range(size):
            tanh_c[k] = fast_tanh(c[n, k])
        for k in range(size):
            through_c[k] = dh[n, k] * o[k] * (one - tanh_c[k] * tanh_c[k])
        for k in range(size):
            through_c[k] += dc[n, k]
        for k in range(size):
            di[k] = through_c[k] * g[k] * i[k] * (one - i[k])
        for k in range(size):
            df[k] = through_c[k] * c_before[n, k] * f[k] * (one - f[k])
        for k in range(size):
            do[k] = dh[n, k] * tanh_c[k] * o[k] * (one - o[k])
        for k in range(size):
            dg[k] = through_c[k] * i[k] * (one - g[k] * g[k])
        for k in range(size):
            dc_before[n, k] = through_c[k] * f[k]
