"""Threads that work through phases together without Python: for phases too short to start a thread for each.

All threads call one compiled function. In each phase they claim tiles until none is left, and wait until all
are finished. A thread that comes late, or never, leaves its tiles to the others. Each begins at a place of
its own, the same in each phase, so what a tile needs is often in its core's cache already.
"""

import os
import platform
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.thread_pool import run_together

_LOOKS = 1000  # before a thread that waits leaves its core to others
_COUNTER = types.Array(types.int64, 1, "C")


def run_phases(work: Callable[[np.ndarray, float], None], phases: int, tiles: int, max_threads: int) -> None:
    """Call `work(progress, start)` on the threads, and return when all are done.

    They are what `tiles_of` takes: a row of `progress` (phases, 1 + tiles) in each phase, which holds how
    many tiles are finished and which ones are claimed, and the share of the tiles before a thread's first.
    """
    progress = np.zeros((phases, 1 + tiles), np.int64)

    def guarded(start: float) -> None:
        try:
            work(progress, start)
        except BaseException:
            progress[...] = tiles  # all are claimed and finished, so who waits for them goes on to the end
            raise

    run_together(guarded, max_threads)


@njit(nogil=True, error_model="numpy")  # Numba finds no generator that it has kept on disk
def tiles_of(progress, start):
    """Yield the tiles of a phase that fall to this thread, and end when all tiles are finished."""
    tile = _claim(progress, int(start * (len(progress) - 1)))
    while tile >= 0:
        yield tile
        _add(progress, 0, 1)
        tile = _claim(progress, tile)
    looks = 0
    while _load(progress, 0) < len(progress) - 1:
        looks += 1
        _pause(looks > _LOOKS)


@njit(nogil=True, cache=True)
def share(length, tile, tiles):
    """Return where a tile's share of a length begins, and where that of the next does."""
    return length * tile // tiles, length * (tile + 1) // tiles


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
def _pause(typing, long):
    """Let others go first: a thread of the same core for a moment, or, where `long`, any that has no core."""

    def generate(context, builder, signature, values):
        if hasattr(os, "sched_yield"):
            with builder.if_then(values[0]):
                _call(builder, "sched_yield", ir.IntType(32))
        if platform.machine() in ("x86_64", "AMD64"):
            _call(builder, "llvm.x86.sse2.pause", ir.VoidType())
        return context.get_dummy_value()

    return types.void(types.boolean), generate


def _call(builder, name, result):
    builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, []), name), [])
