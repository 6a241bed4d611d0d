"""The kernels on a CUDA device, with CuPy.

Kernels that CuPy runs well are inherited from `Reference`. The others replace its `add.at`. On a device,
`add.at` uses atomic additions, whose order and so whose bits differ from run to run. Here the rows are sorted
first, and each sum runs over neighbouring rows.
"""

from typing import Any

import cupy
from cupyx.scipy import sparse

from lexloom.kernels.cuda.word2vec import Word2vec


class Cuda(Word2vec):
    """The kernels on a CUDA device."""

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Sum the values that belong to the same row; see `Reference.sum_rows`."""
        order = cupy.argsort(rows)
        ordered = rows[order]
        first = cupy.concatenate([cupy.ones(1, bool), ordered[1:] != ordered[:-1]])[: len(ordered)]
        starts = cupy.flatnonzero(first)
        bounds = cupy.concatenate([starts, cupy.full(1, len(rows), starts.dtype)])
        ones = cupy.ones(len(rows), values.dtype)
        return ordered[starts], self.sparse_matmul(ones, order, bounds, values)

    def sparse_matmul(self, data: Any, indices: Any, indptr: Any, x: Any) -> Any:
        """Return the product of a sparse matrix and x; see `Reference.sparse_matmul`."""
        matrix = sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, len(x)))
        return matrix.dot(x)

    def count_cooccurrences(
        self, ids: Any, size: int, weights: Any, rows: slice = slice(None), places: slice = slice(None)
    ) -> tuple[Any, Any, Any]:
        """Count co-occurring words; see `Reference.count_cooccurrences`.

        Each pair of places gives two keys, row * size + column, one on each side of the diagonal. The sum of
        equal keys is a difference of the running sum of the weights over the sorted keys.
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
