"""The kernels on the CPU: BLAS, and code compiled by Numba, on tiles (see tiles.py).

Each subject has its own file, with a class that overrides what the CPU computes faster than `Reference`.
Compiled code is cached on disk (see machine/compiled.py), so each installation compiles once.
"""

import numpy as np

from lexloom.kernels.cpu.counting import Counting
from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.cpu.products import Products
from lexloom.kernels.cpu.projections import Projections
from lexloom.kernels.cpu.recurrent import Recurrent
from lexloom.kernels.cpu.softmax import SoftmaxOutput
from lexloom.kernels.cpu.sparse import SparseProducts
from lexloom.kernels.cpu.updates import Updates
from lexloom.kernels.cpu.word2vec import Word2vec
from lexloom.kernels.tiles import Job, cut

_TILE_NUMBERS = 1 << 18  # in a tile of `each_tile`: 1 MiB of float32
_PARALLEL_OPERATIONS = 1 << 21  # a third of a millisecond: less work does not pay off on a second thread
_ROWS_TILE = 512  # sums in a tile of `sum_rows`


class Cpu(Counting, Products, Projections, Recurrent, SoftmaxOutput, SparseProducts, Updates, Word2vec):
    """The kernels on the CPU."""

    def each_tile(self, *jobs: Job) -> None:
        """Do the jobs on the threads, in slices that fit into a cache; see `Reference.each_tile`."""
        tiles = [
            (job.work, tile)
            for job in jobs
            for tile in cut(job.rows, max(1, _TILE_NUMBERS // max(1, job.size)))
        ]
        if sum(job.rows * job.size * job.operations for job in jobs) < _PARALLEL_OPERATIONS:
            for work, tile in tiles:
                work(tile)
        else:
            run_tiles(lambda item: item[0](item[1]), tiles)

    def sum_rows(self, rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sum the values that belong to the same row; see `Reference.sum_rows`."""
        if np.all(rows[1:] > rows[:-1]):  # nothing to sum
            return rows, values
        unique, order, bounds = _segments(rows)
        sums = np.empty((len(unique), values.shape[1]), values.dtype)
        tiles = cut(len(unique), _ROWS_TILE)
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
