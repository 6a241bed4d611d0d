"""Matrix products for use inside compiled kernels, on one thread.

For a (M, K) and b (K, N)::

    out[m, n] = sum over k of a[m, k] * b[k, n]        out (M, N)

From this loop to here:

1. Register blocks, as in BLAS (Goto & van de Geijn 2008, "Anatomy of high-performance matrix
   multiplication"). ROWS x VECTORS vectors of sums stay in registers for all k. A step of k loads VECTORS
   vectors of b and ROWS numbers of a for ROWS x VECTORS fused multiply-adds; the loop above loads both
   factors for each. Numba does not keep such a block in registers, so it is written as LLVM instructions.
2. Panels. The columns of b that a block uses are copied next to each other, one row of the panel after the
   other, so that they are read in order. BLAS copies both matrices at each call. Here, a matrix that is used
   more than once is copied once, and one that is in the cache already is read in place.

Each element is a sum over k in ascending order, so its bits do not depend on how the work is cut.
"""

import llvmlite.binding as llvm
import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.registers import WIDTH, repeat

LANES = WIDTH
# A register block holds ROWS x VECTORS vectors of sums: as many as the registers have room for.
ROWS = 5
VECTORS = 4 if llvm.get_host_cpu_features().get("avx512f") else 1
_CACHE_LINE = 64  # bytes
_INT = ir.IntType(64)


