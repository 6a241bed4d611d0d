"""Products of small integers on the CPU.

Rows of int8 are a quarter of the memory of float32, and one instruction multiplies pairs of int16 and adds
their products. Together they take a third of the time.
"""

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.reference.integers import Reference
from lexloom.kernels.tiles import cut

_TILE_NUMBERS = 1 << 22  # less than this does not pay off on a second thread


class Cpu(Reference):
    """Products of small integers."""

    def integer_products(self, rows: np.ndarray, vector: np.ndarray) -> np.ndarray:
        """Return the products of rows with a vector; see `Reference.integer_products`."""
        products = np.empty(len(rows), np.float32)
        tiles = cut(len(rows), max(1, _TILE_NUMBERS // rows.shape[1]))
        run_tiles(lambda tile: _multiply(rows[tile], vector, products[tile]), tiles)
        return products


@njit(nogil=True, cache=True)
def _multiply(rows, vector, products):
    for n in range(len(rows)):
        row, total = rows[n], np.int32(0)
        for d in range(len(row)):
            total = np.int32(total + np.int32(row[d]) * np.int32(vector[d]))  # Numba would go on with int64
        products[n] = total
