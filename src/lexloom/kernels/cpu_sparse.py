"""Kernels that make and use sparse matrices, in CSR form (data, indices, indptr)."""

import numpy as np
from numba import njit

from lexloom.kernels.pool import cut, run_tiles

_COUNT_TILES = 64
_MATMUL_TILE = 128


def count_cooccurrences(ids: np.ndarray, size: int, weights: np.ndarray) -> tuple[np.ndarray, ...]:
    """Add up the weights of all pairs of words, row by row; see `reference.count_cooccurrences`."""
    positions = np.argsort(ids, kind="stable")
    starts = np.searchsorted(ids[positions], np.arange(size + 1))
    even = np.searchsorted(starts, np.linspace(0, len(ids), _COUNT_TILES + 1)[1:-1])
    rows = np.unique([0, *even, size])
    tiles = range(len(rows) - 1)
    parts: list = [None] * len(tiles)
    lengths = np.zeros(size, np.int64)

    def count(tile: int) -> None:
        parts[tile] = _count_rows(ids, positions, starts, rows[tile], rows[tile + 1], weights, lengths)

    run_tiles(count, tiles)
    data, indices = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
    return data, indices, np.concatenate([[0], np.cumsum(lengths)])


@njit(nogil=True, cache=True)
def _count_rows(ids, positions, starts, first, last, weights, lengths):
    """Add up each row densely, nearest pairs first; positions[starts[w] : starts[w + 1]] are of word w."""
    size = len(starts) - 1
    most = min((last - first) * size, (starts[last] - starts[first]) * 2 * len(weights))
    data, indices = np.empty(most, weights.dtype), np.empty(most, np.int32)
    sums, touched = np.zeros(size, weights.dtype), np.empty(size, np.int32)
    end = 0
    for word in range(first, last):
        count = 0
        for d in range(1, len(weights) + 1):
            weight = weights[d - 1]
            for k in range(starts[word], starts[word + 1]):
                for position in (positions[k] - d, positions[k] + d):
                    if 0 <= position < len(ids):
                        other = ids[position]
                        if sums[other] == 0:
                            touched[count] = other
                            count += 1
                        sums[other] += weight
        lengths[word] = count
        indices[end : end + count] = np.sort(touched[:count])
        for k in range(end, end + count):
            data[k] = sums[indices[k]]
            sums[indices[k]] = 0
        end += count
    return data[:end].copy(), indices[:end].copy()


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
