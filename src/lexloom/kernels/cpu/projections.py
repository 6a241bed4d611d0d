"""Projection of a few columns onto a space of many vectors on the CPU (Gram-Schmidt).

For orthonormal vectors (N, K) and x (N, D)::

    coefficients (K, D) = vectors' x          rest (N, D) = x - vectors coefficients

The reference leaves both products to BLAS, which copies its operands first. With D = 16 columns, that takes
longer than the products themselves. Here, the vectors are read in place, and four of them (or four rows of x)
at a time: their sums stay in registers, and each row of x is loaded once for all four. The first product is
summed in tiles of rows, and the tiles are added in order, so the bits do not depend on threads.
"""

import numpy as np
from scipy import linalg

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
from lexloom.kernels.reference.projections import Reference
from lexloom.kernels.tiles import cut

_ROWS = 1250  # in a tile
_QR_ROWS = 2500  # 16 columns of this many rows fit into the L2 cache
_1, _2, _3, _4 = np.arange(1, 5, dtype=np.uint64)  # with unsigned indices there is no check for negative ones


class Cpu(Reference):
    """Projections onto a space of orthonormal vectors."""

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

    def project_out(self, vectors: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return vectors' x and the rest of x, in tiles of rows; see `Reference.project_out`."""
        rows, tiles = np.ascontiguousarray(vectors.T), cut(len(x), _ROWS)
        starts = range(0, max(1, x.shape[1]), WIDTH)
        parts = [_project_out(rows, row_block(x[:, first : first + WIDTH]), tiles) for first in starts]
        coefficients, rest = (
            part[0] if len(part) == 1 else np.hstack(part) for part in zip(*parts, strict=True)
        )
        return coefficients[:, : x.shape[1]], rest[:, : x.shape[1]]


def _householder(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return linalg.qr(a, mode="economic", check_finite=False)


def _project_out(vectors, x, tiles):
    partial = np.empty((len(tiles), len(vectors), WIDTH), x.dtype)
    run_tiles(lambda k: _multiply(vectors, x, tiles[k].start, tiles[k].stop, partial[k]), range(len(tiles)))
    coefficients, rest = partial.sum(axis=0), empty_rows(len(x), x.dtype)
    negative = -coefficients
    run_tiles(lambda tile: _add_products(vectors, negative, x, tile.start, tile.stop, rest), tiles)
    return coefficients, rest


@njit(nogil=True, cache=True)
def _multiply(vectors, x, first, last, product):
    """Write vectors (K, N) times x (N, WIDTH), over the range first to last of N."""
    fours = len(vectors) // 4 * 4
    for k in range(0, fours, 4):
        vector, second, third, fourth = vectors[k], vectors[k + 1], vectors[k + 2], vectors[k + 3]
        a = b = c = d = zero_row(product)
        for i in range(np.uint64(first), np.uint64(last)):
            row = load_row(x, i, 0)
            a = add_multiple(a, vector[i], row)
            b = add_multiple(b, second[i], row)
            c = add_multiple(c, third[i], row)
            d = add_multiple(d, fourth[i], row)
        store_row(product, k, 0, a)
        store_row(product, k + 1, 0, b)
        store_row(product, k + 2, 0, c)
        store_row(product, k + 3, 0, d)
    for k in range(fours, len(vectors)):
        a = zero_row(product)
        for i in range(first, last):
            a = add_multiple(a, vectors[k, i], load_row(x, i, 0))
        store_row(product, k, 0, a)


@njit(nogil=True, cache=True)
def _add_products(vectors, factors, x, first, last, total):
    """Write rows first to last of x + vectors' factors, for vectors (K, N) and factors (K, WIDTH)."""
    fours = first + (last - first) // 4 * 4
    for i in range(np.uint64(first), np.uint64(fours), _4):
        a, b = load_row(x, i, 0), load_row(x, i + _1, 0)
        c, d = load_row(x, i + _2, 0), load_row(x, i + _3, 0)
        for k in range(np.uint64(0), np.uint64(len(vectors))):
            row = load_row(factors, k, 0)
            a = add_multiple(a, vectors[k, i], row)
            b = add_multiple(b, vectors[k, i + _1], row)
            c = add_multiple(c, vectors[k, i + _2], row)
            d = add_multiple(d, vectors[k, i + _3], row)
        store_row(total, i, 0, a)
        store_row(total, i + _1, 0, b)
        store_row(total, i + _2, 0, c)
        store_row(total, i + _3, 0, d)
    for i in range(fours, last):
        a = load_row(x, i, 0)
        for k in range(len(vectors)):
            a = add_multiple(a, vectors[k, i], load_row(factors, k, 0))
        store_row(total, i, 0, a)
