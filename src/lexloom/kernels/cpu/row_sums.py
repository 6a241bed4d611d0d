"""Sums of rows with the same number on the CPU: sorted rows, whose sums are cut into tiles."""

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.reference.row_sums import Reference
from lexloom.kernels.tiles import cut

_TILE = 512  # sums in a tile


class Cpu(Reference):
    """Sums of rows with the same number."""

    def sum_rows(self, rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum the values that belong to the same row; see `Reference.sum_rows`."""
        if np.all(rows[1:] > rows[:-1]):  # nothing to sum
            return rows, values
        unique, order, bounds = _segments(rows)
        sums = np.empty((len(unique), values.shape[1]), values.dtype)
        tiles = cut(len(unique), _TILE)
        run_tiles(lambda tile: _sum_segments(values, order, bounds, tile.start, tile.stop, sums), tiles)
        return unique, sums


def _segments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the distinct rows in ascending order, the places of each in `rows`, and where those begin."""
    order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    starts = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[starts], order, np.append(starts, len(rows))


@njit(nogil=True, cache=True)
def _sum_segments(values, order, bounds, first, last, sums):
    for segment in range(first, last):
        total = sums[segment]
        total[:] = 0
        for k in range(bounds[segment], bounds[segment + 1]):
            total += values[order[k]]
