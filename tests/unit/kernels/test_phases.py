"""Phases on several threads: each tile once, and none before the previous phase is finished."""

import numpy as np
import pytest
from numba import njit

from lexloom.kernels.cpu.machine import phases

PHASES, TILES = 300, 7


@njit(nogil=True)
def count(done, progress, share):
    """Add to each tile 1 and the sum of all tiles of the previous phase."""
    for phase in range(len(progress)):
        for tile in phases.tiles_of(progress, phase, share):
            done[phase, tile] += 1 + (done[phase - 1].sum() if phase else 0) % 1000


@pytest.mark.parametrize("most", [1, 2, TILES])
def test_each_tile_is_computed_once_and_sees_the_previous_phase(threads, most):
    done, expected = np.zeros((PHASES, TILES), np.int64), [1]
    phases.run_phases(lambda *team: count(done, *team), PHASES, TILES, most)
    for _ in range(PHASES - 1):
        expected.append(1 + TILES * expected[-1] % 1000)
    np.testing.assert_array_equal(done, np.repeat(np.array(expected)[:, None], TILES, axis=1))


def test_one_thread_does_all_tiles_if_the_others_never_start(threads):
    done = np.zeros((PHASES, TILES), np.int64)
    progress = np.zeros((PHASES, 1 + TILES), np.int64)
    count(done, progress, ((threads - 1) / threads, 1.0))
    np.testing.assert_array_equal(progress[:, 0], TILES)
    np.testing.assert_array_equal(progress[:, 1:], 1)


@njit(nogil=True)
def fail(progress, share):
    """Raise an error in one tile of the second phase."""
    for phase in range(len(progress)):
        for tile in phases.tiles_of(progress, phase, share):
            if phase == 1 and tile == 3:
                raise MemoryError


def test_an_error_in_a_tile_does_not_leave_the_others_waiting(threads):
    for _ in range(20):
        with pytest.raises(MemoryError):
            phases.run_phases(fail, PHASES, TILES, TILES)
