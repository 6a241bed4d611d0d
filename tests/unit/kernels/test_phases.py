"""Phases that threads go through together: each tile once, and none before the phase before is finished."""

import numpy as np
import pytest
from numba import njit

from lexloom.kernels.cpu.machine import phases as cpu_team

PHASES, TILES = 300, 7


@njit(nogil=True)
def count(done, progress, start):
    """Add to each tile what the tiles of the phase before add up to, and 1."""
    for phase in range(len(progress)):
        for tile in cpu_team.tiles_of(progress[phase], start):
            done[phase, tile] += 1 + (done[phase - 1].sum() if phase else 0) % 1000


@pytest.mark.parametrize("most", [1, 2, TILES])
def test_each_tile_is_worked_on_once_and_sees_the_phase_before(threads, most):
    done, expected = np.zeros((PHASES, TILES), np.int64), [1]
    cpu_team.run_phases(lambda *team: count(done, *team), PHASES, TILES, most)
    for _ in range(PHASES - 1):
        expected.append(1 + TILES * expected[-1] % 1000)
    np.testing.assert_array_equal(done, np.repeat(np.array(expected)[:, None], TILES, axis=1))


def test_one_thread_does_it_all_where_the_others_do_not_come(threads):
    done = np.zeros((PHASES, TILES), np.int64)
    progress = np.zeros((PHASES, 1 + TILES), np.int64)
    count(done, progress, (threads - 1) / threads)
    np.testing.assert_array_equal(progress[:, 0], TILES)
    np.testing.assert_array_equal(progress[:, 1:], 1)


@njit(nogil=True)
def fail(progress, start):
    """Raise an error in one tile of the second phase."""
    for phase in range(len(progress)):
        for tile in cpu_team.tiles_of(progress[phase], start):
            if phase == 1 and tile == 3:
                raise MemoryError


def test_an_error_in_a_tile_ends_the_waiting_of_the_others(threads):
    for _ in range(20):
        with pytest.raises(MemoryError):
            cpu_team.run_phases(fail, PHASES, TILES, TILES)
