"""Sums of rows with the same number on a CUDA device, in a fixed order.

CuPy's `add.at` uses atomic additions, whose order and so whose bits differ from run to run. Here the rows are
sorted first, and each sum runs over neighbouring rows.
"""

from typing import Any

import cupy
from cupyx.scipy import sparse

from lexloom.kernels.reference.row_sums import Reference


class Cuda(Reference):
    """Sums of rows with the same number."""

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Sum the values that belong to the same row; see `Reference.sum_rows`."""
        order = cupy.argsort(rows)
        ordered = rows[order]
        first = cupy.concatenate([cupy.ones(1, bool), ordered[1:] != ordered[:-1]])[: len(ordered)]
        starts = cupy.flatnonzero(first)
        bounds = cupy.concatenate([starts, cupy.full(1, len(rows), starts.dtype)])
        ones = cupy.ones(len(rows), values.dtype)
        places = sparse.csr_matrix((ones, order, bounds), shape=(len(starts), len(rows)))
        return ordered[starts], places.dot(values)
