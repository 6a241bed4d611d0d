"""Co-occurrence counts on a CUDA device: sorted pairs in place of atomic additions."""

from typing import Any

import cupy

from lexloom.kernels.reference.counting import Reference


class Cuda(Reference):
    """Co-occurrence counts."""

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
