"""The kernel that multiplies by a sparse matrix in CSR form (data, indices, indptr)."""

import numpy as np
from numba import njit

from lexloom.kernels.pool import cut, run_tiles

_MATMUL_TILE = 128


def sparse_matmul(data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the product of a CSR matrix and x, in tiles of rows; see `reference.sparse_matmul`."""
    product = np.empty((len(indptr) - 1, x.shape[1]), x.dtype)
    x = np.ascontiguousarray(x)
    tiles = cut(len(product), _MATMUL_TILE)
    run_tiles(lambda tile: _multiply_rows(data, indices, indptr, x, tile.start, tile.stop, product), tiles)
    return product


@njit(nogil=True, cache=True)
def _multiply_rows(data, indices, indptr, x, first, last, product):
    width = x.shape[1]
    total = np.empty(width, x.dtype)
    for row in range(first, last):
        total[:] = 0
        for k in range(indptr[row], indptr[row + 1]):
            factor, other = data[k], x[indices[k]]
            for column in range(width):
                total[column] += factor * other[column]
        product[row] = total
