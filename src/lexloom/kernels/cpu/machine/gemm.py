"""Matrix products for use inside compiled kernels, on one thread.

For a (M, K) and b (K, N)::

    out[m, n] = sum over k of a[m, k] * b[k, n]        out (M, N)

From this loop to here:

1. Register blocks, as in BLAS (Goto & van de Geijn 2008, "Anatomy of high-performance matrix
   multiplication"). R rows x V vectors of sums stay in registers for all k. A step of k loads V vectors of b
   and R numbers of a for R x V fused multiply-adds; the loop above loads both factors for each. Numba does
   not keep such a block in registers, so it is written as LLVM instructions. machine/target.py has R and V.
2. Panels. The columns of b are copied vector by vector: panel v holds b[:, 16 v : 16 v + 16], one row after
   the other, so that it is read in order, and each vector is one cache line. BLAS copies both matrices at
   each call. Here, a matrix that is used more than once is copied once, and one that is in the cache already
   is read in place.
3. Rows are cut evenly: 20 rows are four blocks of 5 rather than three of 6 and one of 2.
4. One copy of the machine code, which other kernels call by its name. Numba would compile a copy into each of
   them, which took a fifth of the time of compiling.

Each element is a sum over k in ascending order, so its bits do not depend on how the work is cut.
"""

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic

from lexloom.kernels.cpu.machine.compiled import njit, shared
from lexloom.kernels.cpu.machine.registers import WIDTH, aligned_rows, repeat
from lexloom.kernels.cpu.machine.target import BLOCK

LANES = WIDTH
_LINE = 4 * LANES  # bytes in a vector of b
_INT, _FLOAT = ir.IntType(64), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_NAME = "lexloom_multiply"
_ARGUMENTS = 12


def padded(columns: int) -> int:
    """Return the number of columns, rounded up to whole vectors."""
    return -(-columns // LANES) * LANES


def new_panels(inner: int, columns: int) -> np.ndarray:
    """Return memory for the panels of a matrix (K, N): (vectors, K, LANES), aligned to cache lines."""
    vectors = padded(columns) // LANES
    return aligned_rows(vectors * inner, LANES).reshape(vectors, inner, LANES)


@njit(nogil=True, cache=True)
def lay_out_rows(matrix, first, last, panels):
    """Copy rows first to last of a matrix (K, N) into its panels, padded with 0."""
    columns = matrix.shape[1]
    for k in range(first, last):
        for v in range(len(panels)):
            row, start = panels[v, k], v * LANES
            for c in range(LANES):
                row[c] = matrix[k, start + c] if start + c < columns else 0


@njit(nogil=True, cache=True)
def lay_out_transposed(matrix, first, last, panels):
    """Copy columns first to last of a matrix (N, K) into the panels of its transpose, padded with 0."""
    columns = len(matrix)
    for v in range(len(panels)):
        panel, start = panels[v], v * LANES
        for k in range(first, last, LANES):  # these rows of the panel stay in the L1 cache
            for c in range(LANES):
                for row in range(k, min(k + LANES, last)):
                    panel[row, c] = matrix[start + c, row] if start + c < columns else 0


@intrinsic
def multiply(typing, a, b, out, add):
    """Write a (M, K) @ b to out (M, N), or add it to out if `add`; all are float32.

    b is panels (vectors, K, LANES), or a matrix (K, N or more) whose rows are contiguous and whole vectors.
    a may have any strides; rows of out are contiguous. Bounds are not checked.
    """
    if {a.dtype, b.dtype, out.dtype} != {types.float32}:
        raise TypingError(f"multiply: expected arrays of float32, not {a}, {b}, {out}")

    def generate(context, builder, signature, values):
        a, b, out = (
            context.make_array(kind)(context, builder, value)
            for kind, value in zip(signature.args[:3], values[:3], strict=True)
        )
        a_strides, b_strides, out_strides = (cgutils.unpack_tuple(builder, x.strides) for x in (a, b, out))
        rows, inner = cgutils.unpack_tuple(builder, a.shape)
        columns = cgutils.unpack_tuple(builder, out.shape)[1]
        vector = b_strides[0] if len(b_strides) == 3 else _INT(_LINE)
        numbers = [
            builder.ptrtoint(a.data, _INT), *a_strides, rows, inner,
            builder.ptrtoint(b.data, _INT), b_strides[-2], vector,
            builder.ptrtoint(out.data, _INT), out_strides[0], columns,
            builder.zext(values[3], _INT),
        ]  # fmt: skip
        kind = ir.FunctionType(ir.VoidType(), [_INT] * _ARGUMENTS)
        builder.call(cgutils.get_or_insert_function(builder.module, kind, _NAME), numbers)
        return context.get_dummy_value()

    return types.void(a, b, out, types.boolean), generate


@intrinsic
def _multiply_block(
    typing, rows, vectors, a, a_row, a_column, inner, b, b_row, b_vector, out, out_row, columns, add
):
    """Multiply some rows of a by some vectors of b; write the first `columns` columns, or add to them.

    Matrices are addresses and strides in bytes.
    """

    def generate(context, builder, signature, values):
        rows, vectors, *matrices = values
        number = builder.add(builder.mul(rows, _INT(BLOCK.vectors)), vectors)
        with builder.goto_block(builder.append_basic_block("done")):
            done = builder.block
        choice = builder.switch(number, done)
        for r in range(1, BLOCK.rows + 1):
            for v in range(1, BLOCK.vectors + 1):
                block = builder.append_basic_block(f"rows_{r}_vectors_{v}")
                choice.add_case(_INT(r * BLOCK.vectors + v), block)
                with builder.goto_block(block):
                    _write_block(builder, r, v, *matrices)
                    builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(*[types.int64] * 13), generate


def _write_block(builder, rows, vectors, a, a_row, a_column, inner, b, b_row, b_vector, *results):
    """Write the instructions for a block of so many rows and vectors."""
    out, out_row, columns, add = results
    places = [(r, v) for r in range(rows) for v in range(vectors)]
    where = {(r, v): _step(builder, out, out_row, r, v * _LINE) for r, v in places}
    masks = [None] * (vectors - 1) + [_first(builder, builder.sub(columns, _INT((vectors - 1) * LANES)))]
    sums = {place: cgutils.alloca_once(builder, _VECTOR) for place in places}
    with builder.if_else(builder.icmp_signed("!=", add, _INT(0))) as (added, written):
        with added:
            for r, v in places:
                builder.store(_load(builder, where[r, v], masks[v]), sums[r, v])
        with written:
            for place in places:
                builder.store(ir.Constant(_VECTOR, None), sums[place])
    at_a = [cgutils.alloca_once_value(builder, _step(builder, a, a_row, r)) for r in range(rows)]
    at_b = [cgutils.alloca_once_value(builder, _step(builder, b, b_vector, v)) for v in range(vectors)]
    kind = ir.FunctionType(_VECTOR, [_VECTOR] * 3)
    fma = cgutils.get_or_insert_function(builder.module, kind, f"llvm.fmuladd.v{LANES}f32")
    with cgutils.for_range(builder, inner):
        factors_b = [_next(builder, place, b_row, _VECTOR) for place in at_b]
        for r in range(rows):
            factors = repeat(builder, _next(builder, at_a[r], a_column, _FLOAT), _VECTOR)
            for v in range(vectors):
                total = builder.call(fma, [factors, factors_b[v], builder.load(sums[r, v])])
                builder.store(total, sums[r, v])
    whole = builder.icmp_signed(">=", columns, _INT(vectors * LANES))
    # AMD's processors with AVX2 take many cycles for a store with a mask.
    with builder.if_else(whole) as (all_columns, some_columns):
        with all_columns:
            for place in places:
                _store(builder, builder.load(sums[place]), where[place], None)
        with some_columns:
            for r, v in places:
                _store(builder, builder.load(sums[r, v]), where[r, v], masks[v])


def _step(builder, address, stride, count, further=0):
    """Return the address `count` strides and some bytes further."""
    return builder.add(builder.add(address, builder.mul(stride, _INT(count))), _INT(further))


def _next(builder, place, stride, kind):
    """Load a value from the address that a place holds, and move the place by a stride."""
    address = builder.load(place)
    builder.store(builder.add(address, stride), place)
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=4)


