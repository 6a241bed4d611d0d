"""The kernels on a CUDA device, with CuPy.

Those of reference.py that CuPy runs well are taken as they are. The others add up by number, where
`reference` uses `add.at`: on a device that means atomic additions in whatever order threads come, so here
sums run over sorted rows.
"""

from typing import Any

import cupy
from cupyx.scipy import sparse

from lexloom.kernels.reference import adagrad_rows as adagrad_rows
from lexloom.kernels.reference import each_tile as each_tile
from lexloom.kernels.reference import lstm_step as lstm_step
from lexloom.kernels.reference import lstm_step_backward as lstm_step_backward
from lexloom.kernels.reference import matmul as matmul
from lexloom.kernels.reference import negative_sampling as negative_sampling
from lexloom.kernels.reference import sigmoid as sigmoid
from lexloom.kernels.reference import softmax_cross_entropy as softmax_cross_entropy
from lexloom.kernels.reference import softmax_cross_entropy_backward as softmax_cross_entropy_backward


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


def count_cooccurrences(ids: Any, size: int, weights: Any) -> tuple[Any, Any, Any]:
    """Add up the weights of all pairs of words; see `reference.count_cooccurrences`.

    Each unordered pair is summed once and mirrored, so both sides of the diagonal have the same bits.
    """
    ids = ids.astype(cupy.int64)
    pairs = [(ids[:-distance], ids[distance:]) for distance in range(1, len(weights) + 1)]
    keys = cupy.concatenate([cupy.minimum(a, b) * size + cupy.maximum(a, b) for a, b in pairs])
    each = cupy.repeat(weights, [len(a) for a, _ in pairs])
    keys, inverse = cupy.unique(keys, return_inverse=True)
    sums = cupy.bincount(inverse, weights=each).astype(weights.dtype)
    low, high = keys // size, keys % size
    apart = low != high
    rows, columns = cupy.concatenate([low, high[apart]]), cupy.concatenate([high, low[apart]])
    data = cupy.concatenate([cupy.where(apart, sums, 2 * sums), sums[apart]])
    order = cupy.argsort(rows * size + columns)
    return data[order], columns[order], cupy.searchsorted(rows[order], cupy.arange(size + 1))
