"""Recurrent layers on the CPU: all time steps in one compiled call.

For T steps of N streams, with H units and G gates (RNN 1, GRU 3, LSTM 4), step t computes::

    forward     h[t]  = cell(a[t], h[t-1] Wh)         a, da (T, N, G H)    Wh (H, G H)
    backward    da[t] = cell'(dy[t], da[t+1] Wh')     h, dy (T, N, H)

reference/recurrent.py has the formulas of the cells and the plain loop over t. From there to here:

1. The weights are rearranged once for all steps. BLAS rearranges Wh at each call, which takes as long as the
   product itself if there are 20 streams. Here, Wh is copied into panels as in machine/gemm.py, before the
   first step. A product of 10 or 20 rows then runs nearly as fast as one of large matrices.
2. A tile goes from the product to the new state in the cache. A tile is some vectors of units, with all their
   gates, in a range of streams. Its gates are computed while the sums of the product are still in the cache.
3. The threads stay together for all steps. A step takes about 50 us, but waking a thread takes 100 to 150 us.
   So the threads enter one compiled function, and each step is a phase (machine/phases.py): step t + 1 starts
   when all tiles of step t are finished.

The products with the inputs, x Wx, are not computed here but once over all steps, by BLAS. float64, and
layers of fewer than LANES units, fall back to the reference implementation.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
from numba.extending import register_jitable

from lexloom.kernels.cpu.machine.compiled import inner, njit
from lexloom.kernels.cpu.machine.gemm import LANES, multiply_and_fetch, new_panels, padded
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
from lexloom.kernels.cpu.machine.target import BLOCK
from lexloom.kernels.reference.recurrent import Reference

_FORWARD_STREAMS, _BACKWARD_STREAMS = 20, 10  # minimum number of streams in a tile
_CACHED = 1 << 18  # numbers that stay in the second cache from one step to the next, on most processors
_PARALLEL_FLOPS = 1 << 25  # minimum amount of work for which a second thread pays off


class Cpu(Reference):
    """The time steps of recurrent layers."""

    def rnn(self, a: np.ndarray, h0: np.ndarray, Wh: np.ndarray) -> np.ndarray:
        """Return the hidden states of an Elman network; see `Reference.rnn`."""
        if _needs_reference(a, Wh):
            return super().rnn(a, h0, Wh)
        (steps, streams, _), size = a.shape, len(Wh)
        a, h0 = _checked(a, steps, streams, size), _checked(h0, streams, size)
        Wh, h = _checked(Wh, size, size), np.empty_like(a)
        _run_forward(_rnn, h0, h, Wh, (a, h))
        return h

    def rnn_backward(
        self, dy: np.ndarray, dh: np.ndarray, h: np.ndarray, Wh: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the gradients of an Elman network; see `Reference.rnn_backward`."""
        if _needs_reference(h, Wh):
            return super().rnn_backward(dy, dh, h, Wh)
        steps, streams, size = h.shape
        dy, h = (_checked(array, steps, streams, size) for array in (dy, h))
        dh, Wh = _checked(dh, streams, size), _checked(Wh, size, size)
        da = np.empty_like(h)
        return da, _run_backward(_rnn_backward, dh, da, Wh, (dy, h, da))

    def lstm(
        self, a: np.ndarray, h0: np.ndarray, c0: np.ndarray, Wh: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the gates, hidden states and cells of an LSTM; see `Reference.lstm`."""
        if _needs_reference(a, Wh):
            return super().lstm(a, h0, c0, Wh)
        (steps, streams, _), size = a.shape, len(Wh)
        a, Wh = _checked(a, steps, streams, 4 * size), _checked(Wh, size, 4 * size)
        h0, c0 = (_checked(array, streams, size) for array in (h0, c0))
        gates = np.empty_like(a)
        h, c = (np.empty((steps, streams, size), np.float32) for _ in range(2))
        _run_forward(_lstm, h0, h, Wh, (a, c0, gates, h, c))
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
        """Return the gradients of an LSTM; see `Reference.lstm_backward`."""
        if _needs_reference(gates, Wh):
            return super().lstm_backward(dy, dh, dc, gates, c, c0, Wh)
        steps, streams, size = c.shape
        gates, Wh = _checked(gates, steps, streams, 4 * size), _checked(Wh, size, 4 * size)
        dy, c = (_checked(array, steps, streams, size) for array in (dy, c))
        dh, dc, c0 = (_checked(array, streams, size) for array in (dh, dc, c0))
        da, dcs = np.empty_like(gates), _alternating(dc, steps)
        dh0 = _run_backward(_lstm_backward, dh, da, Wh, (dy, dcs, gates, c, c0, da))
        return da, dh0, dcs[0]

    def gru(
        self, a: np.ndarray, h0: np.ndarray, Wh: np.ndarray, bhn: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return gates, hidden states and `inner` of a GRU; see `Reference.gru`."""
        if _needs_reference(a, Wh):
            return super().gru(a, h0, Wh, bhn)
        (steps, streams, _), size = a.shape, len(Wh)
        a, Wh = _checked(a, steps, streams, 3 * size), _checked(Wh, size, 3 * size)
        h0, bhn = _checked(h0, streams, size), _checked(bhn, size)
        gates = np.empty_like(a)
        h, inner = (np.empty((steps, streams, size), np.float32) for _ in range(2))
        _run_forward(_gru, h0, h, Wh, (a, h0, bhn[None], gates, h, inner))
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
        """Return the gradients of a GRU; see `Reference.gru_backward`."""
        if _needs_reference(gates, Wh):
            return super().gru_backward(dy, dh, gates, inner, h, h0, Wh)
        steps, streams, size = h.shape
        gates, Wh = _checked(gates, steps, streams, 3 * size), _checked(Wh, size, 3 * size)
        dy, inner, h = (_checked(array, steps, streams, size) for array in (dy, inner, h))
        dh, h0 = (_checked(array, streams, size) for array in (dh, h0))
        da, da_hidden = np.empty_like(gates), np.empty_like(gates)
        direct = _alternating(np.zeros_like(dh), steps)
        arrays = dy, direct, gates, inner, h, h0, da, da_hidden
        dh0 = _run_backward(_gru_backward, dh, da_hidden, Wh, arrays)
        return da, da_hidden, dh0 + direct[0]


def _needs_reference(a: np.ndarray, Wh: np.ndarray) -> bool:
    """Return whether the compiled loops cannot take these arrays."""
    return a.dtype != np.float32 or len(Wh) < LANES


def _checked(array: np.ndarray, *shape: int) -> np.ndarray:
    """Return an array as contiguous float32; raise an error on any other shape.

    Compiled code does not check bounds: with a wrong shape it would read beyond the array.
    """
    if array.shape != shape:
        raise ValueError(f"expected an array {shape}, not {array.shape}")
    return np.ascontiguousarray(array, np.float32)


def _alternating(last: np.ndarray, steps: int) -> np.ndarray:
    """Return two buffers (2, N, H) for a gradient that each step takes from the step after it.

    Step t reads buffer (t + 1) % 2 and writes buffer t % 2. A step may not overwrite what it reads, since
    some units are computed twice. `last` (N, H) is what the last step reads.
    """
    buffers = np.empty((2, *last.shape), np.float32)
    buffers[steps % 2] = last
    return buffers


def _run_forward(
    loop: Callable[..., None], h0: np.ndarray, h: np.ndarray, Wh: np.ndarray, arrays: tuple[np.ndarray, ...]
) -> None:
    """Run a loop of `_forward_loop` on the threads: phase 0 copies the weights, then each step is a phase."""
    steps, streams, size = h.shape
    tiles = _unit_tiles(size, Wh.shape[1] // size) * max(1, streams // _FORWARD_STREAMS)
    work = partial(loop, h0, h, Wh, new_panels(size, Wh.shape[1] // size * padded(size)), arrays)
    run_phases(work, steps + 1, tiles, _max_threads(steps * streams, Wh, tiles))


def _run_backward(
    loop: Callable[..., None],
    dh: np.ndarray,
    da_hidden: np.ndarray,
    Wh: np.ndarray,
    arrays: tuple[np.ndarray, ...],
) -> np.ndarray:
    """Run a loop of `_backward_loop` on the threads, and return dh0 (N, H), which its last phase computes."""
    steps, streams, _ = da_hidden.shape
    tiles, dh0 = _unit_tiles(len(Wh), 1) * max(1, streams // _BACKWARD_STREAMS), np.empty_like(dh)
    work = partial(loop, dh, da_hidden, Wh, new_panels(Wh.shape[1], len(Wh)), arrays, dh0)
    run_phases(work, steps + 2, tiles, _max_threads(steps * streams, Wh, tiles))
    return dh0


def _max_threads(rows: int, Wh: np.ndarray, tiles: int) -> int:
    """Return the number of threads that pays off for `rows` rows of products with Wh."""
    return 1 if 2 * rows * Wh.size < _PARALLEL_FLOPS else tiles


# The two step loops, which Numba compiles for each cell. `units` and `units_backward` compute step t for the
# units of a tile and a range of streams; `arrays` are the cell's own arrays over all steps.
#
# These functions must be plain functions marked by `register_jitable`, not `njit` functions. Numba caches a
# closure on disk by the pickled values of its variables, and pickles an `njit` function with an id that is
# new in each process: the loops would be compiled again in each process.


def _forward_loop(units: Callable[..., None]) -> Callable[..., None]:
    """Return the compiled loop over all steps of a cell, which writes h and the cell's other results."""

    @njit(nogil=True, cache=True, error_model="numpy")
    def forward(h0, h, Wh, panels, arrays, progress, share):
        (steps, streams, size), tiles = h.shape, progress.shape[1] - 1
        gates = Wh.shape[1] // size
        parts = tiles // _unit_tiles(size, gates)
        for tile in tiles_of(progress, 0, share):
            _lay_out(Wh, tile, tiles, panels)
        for t in range(steps):
            before = h[t - 1] if t else h0
            for tile in tiles_of(progress, t + 1, share):
                first, last = tile_range(streams, tile % parts, parts)
                tile_panels, column = _tile_panels(panels, size, gates, tile // parts)
                following = _next_panels(panels, size, gates, tile, parts, t + 1)
                sums = _product(before[first:last], tile_panels, following)
                units(sums, t, slice(first, last), column, arrays)

    return forward


def _backward_loop(units_backward: Callable[..., None]) -> Callable[..., None]:
    """Return the compiled backward loop over all steps of a cell, which ends by writing dh0 (N, H).

    dh (N, H) is the gradient of the last state. da_hidden (T, N, G H) is the gradient of h[t-1] Wh at each
    step, written by `units_backward`.
    """

    @njit(nogil=True, cache=True, error_model="numpy")
    def backward(dh, da_hidden, Wh, panels, arrays, dh0, progress, share):
        (steps, streams, _), size, tiles = da_hidden.shape, len(Wh), progress.shape[1] - 1
        parts = tiles // _unit_tiles(size, 1)
        for tile in tiles_of(progress, 0, share):
            _lay_out_transposed(Wh, tile, tiles, panels)
        for t in range(steps - 1, -2, -1):
            for tile in tiles_of(progress, t + 2, share):
                first, last = tile_range(streams, tile % parts, parts)
                tile_panels, column = _tile_panels(panels, size, 1, tile // parts)
                if t == steps - 1:
                    dh_t = _gather_units(dh[first:last], column, len(tile_panels) * LANES)
                else:
                    following = _next_panels(panels, size, 1, tile, parts, t + 2)
                    dh_t = _product(da_hidden[t + 1, first:last], tile_panels, following)
                if t < 0:
                    _write_units(dh_t, column, dh0[first:last])
                else:
                    units_backward(dh_t, t, slice(first, last), column, arrays)

    return backward


# A tile holds whole vectors of units, each with one panel per gate. If H is not a multiple of LANES, the last
# vector begins early, at H - LANES, and some units are computed twice.


@njit(nogil=True, cache=True, inline="always")
def _unit(column, size):
    """Return the first unit of the vector that would begin at a column."""
    return min(column, size - LANES)


@njit(nogil=True, cache=True)
def _unit_tiles(size, gates):
    """Return the number of tiles of `size` units: a tile is as wide as the widest block of a product."""
    vectors, vectors_per_tile = -(-size // LANES), max(1, BLOCK.single // gates)
    return -(-vectors // vectors_per_tile)


@inner()
def _tile_panels(panels, size, gates, number):
    """Return the panels of a tile of units, and the column where its units begin."""
    first, last = tile_range(-(-size // LANES), number, _unit_tiles(size, gates))
    return panels[first * gates : last * gates], first * LANES


@inner()
def _next_panels(panels, size, gates, tile, parts, phase):
    """Return what to fetch while a tile is computed: a part of the panels that this thread needs next."""
    number = tile // parts + 1 - phase % 2 * 2
    if panels.size <= _CACHED or not 0 <= number < _unit_tiles(size, gates):
        return panels[:0]
    following, _ = _tile_panels(panels, size, gates, number)
    first, last = tile_range(len(following), tile % parts, parts)
    return following[first:last]


@inner()
def _lay_out(Wh, tile, tiles, panels):
    """Copy the rows of a tile of Wh (H, G H) to the panels: for each vector of units, all gates in turn."""
    size = len(Wh)
    gates = Wh.shape[1] // size
    first, last = tile_range(size, tile, tiles)
    for v in range(len(panels)):
        column = v % gates * size + _unit(v // gates * LANES, size)
        for k in range(first, last):
            store_row(panels[v], k, 0, load_row(Wh, k, column))


@inner()
def _lay_out_transposed(Wh, tile, tiles, panels):
    """Copy the columns of a tile of Wh (H, G H) to the panels of its transpose."""
    size, inner = Wh.shape
    first, last = tile_range(inner, tile, tiles)
    for v in range(len(panels)):
        panel, start = panels[v], _unit(v * LANES, size)
        for some in range(first, last, LANES):  # these rows of the panel stay in the L1 cache
            for unit in range(LANES):
                for k in range(some, min(some + LANES, last)):
                    panel[k, unit] = Wh[start + unit, k]


@inner()
def _product(x, panels, following):
    """Return x (N, K) times the panels, and fetch the following; the bits of a row do not depend on N."""
    out = np.empty((len(x), len(panels) * LANES), np.float32)
    multiply_and_fetch(x, panels, out, False, following)
    return out


@inner()
def _gather_units(x, column, width):
    """Return the columns of x (N, H) for the units of a tile that begins at `column`."""
    out = np.empty((len(x), width), np.float32)
    for n in range(len(out)):
        for k in range(0, width, LANES):
            store_row(out, n, k, load_row(x, n, _unit(column + k, x.shape[1])))
    return out


@inner()
def _write_units(x, column, out):
    """Write x to the columns of out (N, H) for the units of a tile that begins at `column`."""
    for n in range(len(out)):
        for k in range(0, x.shape[1], LANES):
            store_row(out, n, _unit(column + k, out.shape[1]), load_row(x, n, k))


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _sigmoid_slope(y, one):
    """Return the derivative of the sigmoid, from its value y."""
    return multiply_rows(y, subtract_rows(one, y))


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def _tanh_slope(y, one):
    """Return the derivative of tanh, from its value y."""
    return subtract_rows(one, multiply_rows(y, y))


# Step t of each cell, for a range of N streams and the K units of a tile, which begins at `column`.
# sums (N, G K) has the columns of these units in h[t-1] Wh: for each vector of units, all gates in turn.
# dh (N, K) is the gradient of h[t] through step t + 1.

_units = register_jitable(fastmath={"contract"}, error_model="numpy")


@_units
def _rnn_units(sums, t, streams, column, arrays):
    a, h = arrays
    a, h = a[t, streams], h[t, streams]
    for n in range(len(h)):
        for k in range(0, sums.shape[1], LANES):
            unit = _unit(column + k, h.shape[1])
            store_row(h, n, unit, tanh_row(add_rows(load_row(a, n, unit), load_row(sums, n, k)), h))


@_units
def _rnn_units_backward(dh, t, streams, column, arrays):
    dy, h, da = arrays
    dy, h, da = dy[t, streams], h[t, streams], da[t, streams]
    one = full_row(h, np.float32(1))
    for n in range(len(h)):
        for k in range(0, dh.shape[1], LANES):
            unit = _unit(column + k, h.shape[1])
            total = add_rows(load_row(dy, n, unit), load_row(dh, n, k))
            store_row(da, n, unit, multiply_rows(total, _tanh_slope(load_row(h, n, unit), one)))


@_units
def _lstm_units(sums, t, streams, column, arrays):
    a, c0, gates, h, c = arrays
    before = (c[t - 1] if t else c0)[streams]
    a, gates, h, c = a[t, streams], gates[t, streams], h[t, streams], c[t, streams]
    size = c.shape[1]
    for n in range(len(c)):
        for k in range(0, sums.shape[1], 4 * LANES):
            unit = _unit(column + k // 4, size)
            i = sigmoid_row(add_rows(load_row(a, n, unit), load_row(sums, n, k)), a)
            f = sigmoid_row(add_rows(load_row(a, n, size + unit), load_row(sums, n, k + LANES)), a)
            o = sigmoid_row(add_rows(load_row(a, n, 2 * size + unit), load_row(sums, n, k + 2 * LANES)), a)
            g = tanh_row(add_rows(load_row(a, n, 3 * size + unit), load_row(sums, n, k + 3 * LANES)), a)
            cell = add_product(multiply_rows(f, load_row(before, n, unit)), i, g)
            store_row(gates, n, unit, i)
            store_row(gates, n, size + unit, f)
            store_row(gates, n, 2 * size + unit, o)
            store_row(gates, n, 3 * size + unit, g)
            store_row(c, n, unit, cell)
            store_row(h, n, unit, multiply_rows(o, tanh_row(cell, c)))


@_units
def _lstm_units_backward(dh, t, streams, column, arrays):
    dy, dcs, gates, c, c0, da = arrays
    before = (c[t - 1] if t else c0)[streams]
    dc, dc_before = dcs[(t + 1) % 2, streams], dcs[t % 2, streams]
    dy, gates, c, da = dy[t, streams], gates[t, streams], c[t, streams], da[t, streams]
    one, size = full_row(c, np.float32(1)), c.shape[1]
    for n in range(len(c)):
        for k in range(0, dh.shape[1], LANES):
            unit = _unit(column + k, size)
            i, f = load_row(gates, n, unit), load_row(gates, n, size + unit)
            o, g = load_row(gates, n, 2 * size + unit), load_row(gates, n, 3 * size + unit)
            tanh_c = tanh_row(load_row(c, n, unit), c)
            through_h = add_rows(load_row(dy, n, unit), load_row(dh, n, k))
            through_c = add_product(
                load_row(dc, n, unit), multiply_rows(through_h, o), _tanh_slope(tanh_c, one)
            )
            di = multiply_rows(multiply_rows(through_c, g), _sigmoid_slope(i, one))
            df = multiply_rows(multiply_rows(through_c, load_row(before, n, unit)), _sigmoid_slope(f, one))
            do = multiply_rows(multiply_rows(through_h, tanh_c), _sigmoid_slope(o, one))
            dg = multiply_rows(multiply_rows(through_c, i), _tanh_slope(g, one))
            store_row(da, n, unit, di)
            store_row(da, n, size + unit, df)
            store_row(da, n, 2 * size + unit, do)
            store_row(da, n, 3 * size + unit, dg)
            store_row(dc_before, n, unit, multiply_rows(through_c, f))


@_units
def _gru_units(sums, t, streams, column, arrays):
    a, h0, bhn, gates, h, inner = arrays
    before = (h[t - 1] if t else h0)[streams]
    a, gates, h, inner = a[t, streams], gates[t, streams], h[t, streams], inner[t, streams]
    size = h.shape[1]
    for n in range(len(h)):
        for k in range(0, sums.shape[1], 3 * LANES):
            unit = _unit(column + k // 3, size)
            r = sigmoid_row(add_rows(load_row(a, n, unit), load_row(sums, n, k)), a)
            z = sigmoid_row(add_rows(load_row(a, n, size + unit), load_row(sums, n, k + LANES)), a)
            scaled = add_rows(load_row(sums, n, k + 2 * LANES), load_row(bhn, 0, unit))
            candidate = tanh_row(add_product(load_row(a, n, 2 * size + unit), r, scaled), a)
            change = subtract_rows(load_row(before, n, unit), candidate)
            store_row(gates, n, unit, r)
            store_row(gates, n, size + unit, z)
            store_row(gates, n, 2 * size + unit, candidate)
            store_row(inner, n, unit, scaled)
            store_row(h, n, unit, add_product(candidate, z, change))


@_units
def _gru_units_backward(dh, t, streams, column, arrays):
    dy, direct, gates, inner, h, h0, da, da_hidden = arrays
    before = (h[t - 1] if t else h0)[streams]
    direct, direct_before = direct[(t + 1) % 2, streams], direct[t % 2, streams]
    dy, gates, inner = dy[t, streams], gates[t, streams], inner[t, streams]
    da, da_hidden = da[t, streams], da_hidden[t, streams]
    one, size = full_row(dy, np.float32(1)), dy.shape[1]
    for n in range(len(dy)):
        for k in range(0, dh.shape[1], LANES):
            unit = _unit(column + k, size)
            r, z = load_row(gates, n, unit), load_row(gates, n, size + unit)
            candidate = load_row(gates, n, 2 * size + unit)
            through_h = add_rows(load_row(dy, n, unit), load_row(dh, n, k))
            through_h = add_rows(through_h, load_row(direct, n, unit))
            dn = multiply_rows(through_h, subtract_rows(one, z))
            dn = multiply_rows(dn, _tanh_slope(candidate, one))
            dr = multiply_rows(multiply_rows(dn, load_row(inner, n, unit)), _sigmoid_slope(r, one))
            change = subtract_rows(load_row(before, n, unit), candidate)
            dz = multiply_rows(multiply_rows(through_h, change), _sigmoid_slope(z, one))
            for gradients in (da, da_hidden):
                store_row(gradients, n, unit, dr)
                store_row(gradients, n, size + unit, dz)
            store_row(da, n, 2 * size + unit, dn)
            store_row(da_hidden, n, 2 * size + unit, multiply_rows(dn, r))
            store_row(direct_before, n, unit, multiply_rows(through_h, z))


_rnn, _rnn_backward = _forward_loop(_rnn_units), _backward_loop(_rnn_units_backward)
_lstm, _lstm_backward = _forward_loop(_lstm_units), _backward_loop(_lstm_units_backward)
_gru, _gru_backward = _forward_loop(_gru_units), _backward_loop(_gru_units_backward)
