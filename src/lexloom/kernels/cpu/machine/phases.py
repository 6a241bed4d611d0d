"""Run the phases of one compiled function on several threads, for phases too short to wake a thread for each.

Waking a thread takes 100 to 150 us; a step of a recurrent layer takes about 50 us. So all threads enter the
compiled function once. In each phase they claim tiles until none is left, then wait until all tiles are
finished. If a thread comes late or never, the others do its tiles. Each thread has its own share of the
tiles, the same one in each phase, and goes through it forth and back in turns. So a phase starts with tiles
whose data is still in the cache of this core. Weights of 400 units are a bit larger than a cache of 2 MB:
always forth, each part would be gone before it is needed again. With one stream, a step of such a layer takes
two thirds of the time.
"""

import os
import platform
from collections.abc import Callable

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lexloom.kernels.cpu.machine.compiled import inner, njit
from lexloom.kernels.cpu.machine.thread_pool import Share, run_together

_SPINS = 1000  # a waiting thread checks so often before it yields its core
_COUNTER = types.Array(types.int64, 1, "C")


def run_phases(work: Callable[[np.ndarray, Share], None], phases: int, tiles: int, max_threads: int) -> None:
    """Call `work(progress, share)` on the threads, and return when all calls have returned.

    In each phase, `work` iterates over `tiles_of(progress, phase, share)`.

    Parameters
    ----------
    work : callable
        `progress` (phases, 1 + tiles) holds, for each phase, the number of finished tiles, then 1 for each
        tile that is claimed. `share` is the thread's share of the tiles: where it begins and ends, as
        fractions.
    phases, tiles : int
    max_threads : int
    """
    progress = np.zeros((phases, 1 + tiles), np.int64)

    def guarded(share: Share) -> None:
        try:
            work(progress, share)
        except BaseException:
            progress[...] = tiles  # mark all tiles as finished, so that the other threads do not wait
            raise

    run_together(guarded, max_threads)


@njit(nogil=True, error_model="numpy")  # no cache: Numba does not find generators there
def tiles_of(progress, phase, share):
    """Yield the tiles that this thread claims in a phase; return when all tiles are finished."""
    counters, step = progress[phase], 1 - phase % 2 * 2
    tiles = len(counters) - 1
    tile = _claim(counters, int(share[0] * tiles) if step == 1 else int(share[1] * tiles) - 1, step)
    while tile >= 0:
        yield tile
        _add(counters, 0, 1)
        tile = _claim(counters, tile, step)
    spins = 0
    while _load(counters, 0) < tiles:
        spins += 1
        _pause(spins > _SPINS)


@inner()
def tile_range(length, tile, tiles):
    """Return the start and the end of a tile, when `length` is cut into `tiles` nearly equal tiles."""
    return length * tile // tiles, length * (tile + 1) // tiles


@inner(error_model="numpy")
def _claim(progress, place, step):
    """Claim the next free tile from `place` on, wrapping around, and return it; -1 if none is free."""
    tiles = len(progress) - 1
    for k in range(tiles):
        tile = (place + k * step) % tiles
        if _load(progress, 1 + tile) == 0 and _exchange(progress, 1 + tile, 1) == 0:
            return tile
    return -1


def _address(context, builder, progress, index):
    array = context.make_array(_COUNTER)(context, builder, progress)
    return cgutils.get_item_pointer(context, builder, _COUNTER, array, [index], wraparound=False)


def _atomic(operation):
    """Return a function that changes an element of an array (N,) atomically, and returns its old value."""

    @intrinsic
    def change(typing, progress, index, value):
        def generate(context, builder, signature, values):
            place = _address(context, builder, values[0], values[1])
            return builder.atomic_rmw(operation, place, values[2], "seq_cst")

        return types.int64(_COUNTER, types.intp, types.int64), generate

    return change


_exchange, _add = _atomic("xchg"), _atomic("add")


@intrinsic
def _load(typing, progress, index):
    """Return an element of an array (N,), with acquire ordering: what was written before it is visible."""

    def generate(context, builder, signature, values):
        return builder.load_atomic(_address(context, builder, *values), "acquire", align=8)

    return types.int64(_COUNTER, types.intp), generate


@intrinsic
def _pause(typing, long):
    """Pause for a moment, in favour of the other hardware thread of the core; if `long`, yield the core."""

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
