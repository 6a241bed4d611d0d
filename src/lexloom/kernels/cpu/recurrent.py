"""The steps of recurrent layers on the CPU, all in one compiled call; see `recurrences`.

A tile is some units of the hidden state in some of the streams. In each step it multiplies the state before
with its columns of the weights and computes its gates while the sums are in the cache; when all tiles of a
step are finished, the next one begins. BLAS would lay out the weights at each step, which for 20 streams
takes as long as multiplying: here that is done once.

float64 and fewer units than `LANES` go the plain way.
"""

from collections.abc import Callable
from functools import partial

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.gemm import LANES, ROWS, multiply, padded, panel_count, panel_of, panel_start
from lexloom.kernels.cpu.machine.math import sigmoid_row, tanh_row
from lexloom.kernels.cpu.machine.phases import run_phases, tile_range, tiles_of
from lexloom.kernels.cpu.machine.registers import (
    add_product,
    add_rows,
    full_row,
    load_row,
    multiply_rows,
    store_row,
    subtract_rows,
)
from lexloom.kernels.reference.kernels import Reference

_FORWARD, _BACKWARD = 4 * ROWS, 2 * ROWS  # streams of a tile, at least
_PARALLEL_FLOPS = 1 << 25  # below, another thread comes too late to help


class Recurrent(Reference):
    """The steps of recurrent layers."""

    def rnn(self, a: np.ndarray, h0: np.ndarray, Wh: np.ndarray) -> np.ndarray:
        """Return the hidden states of an Elman network; see `Reference.rnn`."""
        if _needs_reference(a, Wh):
            return super().rnn(a, h0, Wh)
        (steps, streams, _), size = a.shape, len(Wh)
        a, h0, Wh = _checked(a, steps, streams, size), _checked(h0, streams, size), _checked(Wh, size, size)
        panels, h = _panels(Wh), np.empty_like(a)
        _run(_rnn, Wh, panel_count(len(Wh)), _FORWARD, a, h0, Wh, panels, h)
        return h

    def rnn_backward(
        self, dy: np.ndarray, dh: np.ndarray, h: np.ndarray, Wh: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Go back through the steps of an Elman network; see `Reference.rnn_backward`."""
        if _needs_reference(h, Wh):
            return super().rnn_backward(dy, dh, h, Wh)
        steps, streams, size = h.shape
        dy, h = (_checked(array, steps, streams, size) for array in (dy, h))
        dh, Wh = _checked(dh, streams, size), _checked(Wh, size, size)
        panels, da, dh0 = _panels(Wh), np.empty_like(h), np.empty_like(dh)
        _run(_rnn_backward, Wh, panel_count(len(Wh)), _BACKWARD, dy, dh, h, Wh, panels, da, dh0)
        return da, dh0

    def lstm(
        self, a: np.ndarray, h0: np.ndarray, c0: np.ndarray, Wh: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the gates, hidden states and cells of an LSTM; see `Reference.lstm`."""
        if _needs_reference(a, Wh):
            return super().lstm(a, h0, c0, Wh)
        (steps, streams, _), size = a.shape, len(Wh)
        a, Wh = _checked(a, steps, streams, 4 * size), _checked(Wh, size, 4 * size)
        h0, c0 = _checked(h0, streams, size), _checked(c0, streams, size)
        panels, gates = _panels_by_units(Wh), np.empty_like(a)
        h, c = (np.empty((steps, streams, size), np.float32) for _ in range(2))
        _run(_lstm, Wh, len(panels), _FORWARD, a, h0, c0, Wh, panels, gates, h, c)
        return gates, h, c

    def lstm_backward(
        self,
        dy: np.ndarray,
        dh: np.ndarray,
        dc: np.ndarray,
        gates: np.ndarray,
        c: np.ndarray,
        c0: np.ndarray,
        Wh: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Go back through the steps of an LSTM; see `Reference.lstm_backward`."""
        if _needs_reference(gates, Wh):
            return super().lstm_backward(dy, dh, dc, gates, c, c0, Wh)
        steps, streams, size = c.shape
        gates, Wh = _checked(gates, steps, streams, 4 * size), _checked(Wh, size, 4 * size)
        dy, c = (_checked(array, steps, streams, size) for array in (dy, c))
        dh, dc, c0 = (_checked(array, streams, size) for array in (dh, dc, c0))
        panels, da, dh0 = _panels(Wh), np.empty_like(gates), np.empty_like(dh)
        dcs = _alternating(dc, len(dy))
        arrays = dy, dh, dcs, gates, c, c0, Wh, panels, da, dh0
        _run(_lstm_backward, Wh, panel_count(len(Wh)), _BACKWARD, *arrays)
        return da, dh0, dcs[0]

    def gru(
        self, a: np.ndarray, h0: np.ndarray, Wh: np.ndarray, bhn: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the gates, hidden states of a GRU and what its reset gate scales; see `Reference.gru`."""
        if _needs_reference(a, Wh):
            return super().gru(a, h0, Wh, bhn)
        (steps, streams, _), size = a.shape, len(Wh)
        a, Wh = _checked(a, steps, streams, 3 * size), _checked(Wh, size, 3 * size)
        h0, bhn = _checked(h0, streams, size), _checked(bhn, size)
        panels, gates = _panels_by_units(Wh), np.empty_like(a)
        h, inner = (np.empty((steps, streams, size), np.float32) for _ in range(2))
        _run(_gru, Wh, len(panels), _FORWARD, a, h0, Wh, bhn[None], panels, gates, h, inner)
        return gates, h, inner

    def gru_backward(
        self,
        dy: np.ndarray,
        dh: np.ndarray,
        gates: np.ndarray,
        inner: np.ndarray,
        h: np.ndarray,
        h0: np.ndarray,
        Wh: np.ndarray,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Go back through the steps of a GRU; see `Reference.gru_backward`."""
        if _needs_reference(gates, Wh):
            return super().gru_backward(dy, dh, gates, inner, h, h0, Wh)
        steps, streams, size = h.shape
        gates, Wh = _checked(gates, steps, streams, 3 * size), _checked(Wh, size, 3 * size)
        dy, inner, h = (_checked(array, steps, streams, size) for array in (dy, inner, h))
        dh, h0 = (_checked(array, streams, size) for array in (dh, h0))
        panels, da, da_hidden = _panels(Wh), np.empty_like(gates), np.empty_like(gates)
        directly, dh0 = _alternating(np.zeros_like(dh), len(dy)), np.empty_like(dh)
        arrays = dy, dh, directly, gates, inner, h, h0, Wh, panels, da, da_hidden, dh0
        _run(_gru_backward, Wh, panel_count(len(Wh)), _BACKWARD, *arrays)
        return da, da_hidden, dh0 + directly[0]


def _needs_reference(a: np.ndarray, Wh: np.ndarray) -> bool:
    return a.dtype != np.float32 or len(Wh) < LANES


def _checked(array: np.ndarray, *shape: int) -> np.ndarray:
    """Return an array as compiled code reads it; refuse another shape, beyond which that would read."""
    if array.shape != shape:
        raise ValueError(f"expected an array {shape}, not {array.shape}")
    return np.ascontiguousarray(array, np.float32)


def _panels(Wh: np.ndarray) -> np.ndarray:
    """Return room for the panels of weights (H, G H), one gate only or transposed, with H columns."""
    return np.empty(Wh.shape[1] * padded(len(Wh)), np.float32)


def _panels_by_units(Wh: np.ndarray) -> np.ndarray:
    """Return room for the panels of weights (H, G H) that hold LANES units with all their gates."""
    size = len(Wh)
    return np.empty((padded(size) // LANES, size, Wh.shape[1] // size * LANES), np.float32)


def _alternating(last: np.ndarray, steps: int) -> np.ndarray:
    """Return room (2, N, H): step t reads (t + 1) % 2 and writes t % 2, and the last one finds `last`."""
    room = np.empty((2, *last.shape), np.float32)
    room[steps % 2] = last
    return room


def _run(
    kernel: Callable[..., None], Wh: np.ndarray, panels: int, tile_streams: int, *arrays: np.ndarray
) -> None:
    """Call `kernel(*arrays, parts, progress, start)` on the threads: so many parts are the streams cut into.

    Phase 0 is for laying out the weights; one follows for each step, and on the way back one for dh0.
    """
    steps, streams, _ = arrays[0].shape
    parts = max(1, streams // tile_streams)
    max_threads = 1 if 2 * steps * streams * Wh.size < _PARALLEL_FLOPS else panels * parts
    run_phases(partial(kernel, *arrays, parts), steps + 2, panels * parts, max_threads)


# Panels hold whole vectors of units, so the last vector begins early: some units are computed twice.


@njit(nogil=True, cache=True, inline="always")
def _unit(column, size):
    """Return the first unit of the vector that would begin with a column."""
    return min(column, size - LANES)


@njit(nogil=True, cache=True)
def _lay_out(Wh, tile, tiles, panels):
    size = len(Wh)
    for number in range(panel_count(size)):
        panel, first = panel_of(panels, size, size, number), panel_start(size, number)
        for k in range(*tile_range(size, tile, tiles)):
            for column in range(0, panel.shape[1], LANES):
                store_row(panel, k, column, load_row(Wh, k, _unit(first + column, size)))


@njit(nogil=True, cache=True)
def _lay_out_transposed(Wh, tile, tiles, panels):
    size, inner = Wh.shape
    start, last = tile_range(inner, tile, tiles)
    for number in range(panel_count(size)):
        panel, first = panel_of(panels, inner, size, number), panel_start(size, number)
        for some in range(start, last, LANES):  # of the panel, which stay in the first cache
            for column in range(panel.shape[1]):
                unit = _unit(first + column // LANES * LANES, size) + column % LANES
                for k in range(some, min(some + LANES, last)):
                    panel[k, column] = Wh[unit, k]


@njit(nogil=True, cache=True)
def _lay_out_by_units(Wh, tile, tiles, panels):
    size = len(Wh)
    for k in range(*tile_range(size, tile, tiles)):
        for number in range(len(panels)):
            unit = _unit(number * LANES, size)
            for gate in range(Wh.shape[1] // size):
                store_row(panels[number], k, gate * LANES, load_row(Wh, k, gate * size + unit))


@njit(nogil=True, cache=True)
def _product(x, panel):
    """Return x (N, K) @ panel; a row of it does not depend on how many there are."""
    streams = len(x)
    if streams < ROWS:
        enough = np.zeros((ROWS, x.shape[1]), np.float32)
        enough[:streams] = x
        x = enough
    out = np.empty((len(x), panel.shape[1]), np.float32)
    multiply(x, panel, out, False)
    return out[:streams]


@njit(nogil=True, cache=True)
def _dh(dh, after, panels, number, last):
    """Return the gradients of a panel's units: dh (N, H) at the last step, else by way of the step after."""
    size, inner = dh.shape[1], after.shape[1]
    panel, first = panel_of(panels, inner, size, number), panel_start(size, number)
    if not last:
        return _product(after, panel)
    out = np.empty((len(dh), panel.shape[1]), np.float32)
    for n in range(len(out)):
        for k in range(0, out.shape[1], LANES):
            store_row(out, n, k, load_row(dh, n, _unit(first + k, size)))
    return out


@njit(nogil=True, cache=True)
def _write_units(part, first, out):
    """Write the numbers of a panel's units to out (N, H)."""
    for n in range(len(out)):
        for k in range(0, part.shape[1], LANES):
            store_row(out, n, _unit(first + k, out.shape[1]), load_row(part, n, k))


# Each pair of kernels below is one of `recurrences`, by tiles, and what it does with the units of a tile.


@njit(nogil=True, cache=True, error_model="numpy")
def _rnn(a, h0, Wh, panels, h, parts, progress, start):
    steps, streams, size = a.shape
    for tile in tiles_of(progress[0], start):
        _lay_out(Wh, tile, progress.shape[1] - 1, panels)
    for t in range(steps):
        before = h[t - 1] if t else h0
        for tile in tiles_of(progress[t + 1], start):
            first, last = tile_range(streams, tile % parts, parts)
            sums = _product(before[first:last], panel_of(panels, size, size, tile // parts))
            _rnn_units(sums, a[t, first:last], h[t, first:last], panel_start(size, tile // parts))


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _rnn_units(from_hidden, a, h, first):
    for n in range(len(h)):
        for k in range(0, from_hidden.shape[1], LANES):
            unit = _unit(first + k, h.shape[1])
            total = add_rows(load_row(a, n, unit), load_row(from_hidden, n, k))
            store_row(h, n, unit, tanh_row(total, h))


@njit(nogil=True, cache=True, error_model="numpy")
def _rnn_backward(dy, dh, h, Wh, panels, da, dh0, parts, progress, start):
    steps, streams, size = h.shape
    for tile in tiles_of(progress[0], start):
        _lay_out_transposed(Wh, tile, progress.shape[1] - 1, panels)
    for t in range(steps - 1, -2, -1):
        for tile in tiles_of(progress[t + 2], start):
            first, last = tile_range(streams, tile % parts, parts)
            unit = panel_start(size, tile // parts)
            after = da[min(t + 1, steps - 1), first:last]
            part = _dh(dh[first:last], after, panels, tile // parts, t == steps - 1)
            if t < 0:
                _write_units(part, unit, dh0[first:last])
            else:
                _rnn_units_backward(dy[t, first:last], part, h[t, first:last], da[t, first:last], unit)


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _rnn_units_backward(dy, dh, h, da, first):
    one = full_row(h, np.float32(1))
    for n in range(len(h)):
        for k in range(0, dh.shape[1], LANES):
            unit = _unit(first + k, h.shape[1])
            total = add_rows(load_row(dy, n, unit), load_row(dh, n, k))
            store_row(da, n, unit, multiply_rows(total, _slope_of_tanh(load_row(h, n, unit), one)))


@njit(nogil=True, cache=True, error_model="numpy")
def _lstm(a, h0, c0, Wh, panels, gates, h, c, parts, progress, start):
    steps, streams, size = c.shape
    for tile in tiles_of(progress[0], start):
        _lay_out_by_units(Wh, tile, progress.shape[1] - 1, panels)
    for t in range(steps):
        h_before, c_before = (h[t - 1], c[t - 1]) if t else (h0, c0)
        for tile in tiles_of(progress[t + 1], start):
            first, last = tile_range(streams, tile % parts, parts)
            sums = _product(h_before[first:last], panels[tile // parts])
            unit, now = _unit(tile // parts * LANES, size), (t, slice(first, last))
            _lstm_units(sums, a[now], c_before[first:last], gates[now], h[now], c[now], unit)


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _lstm_units(from_hidden, a, c_before, gates, h, c, unit):
    size = c.shape[1]
    for n in range(len(c)):
        i = sigmoid_row(add_rows(load_row(a, n, unit), load_row(from_hidden, n, 0)), a)
        f = sigmoid_row(add_rows(load_row(a, n, size + unit), load_row(from_hidden, n, LANES)), a)
        o = sigmoid_row(add_rows(load_row(a, n, 2 * size + unit), load_row(from_hidden, n, 2 * LANES)), a)
        g = tanh_row(add_rows(load_row(a, n, 3 * size + unit), load_row(from_hidden, n, 3 * LANES)), a)
        cell = add_product(multiply_rows(f, load_row(c_before, n, unit)), i, g)
        store_row(gates, n, unit, i)
        store_row(gates, n, size + unit, f)
        store_row(gates, n, 2 * size + unit, o)
        store_row(gates, n, 3 * size + unit, g)
        store_row(c, n, unit, cell)
        store_row(h, n, unit, multiply_rows(o, tanh_row(cell, c)))


@njit(nogil=True, cache=True, error_model="numpy")
def _lstm_backward(dy, dh, dcs, gates, c, c0, Wh, panels, da, dh0, parts, progress, start):
    steps, streams, size = c.shape
    for tile in tiles_of(progress[0], start):
        _lay_out_transposed(Wh, tile, progress.shape[1] - 1, panels)
    for t in range(steps - 1, -2, -1):
        c_before = c[t - 1] if t > 0 else c0
        for tile in tiles_of(progress[t + 2], start):
            first, last = tile_range(streams, tile % parts, parts)
            unit = panel_start(size, tile // parts)
            after = da[min(t + 1, steps - 1), first:last]
            part = _dh(dh[first:last], after, panels, tile // parts, t == steps - 1)
            if t < 0:
                _write_units(part, unit, dh0[first:last])
            else:
                some, now = slice(first, last), (t, slice(first, last))
                dc, dc_before = dcs[(t + 1) % 2, some], dcs[t % 2, some]
                _lstm_units_backward(
                    dy[now], part, dc, gates[now], c[now], c_before[some], da[now], dc_before, unit
                )


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _lstm_units_backward(dy, dh, dc, gates, c, c_before, da, dc_before, first):
    one, size = full_row(c, np.float32(1)), c.shape[1]
    for n in range(len(c)):
        for k in range(0, dh.shape[1], LANES):
            unit = _unit(first + k, size)
            i, f = load_row(gates, n, unit), load_row(gates, n, size + unit)
            o, g = load_row(gates, n, 2 * size + unit), load_row(gates, n, 3 * size + unit)
            tanh_c = tanh_row(load_row(c, n, unit), c)
            through_h = add_rows(load_row(dy, n, unit), load_row(dh, n, k))
            through_c = add_product(
                load_row(dc, n, unit), multiply_rows(through_h, o), _slope_of_tanh(tanh_c, one)
            )
            di = multiply_rows(multiply_rows(through_c, g), _slope_of_sigmoid(i, one))
            df = multiply_rows(
                multiply_rows(through_c, load_row(c_before, n, unit)), _slope_of_sigmoid(f, one)
            )
            do = multiply_rows(multiply_rows(through_h, tanh_c), _slope_of_sigmoid(o, one))
            dg = multiply_rows(multiply_rows(through_c, i), _slope_of_tanh(g, one))
            store_row(da, n, unit, di)
            store_row(da, n, size + unit, df)
            store_row(da, n, 2 * size + unit, do)
            store_row(da, n, 3 * size + unit, dg)
            store_row(dc_before, n, unit, multiply_rows(through_c, f))


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _slope_of_sigmoid(y, one):
    return multiply_rows(y, subtract_rows(one, y))


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _slope_of_tanh(y, one):
    return subtract_rows(one, multiply_rows(y, y))


@njit(nogil=True, cache=True, error_model="numpy")
def _gru(a, h0, Wh, bhn, panels, gates, h, inner, parts, progress, start):
    steps, streams, size = h.shape
    for tile in tiles_of(progress[0], start):
        _lay_out_by_units(Wh, tile, progress.shape[1] - 1, panels)
    for t in range(steps):
        before = h[t - 1] if t else h0
        for tile in tiles_of(progress[t + 1], start):
            first, last = tile_range(streams, tile % parts, parts)
            sums = _product(before[first:last], panels[tile // parts])
            unit, now = _unit(tile // parts * LANES, size), (t, slice(first, last))
            _gru_units(sums, a[now], bhn, before[first:last], gates[now], h[now], inner[now], unit)


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _gru_units(from_hidden, a, bhn, before, gates, h, inner, unit):
    size, bias = h.shape[1], load_row(bhn, 0, unit)
    for n in range(len(h)):
        r = sigmoid_row(add_rows(load_row(a, n, unit), load_row(from_hidden, n, 0)), a)
        z = sigmoid_row(add_rows(load_row(a, n, size + unit), load_row(from_hidden, n, LANES)), a)
        scaled = add_rows(load_row(from_hidden, n, 2 * LANES), bias)
        candidate = tanh_row(add_product(load_row(a, n, 2 * size + unit), r, scaled), a)
        change = subtract_rows(load_row(before, n, unit), candidate)
        store_row(gates, n, unit, r)
        store_row(gates, n, size + unit, z)
        store_row(gates, n, 2 * size + unit, candidate)
        store_row(inner, n, unit, scaled)
        store_row(h, n, unit, add_product(candidate, z, change))


@njit(nogil=True, cache=True, error_model="numpy")
def _gru_backward(
    dy, dh, directly, gates, inner, h, h0, Wh, panels, da, da_hidden, dh0, parts, progress, start
):
    steps, streams, size = h.shape
    for tile in tiles_of(progress[0], start):
        _lay_out_transposed(Wh, tile, progress.shape[1] - 1, panels)
    for t in range(steps - 1, -2, -1):
        before = h[t - 1] if t > 0 else h0
        for tile in tiles_of(progress[t + 2], start):
            first, last = tile_range(streams, tile % parts, parts)
            unit = panel_start(size, tile // parts)
            some, now = slice(first, last), (t, slice(first, last))
            after = da_hidden[min(t + 1, steps - 1), some]
            part = _dh(dh[some], after, panels, tile // parts, t == steps - 1)
            if t < 0:
                _write_units(part, unit, dh0[some])
            else:
                _gru_units_backward(
                    dy[now],
                    part,
                    directly[(t + 1) % 2, some],
                    gates[now],
                    inner[now],
                    before[some],
                    da[now],
                    da_hidden[now],
                    directly[t % 2, some],
                    unit,
                )


@njit(nogil=True, cache=True, fastmath={"contract"}, error_model="numpy")
def _gru_units_backward(dy, dh, directly, gates, inner, before, da, da_hidden, directly_before, first):
    one, size = full_row(dy, np.float32(1)), dy.shape[1]
    for n in range(len(dy)):
        for k in range(0, dh.shape[1], LANES):
            unit = _unit(first + k, size)
            r, z = load_row(gates, n, unit), load_row(gates, n, size + unit)
            candidate = load_row(gates, n, 2 * size + unit)
            through_h = add_rows(
                add_rows(load_row(dy, n, unit), load_row(dh, n, k)), load_row(directly, n, unit)
            )
            dn = multiply_rows(
                multiply_rows(through_h, subtract_rows(one, z)), _slope_of_tanh(candidate, one)
            )
            dr = multiply_rows(multiply_rows(dn, load_row(inner, n, unit)), _slope_of_sigmoid(r, one))
            change = subtract_rows(load_row(before, n, unit), candidate)
            dz = multiply_rows(multiply_rows(through_h, change), _slope_of_sigmoid(z, one))
            for gradients in (da, da_hidden):
                store_row(gradients, n, unit, dr)
                store_row(gradients, n, size + unit, dz)
            store_row(da, n, 2 * size + unit, dn)
            store_row(da_hidden, n, 2 * size + unit, multiply_rows(dn, r))
            store_row(directly_before, n, unit, multiply_rows(through_h, z))
