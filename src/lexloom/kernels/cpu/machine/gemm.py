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
4. Slices of K. So many rows of a panel as fit into the first cache are multiplied by all rows of a before the
   next ones are. With K = 650 and AVX2, this makes products some 5 % faster.
5. The next matrix is fetched while this one is multiplied. Memory that is read for the first time made
   products of 80 words by 650 units a third slower: a cache line is 16 units of a word, and the next word is
   2600 bytes away, which no processor foresees.
6. One copy of the machine code, which other kernels call by its name. Numba would compile a copy into each of
   them, which took a fifth of the time of compiling. Each size of block is a function that has all registers
   for itself: with all sizes in one, LLVM kept addresses on the stack, and small products took 5 % longer.

Each element is a sum over k in ascending order, slice by slice, so its bits do not depend on how the rows and
the columns are cut.
"""

import itertools
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.errors import TypingError
from numba.extending import intrinsic, register_jitable

from lexloom.kernels.cpu.machine.compiled import njit, shared
from lexloom.kernels.cpu.machine.registers import WIDTH, aligned_rows, copy_transposed, repeat
from lexloom.kernels.cpu.machine.target import BLOCK

LANES = WIDTH
_LINE = 4 * LANES  # bytes in a vector of b
_INT, _FLOAT = ir.IntType(64), ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_NAME = "lexloom_multiply"


class _Matrix(NamedTuple):
    """An address, and the bytes from a row to the next, and from a column or vector of a row to the next."""

    address: int
    row: int
    column: int


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
    """Copy columns first to last of a matrix (N, K) into the panels of its transpose, padded with 0.

    Rows of the matrix are contiguous.
    """
    columns, whole = len(matrix), last - (last - first) % LANES
    for v in range(len(panels)):
        panel, start = panels[v], v * LANES
        complete = whole if start + LANES <= columns else first
        for k in range(first, complete, LANES):
            copy_transposed(matrix, start, k, panel, k)
        for k in range(complete, last):
            for c in range(LANES):
                panel[k, c] = matrix[start + c, k] if start + c < columns else 0


@intrinsic
def multiply(typing, a, b, out, add):
    """Write a (M, K) @ b to out (M, N), or add it to out if `add`; all are float32.

    b is panels (vectors, K, LANES), or a matrix (K, N or more) whose rows are contiguous and whole vectors.
    a may have any strides; rows of out are contiguous. Bounds are not checked.
    """

    def generate(context, builder, signature, values):
        return _call(context, builder, signature, values, (_INT(0), _INT(0)))

    return types.void(*_checked(a, b, out), types.boolean), generate


@intrinsic
def multiply_and_fetch(typing, a, b, out, add, ahead):
    """Do what `multiply` does, and fetch `ahead`, a contiguous array that is needed soon, into the cache."""

    def generate(context, builder, signature, values):
        array = context.make_array(ahead)(context, builder, values[4])
        size = builder.mul(array.nitems, array.itemsize)
        return _call(context, builder, signature, values, (builder.ptrtoint(array.data, _INT), size))

    return types.void(*_checked(a, b, out), types.boolean, ahead), generate


def _checked(*arrays):
    """Return the types of arrays; raise an error if one is not of float32."""
    if {array.dtype for array in arrays} != {types.float32}:
        raise TypingError(f"multiply: expected arrays of float32, not {', '.join(map(str, arrays))}")
    return arrays


def _call(context, builder, signature, values, ahead):
    """Call `_multiply` with addresses and strides in bytes; `ahead` is the address and the size to fetch."""
    a, b, out = (
        context.make_array(kind)(context, builder, value)
        for kind, value in zip(signature.args[:3], values[:3], strict=True)
    )
    strides, shape = (cgutils.unpack_tuple(builder, numbers) for numbers in (a.strides, a.shape))
    numbers = [
        builder.ptrtoint(a.data, _INT), *strides, *_vectors_of(builder, b), *_vectors_of(builder, out),
        *shape, cgutils.unpack_tuple(builder, out.shape)[1], builder.zext(values[3], _INT), *ahead,
    ]  # fmt: skip
    place = cgutils.alloca_once_value(builder, cgutils.pack_array(builder, numbers))
    function = _function(builder, _NAME, ir.VoidType(), [_INT.as_pointer()])
    builder.call(function, [builder.bitcast(place, _INT.as_pointer())])
    return context.get_dummy_value()


def _vectors_of(builder, array):
    """Return address, row stride and vector stride of an array whose rows are contiguous, or of panels."""
    strides = cgutils.unpack_tuple(builder, array.strides)
    vector = strides[0] if len(strides) == 3 else _INT(_LINE)
    return builder.ptrtoint(array.data, _INT), strides[-2], vector


@register_jitable
def _most_vectors(rows):
    """Return the largest number of vectors in a block of so many rows."""
    return BLOCK.vectors if rows > 1 else BLOCK.single


@intrinsic
def _multiply_block(typing, size, a, b, out, columns, add, ahead):
    """Write a block of out, or add to it: `size` rows, vectors, and steps of k.

    Only its first `columns` columns are written. `ahead` is an address to fetch from, and the bytes to fetch
    in each step, or 0.
    """

    def generate(context, builder, signature, values):
        size, *matrices, columns, add, ahead = values
        rows, vectors, inner = cgutils.unpack_tuple(builder, size)
        tuples = [cgutils.unpack_tuple(builder, numbers) for numbers in (*matrices, ahead)]
        numbers = [inner, columns, add, *itertools.chain(*tuples)]
        with builder.goto_block(builder.append_basic_block("done")):
            done = builder.block
        choice = builder.switch(builder.add(builder.mul(rows, _INT(LANES)), vectors), done)
        for r in range(1, BLOCK.rows + 1):
            for v in range(1, _most_vectors(r) + 1):
                block = builder.append_basic_block()
                choice.add_case(_INT(r * LANES + v), block)
                with builder.goto_block(block):
                    builder.call(_block(builder.module, r, v, len(numbers)), numbers)
                    builder.branch(done)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(size, a, b, out, columns, add, ahead), generate


def _block(module, rows, vectors, arguments):
    """Return the function that writes a block of so many rows and vectors.

    As a function of its own, it has all registers for itself.
    """
    kind = ir.FunctionType(ir.VoidType(), [_INT] * arguments)
    function = ir.Function(module, kind, f"{_NAME}_{rows}_{vectors}")
    function.linkage = "internal"
    function.attributes.add("noinline")
    builder = ir.IRBuilder(function.append_basic_block("entry"))
    inner, columns, add, *others = function.args
    a, b, out = (_Matrix(*others[k : k + 3]) for k in (0, 3, 6))
    _write_sums(builder, _sums(builder, (rows, vectors, inner), a, b, others[9:]), out, columns, add)
    builder.ret_void()
    return function


def _sums(builder, size, a, b, ahead):
    """Write the instructions for the sums of a block; return where they are, by row and vector."""
    rows, vectors, inner = size
    zero = ir.Constant(_VECTOR, None)
    places = [(r, v) for r in range(rows) for v in range(vectors)]
    sums = {place: cgutils.alloca_once(builder, _VECTOR) for place in places}
    for total in sums.values():
        builder.store(zero, total)
    at_a = [_variable(builder, _step(builder, a.address, a.row, r)) for r in range(rows)]
    at_b = [_variable(builder, _step(builder, b.address, b.column, v)) for v in range(vectors)]
    at_next, rate = _variable(builder, ahead[0]), ahead[1]
    fma = _function(builder, f"llvm.fmuladd.v{LANES}f32", _VECTOR, [_VECTOR] * 3)

    def add_products():
        factors_b = [_load(builder, _next(builder, place, b.row), _VECTOR) for place in at_b]
        for r in range(rows):
            factors = repeat(builder, _load(builder, _next(builder, at_a[r], a.column), _FLOAT), _VECTOR)
            for v in range(vectors):
                total = builder.call(fma, [factors, factors_b[v], builder.load(sums[r, v])])
                builder.store(total, sums[r, v])

    with builder.if_else(builder.icmp_signed("!=", rate, _INT(0))) as (fetching, only_multiplying):
        with fetching, cgutils.for_range(builder, inner):
            _fetch(builder, _next(builder, at_next, rate))
            add_products()
        with only_multiplying, cgutils.for_range(builder, inner):
            add_products()
    return sums


def _write_sums(builder, sums, out, columns, add):
    """Write the sums of a block to out, or add them."""
    last = max(v for _, v in sums)
    whole = builder.icmp_signed(">=", columns, _INT((last + 1) * LANES))
    # AMD's processors with AVX2 take many cycles for a store with a mask.
    with builder.if_else(whole) as (all_columns, some_columns):
        with all_columns:
            _write_vectors(builder, sums, out, add, {})
        with some_columns:
            mask = _first(builder, builder.sub(columns, _INT(last * LANES)))
            _write_vectors(builder, sums, out, add, {last: mask})


def _write_vectors(builder, sums, out, add, masks):
    """Write or add each vector of sums, only where its mask is true if it has one."""
    where = {(r, v): _step(builder, _step(builder, out.address, out.row, r), out.column, v) for r, v in sums}
    with builder.if_then(builder.icmp_signed("!=", add, _INT(0))):
        for (r, v), address in where.items():
            before = _load_some(builder, address, masks.get(v))
            builder.store(builder.fadd(before, builder.load(sums[r, v])), sums[r, v])
    for (r, v), address in where.items():
        _store_some(builder, builder.load(sums[r, v]), address, masks.get(v))


def _variable(builder, number):
    """Return where a number is kept that changes."""
    place = cgutils.alloca_once(builder, _INT)
    builder.store(number, place)
    return place


def _function(builder, name, result, arguments):
    return cgutils.get_or_insert_function(builder.module, ir.FunctionType(result, arguments), name)


def _fetch(builder, address):
    """Ask for the cache line at an address, up to the second cache."""
    byte, word = ir.IntType(8).as_pointer(), ir.IntType(32)
    prefetch = _function(builder, "llvm.prefetch.p0i8", ir.VoidType(), [byte, word, word, word])
    builder.call(prefetch, [builder.inttoptr(address, byte), word(0), word(2), word(1)])


def _step(builder, address, stride, count):
    """Return the address `count` strides further."""
    return builder.add(address, builder.mul(stride, _INT(count)))


def _next(builder, place, stride):
    """Return the address that a place holds, and move the place by a stride."""
    address = builder.load(place)
    builder.store(builder.add(address, stride), place)
    return address


def _load(builder, address, kind):
    return builder.load(builder.inttoptr(address, kind.as_pointer()), align=4)


def _first(builder, count):
    """Return a mask of the first `count` elements of a vector."""
    places = ir.Constant(ir.VectorType(_INT, LANES), list(range(LANES)))
    return builder.icmp_signed("<", places, repeat(builder, count, places.type))


def _load_some(builder, address, mask):
    """Load a vector, with 0 where the mask is false."""
    if mask is None:
        return _load(builder, address, _VECTOR)
    place, word = builder.inttoptr(address, _VECTOR.as_pointer()), ir.IntType(32)
    load = _function(
        builder, f"llvm.masked.load.v{LANES}f32.p0", _VECTOR, [place.type, word, mask.type, _VECTOR]
    )
    return builder.call(load, [place, word(4), mask, ir.Constant(_VECTOR, None)])


def _store_some(builder, numbers, address, mask):
    """Store a vector where the mask is true."""
    place, word = builder.inttoptr(address, _VECTOR.as_pointer()), ir.IntType(32)
    if mask is None:
        builder.store(numbers, place, align=4)
        return
    arguments = [_VECTOR, place.type, word, mask.type]
    store = _function(builder, f"llvm.masked.store.v{LANES}f32.p0", ir.VoidType(), arguments)
    builder.call(store, [numbers, place, word(4), mask])


@register_jitable
def _part(length, number, count):
    """Return the length of a part, when a length is cut into nearly equal parts."""
    return length // count + (number < length % count)


@shared(_NAME, types.void(types.CPointer(types.int64)))
def _multiply(numbers):
    """Do what `multiply` and `multiply_and_fetch` do, with the numbers of `_call`."""
    a, a_row, a_column = numbers[0], numbers[1], numbers[2]
    b, b_row, b_vector = numbers[3], numbers[4], numbers[5]
    out, out_row, out_vector = numbers[6], numbers[7], numbers[8]
    rows, inner, columns, add = numbers[9], numbers[10], numbers[11], numbers[12]
    ahead, size = numbers[13], numbers[14]
    vectors, most = -(-columns // LANES), _most_vectors(rows)
    panels, slices, blocks = -(-vectors // most), -(-inner // BLOCK.inner), -(-rows // BLOCK.rows)
    share = -(-size // max(1, panels * slices * blocks))
    rate = -(-share * slices // max(1, inner))
    if rate > _LINE:  # more than a line in a step: the processor does better on its own
        rate = 0
    v = 0
    for panel in range(panels):
        wide, k = _part(vectors, panel, panels), 0
        for part in range(slices):
            deep, r = _part(inner, part, slices), 0
            for block in range(blocks):
                high = _part(rows, block, blocks)
                _multiply_block(
                    (high, wide, deep),
                    _Matrix(a + r * a_row + k * a_column, a_row, a_column),
                    _Matrix(b + k * b_row + v * b_vector, b_row, b_vector),
                    _Matrix(out + r * out_row + v * out_vector, out_row, out_vector),
                    columns - v * LANES, add + part, (ahead, rate),
                )  # fmt: skip
                ahead += share
                r += high
            k += deep
        v += wide
