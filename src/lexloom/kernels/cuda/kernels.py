"""The kernels on a CUDA device, with CuPy.

Those of `Reference` that CuPy runs well are inherited. The others add up by number, where `Reference` uses
`add.at`: on a device that means atomic additions in whatever order threads come, so here sums run over sorted
rows.
"""

from typing import Any

import cupy
from cupyx.scipy import sparse

from lexloom.kernels.cuda.word2vec import Word2vec


class Cuda(Word2vec):
    """The kernels on a CUDA device."""

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Add up the rows that have the same number; see `Reference.sum_rows`."""
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
        """Add up the weights of all pairs of words; see `Reference.count_cooccurrences`.

        Each pair of places is one key (row, column) on either side of the diagonal. The sums of equal keys
        are differences of the running sum over the sorted keys.
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
