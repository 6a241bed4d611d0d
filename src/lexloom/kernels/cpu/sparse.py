"""Products with a sparse matrix on the CPU.

For a matrix (M, N) in CSR form and x (N, D)::

    product[m] = sum of data[k] * x[indices[k]] over k from indptr[m] to indptr[m + 1] - 1

From the loop of the reference to here:

1. 16 columns of x at a time. The sum of a row stays in registers, and a block of 16 float64 columns and
   10,000 rows fits into the L2 cache.
2. Unsigned indices. Without a check for negative ones, the loop takes two thirds of the time.
3. Tiles of rows with about the same number of stored elements, so that all threads finish together.
"""

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.registers import (
    WIDTH,
    add_multiple,
    empty_rows,
    load_row,
    row_block,
    store_row,
    zero_row,
)
from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.reference.sparse import Reference

_TILE = 75_000  # stored elements in a tile


class Cpu(Reference):
    """Products with a sparse matrix."""

    def sparse_matmul(
        self, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, x: np.ndarray
    ) -> np.ndarray:
        """Return the product of a CSR matrix and x, in tiles of rows; see `Reference.sparse_matmul`.

        A product of 16 columns is aligned to cache lines, so that it is not copied if it is multiplied again.
        """
        columns = x.shape[1]
        blocks = [
            _multiply_block(data, indices, indptr, row_block(x[:, first : first + WIDTH]))
            for first in range(0, columns, WIDTH)
        ]
        return blocks[0] if columns == WIDTH else np.hstack(blocks)[:, :columns]


def _multiply_block(data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Return the product with x (N, WIDTH)."""
    product = empty_rows(len(indptr) - 1, x.dtype)
    tiles = 4 * max(1, round(len(data) / (4 * _TILE)))  # a multiple of 4: as many for each of 2 or 4 threads
    bounds = np.searchsorted(indptr, len(data) * np.arange(tiles + 1) // tiles)
    bounds[-1] = len(product)  # rows without elements may come last
    run_tiles(
        lambda tile: _multiply_rows(data, indices, indptr, x, bounds[tile], bounds[tile + 1], product),
        range(tiles),
    )
    return product


@njit(nogil=True, cache=True)
def _multiply_rows(data, indices, indptr, x, first, last, product):
    """Compute rows first to last.

    With unsigned indices there is no check for negative ones, which took a third of the time.
    """
    for row in range(first, last):
        total = zero_row(product)
        for k in range(np.uint64(indptr[row]), np.uint64(indptr[row + 1])):
            total = add_multiple(total, data[k], load_row(x, indices[k], 0))
        store_row(product, row, 0, total)
