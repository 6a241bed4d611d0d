"""Products of few rows with a matrix that is used again and again: the steps of a recurrent layer.

BLAS copies the matrix into panels at each call, which for 20 rows takes as long as multiplying. Here the
panels are laid out once. A product goes over a panel and a few rows at a time, and keeps their sums in the
vector registers. Each number is a sum in one order, so its bits do not depend on how work is cut.
"""

from typing import NamedTuple

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from lexloom.kernels.pool import cut, run_tiles

_LANES = 16
_VECTORS = 4 if llvm.get_host_cpu_features().get("avx512f") else 1
_ROWS = 5  # of sums, with _VECTORS for each: what the registers hold
_WIDTH = _LANES * _VECTORS
_TILE_FLOPS = 1 << 25


class Panels(NamedTuple):
    """A matrix (K, N) and its columns, _WIDTH at a time: panels (P, K, _WIDTH), the last filled up with 0.

    There are none where BLAS multiplies: in float64, and with fewer than five rows.
    """

    matrix: np.ndarray
    panels: np.ndarray | None


def panels(matrix: np.ndarray, rows: int) -> Panels:
    """Return a matrix laid out for `matmul_panels`; see `reference.panels`."""
    if matrix.dtype != np.float32 or rows < _ROWS:
        return Panels(matrix, None)
    inner, columns = matrix.shape
    count = -(-columns // _WIDTH)
    padded = np.zeros((inner, count * _WIDTH), matrix.dtype)
    padded[:, :columns] = matrix
    return Panels(matrix, np.ascontiguousarray(padded.reshape(inner, count, _WIDTH).swapaxes(0, 1)))


def matmul_panels(a: np.ndarray, b: Panels) -> np.ndarray:
    """Return the product of a (M, K) and a matrix (K, N); see `reference.matmul_panels`."""
    if b.panels is None:
        return np.matmul(a, b.matrix)
    rows, columns = len(a), b.matrix.shape[1]
    a, out = np.ascontiguousarray(a), np.empty((rows, columns), np.float32)
    flops = 2 * rows * b.panels.size
    tiles = cut(len(b.panels), max(1, len(b.panels) * _TILE_FLOPS // flops))
    run_tiles(lambda tile: _multiply(a, b.panels, tile.start, tile.stop, out), tiles)
    return out


@njit(nogil=True, cache=True)
def _multiply(a, panels, first, last, out):
    rows, columns = out.shape
    part = np.empty((_ROWS, _WIDTH), np.float32)
    for number in range(first, last):
        start = number * _WIDTH
        for block in range(0, rows, _ROWS):
            row = min(block, rows - _ROWS)  # the last rows may be computed twice
            if start + _WIDTH <= columns:
                _multiply_block(a[row:], panels[number], out[row:, start:])
            else:
                _multiply_block(a[row:], panels[number], part)
                out[row : row + _ROWS, start:] = part[:, : columns - start]


@intrinsic
def _multiply_block(typing, a, panel, out):
    """Write the product of the first _ROWS rows of a (M, K) and a panel (K, _WIDTH) to out."""

    def generate(context, builder, signature, values):
        arrays = [
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args, values, strict=True)
        ]
        a, panel, out = arrays
        inner = builder.extract_value(a.shape, 1)
        vector = ir.VectorType(ir.FloatType(), _LANES)
        sums = [[cgutils.alloca_once(builder, vector) for _ in range(_VECTORS)] for _ in range(_ROWS)]
        for line in sums:
            for total in line:
                builder.store(ir.Constant(vector, [0.0] * _LANES), total)
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), f"llvm.fma.v{_LANES}f32"
        )
        with cgutils.for_range(builder, inner) as loop:
            places = [_vector_at(builder, panel, loop.index, v, vector) for v in range(_VECTORS)]
            columns = [builder.load(place, align=4) for place in places]
            for r in range(_ROWS):
                number = builder.load(_number_at(builder, a, r, loop.index))
                factors = _spread(builder, number, vector)
                for v in range(_VECTORS):
                    total = builder.call(fma, [factors, columns[v], builder.load(sums[r][v])])
                    builder.store(total, sums[r][v])
        for r in range(_ROWS):
            for v in range(_VECTORS):
                place = _vector_at(builder, out, ir.IntType(64)(r), v, vector)
                builder.store(builder.load(sums[r][v]), place, align=4)
        return context.get_dummy_value()

    return types.void(a, panel, out), generate


def _row_address(builder, array, row):
    stride = builder.extract_value(array.strides, 0)
    base = builder.ptrtoint(array.data, ir.IntType(64))
    return builder.add(base, builder.mul(row, stride))


def _number_at(builder, array, row, column):
    address = builder.add(
        _row_address(builder, array, ir.IntType(64)(row)), builder.mul(column, ir.IntType(64)(4))
    )
    return builder.inttoptr(address, ir.FloatType().as_pointer())


def _vector_at(builder, array, row, number, vector):
    address = builder.add(_row_address(builder, array, row), ir.IntType(64)(4 * _LANES * number))
    return builder.inttoptr(address, vector.as_pointer())


def _spread(builder, number, vector):
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.IntType(32)(0))
    return builder.shuffle_vector(first, undefined, ir.VectorType(ir.IntType(32), _LANES)(None))
