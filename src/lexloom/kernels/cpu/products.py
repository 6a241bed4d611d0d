"""Dense matrix products and QR decompositions on the CPU: BLAS and LAPACK on tiles.

The reference calls BLAS for a whole matrix. Here, the result is cut into tiles, each computed by BLAS on one
thread: BLAS's own threads would change the bits with their number. Since BLAS copies its operands for each
tile, tiles are as large as the number of threads allows.
"""

import numpy as np
from scipy import linalg

from lexloom.kernels.cpu.machine.thread_pool import run_tiles
from lexloom.kernels.reference.kernels import Reference
from lexloom.kernels.tiles import cut

_PARALLEL_FLOPS = 1 << 25  # minimum amount of work for which another tile, on a second thread, pays off
_TILES = 4  # number of tiles of a product that is worth them
_TILE_FLOPS = 1 << 30  # maximum size of a tile; tiles are large because BLAS copies its operands for each
_QR_ROWS = 2500  # 16 columns of this many rows fit into the L2 cache


class Products(Reference):
    """Dense matrix products and QR decompositions."""

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
        """Return the product a (M, K) @ b (K, N), in tiles of rows and columns; see `Reference.matmul`."""
        rows, columns = a.shape[0], b.shape[1]
        if out is None:
            out = np.empty((rows, columns), np.result_type(a, b))
        tiles = _tiles(rows, columns, a.shape[1], out.itemsize)
        run_tiles(lambda tile: np.matmul(a[tile[0]], b[:, tile[1]], out=out[tile]), tiles)
        return out

    def qr(self, a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the QR decomposition, in tiles of rows; see `Reference.qr`.

        The stacked triangles of the tiles are decomposed again (Demmel, Grigori, Hoemmen & Langou 2012,
        "Communication-optimal parallel and sequential QR and LU factorizations").
        """
        tiles = cut(len(a), max(_QR_ROWS, 2 * a.shape[1]))
        if len(tiles) == 1:
            return _householder(a)
        parts: dict[int, tuple[np.ndarray, np.ndarray]] = {}

        def decompose(number: int) -> None:
            parts[number] = _householder(a[tiles[number]])

        run_tiles(decompose, range(len(tiles)))
        inner, triangle = _householder(np.vstack([parts[number][1] for number in range(len(tiles))]))
        inner_parts, q = np.split(inner, len(tiles)), np.empty(a.shape, a.dtype)
        run_tiles(
            lambda number: np.matmul(parts[number][0], inner_parts[number], out=q[tiles[number]]),
            range(len(tiles)),
        )
        return q, triangle


def _householder(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return linalg.qr(a, mode="economic", check_finite=False)


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
