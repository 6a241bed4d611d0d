"""The kernels on the CPU: BLAS and Numba on tiles that depend on shapes alone (see pool.py).

Compiled code is kept on disk (see compiled.py), so a program pays for compiling once per installation.
"""

import numpy as np

from lexloom.kernels import reference
from lexloom.kernels.compiled import njit
from lexloom.kernels.cpu_counting import count_cooccurrences as count_cooccurrences
from lexloom.kernels.cpu_optimizers import adagrad_rows as adagrad_rows
from lexloom.kernels.cpu_optimizers import row_adagrad_rows as row_adagrad_rows
from lexloom.kernels.cpu_optimizers import sgd as sgd
from lexloom.kernels.cpu_optimizers import sums_of_squares as sums_of_squares
from lexloom.kernels.cpu_products import matmul as matmul
from lexloom.kernels.cpu_products import qr as qr
from lexloom.kernels.cpu_projections import project_out as project_out
from lexloom.kernels.cpu_recurrent import gru as gru
from lexloom.kernels.cpu_recurrent import gru_backward as gru_backward
from lexloom.kernels.cpu_recurrent import lstm as lstm
from lexloom.kernels.cpu_recurrent import lstm_backward as lstm_backward
from lexloom.kernels.cpu_recurrent import rnn as rnn
from lexloom.kernels.cpu_recurrent import rnn_backward as rnn_backward
from lexloom.kernels.cpu_softmax import softmax_output as softmax_output
from lexloom.kernels.cpu_softmax import softmax_output_gradients as softmax_output_gradients
from lexloom.kernels.cpu_sparse import sparse_matmul as sparse_matmul
from lexloom.kernels.cpu_word2vec import cbow as cbow
from lexloom.kernels.cpu_word2vec import skip_gram as skip_gram
from lexloom.kernels.pool import cut, run_tiles
from lexloom.kernels.reference import softmax_cross_entropy as softmax_cross_entropy
from lexloom.kernels.reference import softmax_cross_entropy_backward as softmax_cross_entropy_backward

_TILE_NUMBERS = 1 << 18
_SERIAL_OPERATIONS = 1 << 21  # a third of a millisecond; below, another thread comes too late to help
_ROWS_TILE = 512


def each_tile(*jobs: reference.Job) -> None:
    """Do the jobs by slices that fit into a cache, on the threads; see `reference.each_tile`."""
    tiles = [
        (job.work, tile) for job in jobs for tile in cut(job.rows, max(1, _TILE_NUMBERS // max(1, job.size)))
    ]
    if sum(job.rows * job.size * job.operations for job in jobs) < _SERIAL_OPERATIONS:
        for work, tile in tiles:
            work(tile)
    else:
        run_tiles(lambda numbered: numbered[0](numbered[1]), tiles)


def sum_rows(rows: np.ndarray, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up the rows that have the same number; see `reference.sum_rows`."""
    if np.all(rows[1:] > rows[:-1]):  # already summed
        return rows, values
    unique, order, bounds = _segments(rows)
    sums = np.empty((len(unique), values.shape[1]), values.dtype)
    tiles = cut(len(unique), _ROWS_TILE)
    run_tiles(lambda tile: _sum_segments(values, order, bounds, tile.start, tile.stop, sums), tiles)
    return unique, sums


@njit(nogil=True, cache=True)
def _segments(rows):
    """Return the numbers of rows, ascending, the places of each in turn, and where these begin."""
    order = np.argsort(rows, kind="mergesort")
    starts = [k for k in range(len(rows)) if k == 0 or rows[order[k]] != rows[order[k - 1]]]
    bounds = np.array([*starts, len(rows)])
    return rows[order[bounds[:-1]]], order, bounds


@njit(nogil=True, cache=True)
def _sum_segments(values, order, bounds, first, last, sums):
    for segment in range(first, last):
        total = sums[segment]
        total[:] = 0
        for k in range(bounds[segment], bounds[segment + 1]):
            total += values[order[k]]


def sigmoid(x: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return 1 / (1 + exp(-x)); see `reference.sigmoid`."""
    return reference.sigmoid(x, out)
