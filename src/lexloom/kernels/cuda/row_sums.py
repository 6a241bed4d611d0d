"""Sums of rows with the same number on a CUDA device, in a fixed order, computed by row_sums.cu.

CuPy's `add.at` uses atomic additions, whose order and so whose bits differ from run to run. The host never
waits: a result has as many rows as there are values, and those of -1 mean none.
"""

from collections.abc import Callable
from typing import Any

import cupy

from lexloom.kernels.cuda.compiled import compiled
from lexloom.kernels.reference.row_sums import Reference

_LANES, _WARPS = 32, 8
_THREADS = (_LANES, _WARPS)


class Cuda(Reference):
    """Gradients of rows."""

    def present_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Return the rows and values as they are; see `Reference.present_rows`."""
        return rows.reshape(-1), values.reshape(-1, values.shape[-1])

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Sum the values that belong to the same row; see `Reference.sum_rows`.

        Between the distinct rows there may be rows of -1, whose sums are 0.
        """
        rows, values = cupy.ascontiguousarray(rows, cupy.int64), cupy.ascontiguousarray(values)
        unique, sums, keys = cupy.empty_like(rows), cupy.empty_like(values), cupy.empty_like(rows)
        if values.size:
            list_keys, sum_rows, _ = _kernels(values)
            count, size = map(cupy.int32, values.shape)
            list_keys((-(-len(rows) // (_LANES * _WARPS)),), _THREADS, (rows, count, keys))
            keys.sort()
            sum_rows((len(rows),), _THREADS, (keys, values, count, size, unique, sums))
        return unique, sums

    def write_rows(self, matrix: Any, rows: Any, values: Any) -> None:
        """Write rows of a matrix; see `Reference.write_rows`."""
        if values.size:
            rows, values = cupy.ascontiguousarray(rows, cupy.int64), cupy.ascontiguousarray(values)
            _kernels(values)[2]((len(rows),), _THREADS, (rows, values, cupy.int32(values.shape[1]), matrix))


def _kernels(values: Any) -> list[Callable]:
    number = {"float32": "float", "float64": "double"}[values.dtype.name]
    names = ("list_keys", "sum_rows", "write_rows")
    return compiled(__file__, *names, FLOAT=number, LANES=_LANES, WARPS=_WARPS)