def _first(builder, count):
    """Return a mask of the first `count` elements of a vector."""
    places = ir.Constant(ir.VectorType(_INT, LANES), list(range(LANES)))
    return builder.icmp_signed("<", places, repeat(builder, count, places.type))


def _load(builder, address, mask):
    """Load a vector, with 0 where the mask is false."""
    place = builder.inttoptr(address, _VECTOR.as_pointer())
    if mask is None:
        return builder.load(place, align=4)
    kind = ir.FunctionType(_VECTOR, [place.type, ir.IntType(32), mask.type, _VECTOR])
    load = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.load.v{LANES}f32.p0")
    return builder.call(load, [place, ir.IntType(32)(4), mask, ir.Constant(_VECTOR, None)])


def _store(builder, numbers, address, mask):
    """Store a vector where the mask is true."""
    place = builder.inttoptr(address, _VECTOR.as_pointer())
    if mask is None:
        builder.store(numbers, place, align=4)
        return
    kind = ir.FunctionType(ir.VoidType(), [_VECTOR, place.type, ir.IntType(32), mask.type])
    store = cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.store.v{LANES}f32.p0")
    builder.call(store, [numbers, place, ir.IntType(32)(4), mask])


@shared(_NAME, types.void(*[types.int64] * _ARGUMENTS))
def _multiply(a, a_row, a_column, rows, inner, b, b_row, b_vector, out, out_row, columns, add):
    """Do what `multiply` does, from addresses and strides in bytes."""
    vectors = -(-columns // LANES)
    panels, blocks = -(-vectors // BLOCK.vectors), -(-rows // BLOCK.rows)
    for panel in range(panels):
        v, next_v = vectors * panel // panels, vectors * (panel + 1) // panels
        for block in range(blocks):
            r, next_r = rows * block // blocks, rows * (block + 1) // blocks
            a_block, out_block = a + r * a_row, out + r * out_row + v * _LINE
            _multiply_block(
                next_r - r, next_v - v, a_block, a_row, a_column, inner,
                b + v * b_vector, b_row, b_vector, out_block, out_row, columns - v * LANES, add,
            )  # fmt: skip
