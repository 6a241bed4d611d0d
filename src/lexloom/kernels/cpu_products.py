"""Products of dense matrices on the CPU: BLAS on tiles of the result."""

import numpy as np

from lexloom.kernels.pool import run_tiles

_SHARE_FLOPS = 1 << 26  # below, starting a thread costs more than it brings
_TILE_FLOPS = 1 << 30  # tiles as large as can be: BLAS copies its operands for each
_SHARES = 4


def matmul(a: np.ndarray, b: np.ndarray, out: np.ndarray | None = None) -> np.ndarray:
    """Return the product a (M, K) @ b (K, N), cut in both directions; see `reference.matmul`."""
    rows, columns = a.shape[0], b.shape[1]
    if out is None:
        out = np.empty((rows, columns), np.result_type(a, b))
    run_tiles(
        lambda tile: np.matmul(a[tile[0]], b[:, tile[1]], out=out[tile]), _tiles(rows, columns, a.shape[1])
    )
    return out


def _tiles(rows: int, columns: int, inner: int) -> list[tuple[slice, slice]]:
    """Halve the longer side of a result until there are as many parts as its work is worth."""
    flops = 2 * rows * columns * inner
    wanted = max(flops / _TILE_FLOPS, min(_SHARES, flops / _SHARE_FLOPS))
    down, across = 1, 1
    while down * across < wanted:
        if rows / down >= columns / across:
            down *= 2
        else:
            across *= 2
    return [(row, column) for row in _parts(rows, down) for column in _parts(columns, across)]


def _parts(length: int, count: int) -> list[slice]:
    return [slice(length * k // count, length * (k + 1) // count) for k in range(count)]
