"""Products of few rows with a matrix that is used again and again: the steps of a recurrent layer.

BLAS lays out the matrix at each call, which for 20 rows takes as long as multiplying. Here it is laid out
once.
"""

from typing import NamedTuple

import numpy as np

from lexloom.kernels.cpu_blocks import ROWS, lay_out, multiply_panels, padded, panel_count
from lexloom.kernels.pool import cut, run_tiles

_TILE_FLOPS = 1 << 25  # below, another thread comes too late to help


class Panels(NamedTuple):
    """A matrix (K, N), and its panels as `cpu_blocks.lay_out` returns them.

    There are none where BLAS multiplies: in float64, and with fewer than five rows.
    """

    matrix: np.ndarray
    panels: np.ndarray | None


def panels(matrix: np.ndarray, rows: int) -> Panels:
    """Return a matrix laid out for `matmul_panels`; see `reference.panels`."""
    if matrix.dtype != np.float32 or rows < ROWS:
        return Panels(matrix, None)
    return Panels(matrix, lay_out(matrix, np.empty(len(matrix) * padded(matrix.shape[1]), np.float32)))


def matmul_panels(a: np.ndarray, b: Panels) -> np.ndarray:
    """Return the product of a (M, K) and a matrix (K, N); see `reference.matmul_panels`."""
    if b.panels is None:
        return np.matmul(a, b.matrix)
    rows, columns = len(a), b.matrix.shape[1]
    out, count = np.empty((rows, columns), np.float32), panel_count(columns)
    flops = 2 * rows * b.panels.size
    tiles = cut(count, max(1, count * _TILE_FLOPS // flops))
    run_tiles(lambda tile: multiply_panels(a, b.panels, tile.start, tile.stop, out, False), tiles)
    return out
