"""Dense matrix products on the CPU: BLAS on tiles.

The reference calls BLAS for a whole matrix. Here, the result is cut into tiles, each computed by BLAS on one
thread: BLAS's own threads would change the bits with their number. Since BLAS copies its operands for each
tile, tiles are as large as the number of threads allows.
"""

import numpy as np

from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.reference.products import Reference

_PARALLEL_FLOPS = 1 << 25  # minimum amount of work for which another tile, on a second thread, pays off
_TILES = 4  # number of tiles of a product that is worth them
_TILE_FLOPS = 1 << 30  # maximum size of a tile; tiles are large because BLAS copies its operands for each


class Cpu(Reference):
    """Dense matrix products."""

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return the product a (M, K) @ b (K, N), in tiles of rows and columns; see `Reference.matmul`."""
        rows, columns = a.shape[0], b.shape[1]
        if out is None:
            out = np.empty((rows, columns), np.result_type(a, b))
        tiles = _tiles(rows, columns, a.shape[1], out.itemsize)
        run_tiles(lambda tile: np.matmul(a[tile[0]], b[:, tile[1]], out=out[tile]), tiles)
        return out


def _tiles(rows: int, columns: int, inner: int, itemsize: int) -> list[tuple[slice, slice]]:
    """Return the tiles of a product: the longer side is halved until there are enough tiles for the work.

    A float64 product counts four times: it takes as long as three or four of float32, whose operands stay in
    the cache longer.
    """
    flops = 2 * rows * columns * inner * (itemsize // 4) ** 2
    wanted = max(flops / _TILE_FLOPS, min(_TILES, flops / _PARALLEL_FLOPS))
    down, across = 1, 1
    while down * across < wanted:
        if rows / down >= columns / across:
            down *= 2
        else:
            across *= 2
    return [(row, column) for row in _parts(rows, down) for column in _parts(columns, across)]


def _parts(length: int, count: int) -> list[slice]:
    return [slice(length * k // count, length * (k + 1) // count) for k in range(count)]
