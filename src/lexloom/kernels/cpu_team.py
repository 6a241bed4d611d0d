"""Threads that work through phases together without Python: for phases too short to start a thread for each.

All threads call one compiled function. In each phase they claim tiles until none is left, and wait until all
are finished. A thread that comes late, or never, leaves its tiles to the others. Each begins at a place of
its own, the same in each phase, so what a tile needs is often in its core's cache already.
"""

import platform
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lexloom.kernels.compiled import njit
from lexloom.kernels.pool import run_together

_COUNTER = types.Array(types.int64, 1, "C")


def run_phases(work: Callable[[np.ndarray, float], None], phases: int, tiles: int, most: int) -> None:
    """Call `work(progress, start)` on at most so many threads, and return when all are done.

    They are what `tiles_of` takes: a row of `progress` in each phase, which holds how many tiles are finished
    and which ones are claimed, and the share of the tiles that lie before a thread's first one.
    """
    progress = np.zeros((phases, 1 + tiles), np.int64)
    run_together(lambda start: work(progress, start), most)


@njit(nogil=True, error_model="numpy")  # Numba finds no generator that it has kept on disk
def tiles_of(progress, start):
    """Yield the tiles of a phase that fall to this thread, and end when all tiles are finished."""
    tile = _claim(progress, int(start * (len(progress) - 1)))
    while tile >= 0:
        yield tile
        _add(progress, 0, 1)
        tile = _claim(progress, tile)
    while _load(progress, 0) < len(progress) - 1:
        _pause()


@njit(nogil=True, cache=True, error_model="numpy")
def _claim(progress, place):
    """Return the next tile from a place on, in a circle, that nobody has claimed, or -1."""
    tiles = len(progress) - 1
    for k in range(tiles):
        tile = (place + k) % tiles
        if _load(progress, 1 + tile) == 0 and _exchange(progress, 1 + tile, 1) == 0:
            return tile
    return -1


def _place(context, builder, progress, index):
    array = context.make_array(_COUNTER)(context, builder, progress)
    return cgutils.get_item_pointer(context, builder, _COUNTER, array, [index], wraparound=False)


def _atomic(operation):
    """Return the function that reads and changes a number of an array (N,), in one step for all threads."""

    @intrinsic
    def change(typing, progress, index, value):
        def generate(context, builder, signature, values):
            place = _place(context, builder, values[0], values[1])
            return builder.atomic_rmw(operation, place, values[2], "seq_cst")

        return types.int64(_COUNTER, types.intp, types.int64), generate

    return change


_exchange, _add = _atomic("xchg"), _atomic("add")


@intrinsic
def _load(typing, progress, index):
    """Return a number of an array (N,), and see all that was written before it was."""

    def generate(context, builder, signature, values):
        return builder.load_atomic(_place(context, builder, *values), "acquire", align=8)

    return types.int64(_COUNTER, types.intp), generate


@intrinsic
def _pause(typing):
    """Let another thread of the same core go first for a moment, where the processor has a way to say so."""

    def generate(context, builder, signature, values):
        if platform.machine() in ("x86_64", "AMD64"):
            kind = ir.FunctionType(ir.VoidType(), [])
            builder.call(cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.sse2.pause"), [])
        return context.get_dummy_value()

    return types.void(), generate
