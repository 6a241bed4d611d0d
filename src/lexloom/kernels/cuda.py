"""The kernels on a CUDA device, with CuPy.

Those of reference.py and recurrences.py that CuPy runs well are taken as they are. The others add up by
number, where `reference` uses `add.at`: on a device that means atomic additions in whatever order threads
come, so here sums run over sorted rows.
"""

from typing import Any

import cupy
from cupyx.scipy import sparse

from lexloom.kernels.cuda_word2vec import cbow as cbow
from lexloom.kernels.cuda_word2vec import skip_gram as skip_gram
from lexloom.kernels.recurrences import gru as gru
from lexloom.kernels.recurrences import gru_backward as gru_backward
from lexloom.kernels.recurrences import lstm as lstm
from lexloom.kernels.recurrences import lstm_backward as lstm_backward
from lexloom.kernels.recurrences import rnn as rnn
from lexloom.kernels.recurrences import rnn_backward as rnn_backward
from lexloom.kernels.recurrences import sigmoid as sigmoid
from lexloom.kernels.reference import adagrad_rows as adagrad_rows
from lexloom.kernels.reference import each_tile as each_tile
from lexloom.kernels.reference import matmul as matmul
from lexloom.kernels.reference import project_out as project_out
from lexloom.kernels.reference import qr as qr
from lexloom.kernels.reference import row_adagrad_rows as row_adagrad_rows
from lexloom.kernels.reference import sgd as sgd
from lexloom.kernels.reference import softmax_cross_entropy as softmax_cross_entropy
from lexloom.kernels.reference import softmax_cross_entropy_backward as softmax_cross_entropy_backward
from lexloom.kernels.reference import softmax_output as softmax_output
from lexloom.kernels.reference import softmax_output_gradients as softmax_output_gradients
from lexloom.kernels.reference import sums_of_squares as sums_of_squares


def sum_rows(rows: Any, values: Any) -> tuple[Any, Any]:
    """Add up the rows that have the same number; see `reference.sum_rows`."""
    order = cupy.argsort(rows)
    ordered = rows[order]
    first = cupy.concatenate([cupy.ones(1, bool), ordered[1:] != ordered[:-1]])[: len(ordered)]
    starts = cupy.flatnonzero(first)
    bounds = cupy.concatenate([starts, cupy.full(1, len(rows), starts.dtype)])
    ones = cupy.ones(len(rows), values.dtype)
    return ordered[starts], sparse_matmul(ones, order, bounds, values)


def sparse_matmul(data: Any, indices: Any, indptr: Any, x: Any) -> Any:
    """Return the product of a sparse matrix and x; see `reference.sparse_matmul`."""
    matrix = sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, len(x)))
    return matrix.dot(x)


def count_cooccurrences(
    ids: Any, size: int, weights: Any, rows: slice = slice(None), places: slice = slice(None)
) -> tuple[Any, Any, Any]:
    """Add up the weights of all pairs of words; see `reference.count_cooccurrences`.

    Each pair of places is one key (row, column) on either side of the diagonal. The sums of equal keys are
    differences of the running sum over the sorted keys.
    """
    first, last, _ = rows.indices(size)
    ids = ids.astype(cupy.int64)
    inside = cupy.zeros(len(ids), bool)
    inside[places] = True
    apart = [(slice(None, -distance), slice(distance, None)) for distance in range(1, len(weights) + 1)]
    sides = [side for left, right in apart for side in ((left, right), (right, left))]
    keys = cupy.concatenate([ids[row] * size + ids[column] for row, column in sides])
    each = cupy.repeat(weights, [2 * len(ids[left]) for left, _ in apart])
    wanted = cupy.concatenate([inside[row] for row, _ in sides])
    wanted &= (keys >= first * size) & (keys < last * size)
    keys, each = keys[wanted], each[wanted]
    order = cupy.argsort(keys)
    keys, running = keys[order], cupy.cumsum(each[order])
    ends = cupy.flatnonzero(cupy.concatenate([keys[1:] != keys[:-1], cupy.ones(1, bool)])[: len(keys)])
    data = cupy.diff(running[ends], prepend=cupy.zeros(1, cupy.int64))
    cells = keys[ends]
    starts = cupy.searchsorted(cells, cupy.arange(first, last + 1) * size)
    return data, cells % size, starts