def padded(columns: int) -> int:
    """Return the number of columns, rounded up to whole vectors."""
    return -(-columns // LANES) * LANES


@njit(nogil=True, cache=True)
def panel_count(columns):
    """Return the number of panels for some columns."""
    return -(-columns // (LANES * VECTORS))


@njit(nogil=True, cache=True)
def panel_start(columns, panel):
    """Return the first column of a panel; all panels have nearly the same number of vectors."""
    return -(-columns // LANES) * panel // panel_count(columns) * LANES


@njit(nogil=True, cache=True)
def lay_out_rows(matrix, first, last, panels):
    """Copy rows first to last of a matrix (K, N) into its panels, padded with 0."""
    inner, columns = matrix.shape
    for k in range(first, last):
        for number in range(panel_count(columns)):
            start, end = panel_start(columns, number), panel_start(columns, number + 1)
            row = panels[inner * start + k * (end - start) : inner * start + (k + 1) * (end - start)]
            width = min(end, columns) - start
            for c in range(width):
                row[c] = matrix[k, start + c]
            for c in range(width, len(row)):
                row[c] = 0


@njit(nogil=True, cache=True)
def lay_out_transposed(matrix, first, last, panels):
    """Copy columns first to last of a matrix (N, K) into the panels of its transpose, padded with 0."""
    columns, inner = matrix.shape
    for number in range(panel_count(columns)):
        panel, start = panel_of(panels, inner, columns, number), panel_start(columns, number)
        width = min(panel.shape[1], columns - start)
        panel[first:last, width:] = 0
        for k in range(first, last, LANES):  # these rows of the panel stay in the L1 cache
            for c in range(width):
                for row in range(k, min(k + LANES, last)):
                    panel[row, c] = matrix[start + c, row]


@njit(nogil=True, cache=True)
def panel_of(panels, inner, columns, number):
    """Return a panel (K, columns in whole vectors) of a matrix (K, N), from the memory of all its panels."""
    first, last = panel_start(columns, number), panel_start(columns, number + 1)
    return panels[inner * first : inner * last].reshape(inner, last - first)


@njit(nogil=True, cache=True)
def multiply_panels(a, panels, out, add):
    """Do what `multiply` does, with b in panels, as copied by `lay_out_rows` or `lay_out_transposed`."""
    columns = out.shape[1]
    for number in range(panel_count(columns)):
        panel = panel_of(panels, a.shape[1], columns, number)
        _multiply_panel(a, panel, 0, out, panel_start(columns, number), panel.shape[1] // LANES, add)


@njit(nogil=True, cache=True)
def multiply(a, b, out, add):
    """Write a (M, K) @ b (K, N) to out (M, N), or add it to out if `add`.

    M is at least ROWS, and N is a multiple of LANES. a may have any strides; rows of b and out are
    contiguous.
    """
    columns = out.shape[1]
    for number in range(panel_count(columns)):
        first, last = panel_start(columns, number), panel_start(columns, number + 1)
        _multiply_panel(a, b, first, out, first, (last - first) // LANES, add)


@njit(nogil=True, cache=True)
def _multiply_panel(a, b, b_column, out, column, vectors, add):
    rows, columns = out.shape[0], min(vectors * LANES, out.shape[1] - column)
    for row in range(0, rows - ROWS + 1, ROWS):
        _multiply_block(a, row, b, b_column, out, row, column, columns, vectors, add)
    left = rows % ROWS
    if left:  # compute the last ROWS rows, and write only those that are left
        part = np.empty((ROWS, VECTORS * LANES), np.float32)
        _multiply_block(a, rows - ROWS, b, b_column, part, 0, 0, vectors * LANES, vectors, False)
        for row in range(rows - left, rows):
            for c in range(columns):
                before = out[row, column + c] if add else np.float32(0)
                out[row, column + c] = before + part[row - rows + ROWS, c]


@njit(nogil=True, cache=True)
def _multiply_block(a, a_row, b, b_column, out, row, column, columns, vectors, add):
    if vectors == 4:
        _block_4(a, a_row, b, b_column, out, row, column, columns, add)
    elif vectors == 3:
        _block_3(a, a_row, b, b_column, out, row, column, columns, add)
    elif vectors == 2:
        _block_2(a, a_row, b, b_column, out, row, column, columns, add)
    else:
        _block_1(a, a_row, b, b_column, out, row, column, columns, add)


def _block(vectors):
    """Return a function that multiplies ROWS rows of a by a number of vectors of b.

    It writes the first `columns` columns. Meanwhile it prefetches the next rows of a, assuming that they are
    contiguous.
    """

    @intrinsic
    def multiply_block(typing, a, a_row, b, b_column, out, row, column, columns, add):
        def generate(context, builder, signature, values):
            left, right, result = (_Matrix(context, builder, signature.args[k], values[k]) for k in (0, 2, 4))
            vector = ir.VectorType(ir.FloatType(), LANES)
            places = [(r, v) for r in range(ROWS) for v in range(vectors)]
            sums = {place: cgutils.alloca_once(builder, vector) for place in places}
            for total in sums.values():
                builder.store(ir.Constant(vector, [0.0] * LANES), total)
            kind = ir.FunctionType(vector, [vector] * 3)
            fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fma.v{LANES}f32")
            byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
            kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
            prefetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0i8")
            next_rows = left.address(builder.add(values[1], _INT(ROWS)), _INT(0), 0, byte.pointee)
            with cgutils.for_range(builder, left.columns) as loop:
                ahead = builder.gep(next_rows, [builder.mul(loop.index, _INT(_CACHE_LINE))])
                builder.call(prefetch, [ahead, number(0), number(3), number(1)])  # to read, into all caches
                factors_b = [
                    builder.load(right.address(loop.index, values[3], v * LANES, vector), align=4)
                    for v in range(vectors)
                ]
                for r in range(ROWS):
                    place = left.address(builder.add(values[1], _INT(r)), loop.index, 0, ir.FloatType())
                    factors = repeat(builder, builder.load(place, align=4), vector)
                    for v in range(vectors):
                        total = builder.call(fma, [factors, factors_b[v], builder.load(sums[r, v])])
                        builder.store(total, sums[r, v])

            masks = [_first(builder, builder.sub(values[7], _INT(v * LANES))) for v in range(vectors)]

            def write(r, v, added):
                line = builder.add(values[5], _INT(r))
                place = result.address(line, values[6], v * LANES, vector)
                total = builder.load(sums[r, v])
                if added:
                    total = builder.fadd(_load_masked(builder, place, masks[v]), total)
                _store_masked(builder, total, place, masks[v])

            with builder.if_else(values[8]) as (added, written):
                with added:
                    for place in places:
                        write(*place, True)
                with written:
                    for place in places:
                        write(*place, False)
            return context.get_dummy_value()

        number = types.intp
        return types.void(a, number, b, number, out, number, number, number, types.boolean), generate

    return multiply_block


def _first(builder, count):
    """Return a mask of the first `count` elements of a vector."""
    places = ir.Constant(ir.VectorType(_INT, LANES), list(range(LANES)))
    return builder.icmp_signed("<", places, repeat(builder, count, places.type))


def _load_masked(builder, place, mask):
    """Load a vector, with 0 where the mask is false."""
    vector = place.type.pointee
    kind = ir.FunctionType(vector, [place.type, ir.IntType(32), mask.type, vector])
    load = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{LANES}f32.p0")
    return builder.call(load, [place, ir.IntType(32)(4), mask, ir.Constant(vector, None)])


def _store_masked(builder, numbers, place, mask):
    """Store a vector where the mask is true."""
    kind = ir.FunctionType(ir.VoidType(), [numbers.type, place.type, ir.IntType(32), mask.type])
    store = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.v{LANES}f32.p0")
    builder.call(store, [numbers, place, ir.IntType(32)(4), mask])


class _Matrix:
    """Addresses of the elements of a float32 array."""

    def __init__(self, context, builder, kind, value):
        array = context.make_array(kind)(context, builder, value)
        self.builder = builder
        self.start = builder.ptrtoint(array.data, _INT)
        self.strides = [builder.extract_value(array.strides, axis) for axis in (0, 1)]
        self.columns = builder.extract_value(array.shape, 1)

    def address(self, row, column, further, kind):
        """Return the address of [row, column + further] as a pointer to a value of type `kind`."""
        builder = self.builder
        address = builder.add(self.start, builder.mul(row, self.strides[0]))
        address = builder.add(address, builder.mul(column, self.strides[1]))
        return builder.inttoptr(builder.add(address, _INT(4 * further)), kind.as_pointer())


_block_1, _block_2, _block_3, _block_4 = (_block(vectors) for vectors in (1, 2, 3, 4))
