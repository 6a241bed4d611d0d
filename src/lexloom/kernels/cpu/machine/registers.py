"""Rows of 16 numbers as single values, which the compiler keeps in vector registers.

Numba vectorizes an innermost loop, but keeps the sum of many rows in memory: adding a row loads and stores
the whole sum. With the functions below, the sum stays in registers, and adding a row is one load, one
multiplication and one addition.
"""

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel.models import PrimitiveModel
from numba.extending import intrinsic, register_jitable, register_model

from lexloom.kernels.cpu.machine import target

WIDTH = 16
_INDEX = ir.IntType(64)
_LINE = 16  # float32 numbers in a cache line


@register_jitable
def aligned_rows(count, width):
    """Return a new float32 array (count, width), aligned to a cache line, which makes reading it faster."""
    numbers = np.empty(count * width + _LINE, np.float32)
    first = -(numbers.ctypes.data // 4) % _LINE
    return numbers[first : first + count * width].reshape(count, width)


def empty_rows(count: int, dtype: np.dtype) -> np.ndarray:
    """Return a new array (count, WIDTH) of any dtype, aligned to a cache line."""
    return aligned_rows(count, WIDTH * dtype.itemsize // 4).view(dtype)


def row_block(x: np.ndarray) -> np.ndarray:
    """Return x (N, up to WIDTH) padded with columns of zeros to (N, WIDTH), aligned to a cache line."""
    if x.shape[1] == WIDTH and x.flags.c_contiguous and x.ctypes.data % (4 * _LINE) == 0:
        return x
    block = empty_rows(len(x), x.dtype)
    block[:, : x.shape[1]] = x
    block[:, x.shape[1] :] = 0
    return block


class _Row(types.Type):
    """The Numba type of a row of WIDTH numbers."""

    def __init__(self, dtype: types.Float):
        self.dtype = dtype
        super().__init__(f"Row({dtype})")


@register_model(_Row)
class _RowModel(PrimitiveModel):
    def __init__(self, manager, row):
        super().__init__(manager, row, ir.VectorType(manager[row.dtype].get_value_type(), WIDTH))


@intrinsic
def zero_row(typing, x):
    """Return a row of zeros of the dtype of the array x."""

    def generate(context, builder, signature, values):
        return ir.Constant(context.get_value_type(signature.return_type), None)

    return _Row(x.dtype)(x), generate


@intrinsic
def full_row(typing, x, number):
    """Return a row of the dtype of the array x with the same number everywhere."""

    def generate(context, builder, signature, values):
        value = context.cast(builder, values[1], number, x.dtype)
        return repeat(builder, value, context.get_value_type(signature.return_type))

    return _Row(x.dtype)(x, number), generate


@intrinsic
def load_row(typing, x, row, column):
    """Return x[row, column : column + WIDTH]; rows of x are contiguous, and bounds are not checked."""

    def generate(context, builder, signature, values):
        return builder.load(_address(context, builder, signature, values), align=_align(context, x))

    return _Row(x.dtype)(x, row, column), generate


@intrinsic
def copy_transposed(typing, x, row, column, out, out_row):
    """Write the transpose of x[row : row + WIDTH, column : column + WIDTH] to rows of out (N, WIDTH).

    Blocks of 8 x 8, 4 x 4, 2 x 2 and single numbers change places across the diagonal. The first two need no
    instruction but moves of whole registers where those hold 8 or 4 numbers.
    """

    def generate(context, builder, signature, values):
        source = types.void(x, row, column), values[:3]
        rows = [_move(context, builder, source, place) for place in range(WIDTH)]
        for distance in (8, 4, 2, 1):
            for upper in range(WIDTH):
                if not upper & distance:
                    lower = upper + distance
                    rows[upper], rows[lower] = _swap(builder, rows[upper], rows[lower], distance)
        target = types.void(out, out_row, types.intp), [*values[3:], _INDEX(0)]
        for place, numbers in enumerate(rows):
            _move(context, builder, target, place, numbers)
        return context.get_dummy_value()

    return types.void(x, row, column, out, out_row), generate


@intrinsic
def store_row(typing, x, row, column, numbers):
    """Write WIDTH numbers to x[row, column : column + WIDTH]; bounds are not checked."""

    def generate(context, builder, signature, values):
        builder.store(values[3], _address(context, builder, signature, values), align=_align(context, x))
        return context.get_dummy_value()

    return types.void(x, row, column, numbers), generate


@intrinsic
def add_multiple(typing, total, factor, row):
    """Return total + factor * row; rounded once if the caller has fastmath "contract", else twice."""

    def generate(context, builder, signature, values):
        total_value, factor_value, row_value = values
        factors = repeat(builder, context.cast(builder, factor_value, factor, row.dtype), row_value.type)
        return builder.fadd(total_value, builder.fmul(factors, row_value))

    return total(total, factor, row), generate


@intrinsic
def add_product(typing, total, left, right):
    """Return total + left * right, elementwise; rounded as in `add_multiple`."""

    def generate(context, builder, signature, values):
        total_value, left_value, right_value = values
        return builder.fadd(total_value, builder.fmul(left_value, right_value))

    return total(total, left, right), generate


@intrinsic
def add_pair_products(typing, total, codes, place, pair):
    """Return total[i] + codes[place, i, 0] * pair[0] + codes[place, i, 1] * pair[1].

    codes is an int8 array (P, WIDTH, 2), total a row of int32, and pair an int32 that holds two int16. An
    instruction that multiplies pairs and adds their products is named, since the compiler does not find it.
    """

    def generate(context, builder, signature, values):
        total_value, array, index, pair_value = values
        zero = _INDEX(0)
        address = _address(context, builder, types.void(codes, place, types.intp), [array, index, zero])
        numbers, whole = (ir.VectorType(ir.IntType(bits), 2 * WIDTH) for bits in (8, 16))
        left = builder.sext(builder.load(builder.bitcast(address, numbers.as_pointer()), align=1), whole)
        right = builder.bitcast(repeat(builder, pair_value, total_value.type), whole)
        add = _add_pairs_named if target.MULTIPLIES_PAIRS else _add_pairs
        return builder.add(total_value, add(builder, left, right))

    return total(total, codes, place, types.int32), generate


@intrinsic
def add_up(typing, row):
    """Return the sum of a row, by adding its halves until one number is left."""

    def generate(context, builder, signature, values):
        (value,) = values
        width = WIDTH
        while width > 1:
            width //= 2
            halves = [
                builder.shuffle_vector(value, value, _indices(range(start, start + width)))
                for start in (0, width)
            ]
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.IntType(32)(0))

    return row.dtype(row), generate


def _of_two_rows(operation):
    """Return a function of two rows, from an operation on the LLVM builder and two values."""

    @intrinsic
    def operate(typing, left, right):
        def generate(context, builder, signature, values):
            return operation(builder, *values)

        return left(left, right), generate

    return operate


def _larger(builder, left, right):
    return builder.select(builder.fcmp_ordered(">", left, right), left, right)


def _smaller(builder, left, right):
    return builder.select(builder.fcmp_ordered("<", left, right), left, right)


@intrinsic
def floor_row(typing, row):
    """Return the floor of a row of float32."""

    def generate(context, builder, signature, values):
        kind = ir.FunctionType(values[0].type, [values[0].type])
        name = f"llvm.floor.v{WIDTH}f32"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)

    return row(row), generate


@intrinsic
def power_of_two(typing, row):
    """Return 2 to the power of a row of float32 that holds integers from -126 to 127."""

    def generate(context, builder, signature, values):
        (value,) = values
        whole = ir.VectorType(ir.IntType(32), WIDTH)
        bias, shift = (ir.Constant(whole, [number] * WIDTH) for number in (127, 23))
        exponents = builder.add(builder.fptosi(value, whole), bias)
        return builder.bitcast(builder.shl(exponents, shift), value.type)

    return row(row), generate


add_rows = _of_two_rows(lambda builder, left, right: builder.fadd(left, right))
subtract_rows = _of_two_rows(lambda builder, left, right: builder.fsub(left, right))
multiply_rows = _of_two_rows(lambda builder, left, right: builder.fmul(left, right))
divide_rows = _of_two_rows(lambda builder, left, right: builder.fdiv(left, right))
larger, smaller = _of_two_rows(_larger), _of_two_rows(_smaller)  # if either is nan, the right one


def repeat(builder, number, vector):
    """Return an LLVM vector with the same number everywhere."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.IntType(32)(0))
    return builder.shuffle_vector(first, undefined, ir.VectorType(ir.IntType(32), vector.count)(None))


def _add_pairs(builder, left, right):
    """Return the sums of products of pairs of int16, as int32."""
    factors = [
        builder.sext(
            builder.shuffle_vector(side, side, _indices(range(first, 2 * WIDTH, 2))),
            ir.VectorType(ir.IntType(32), WIDTH),
        )
        for first in (0, 1)
        for side in (left, right)
    ]
    return builder.add(builder.mul(*factors[:2]), builder.mul(*factors[2:]))


def _add_pairs_named(builder, left, right):
    """Return the same as `_add_pairs`, by the instruction of AVX2."""
    pairs, sums = ir.VectorType(ir.IntType(16), WIDTH), ir.VectorType(ir.IntType(32), WIDTH // 2)
    kind = ir.FunctionType(sums, [pairs, pairs])
    multiply = cgutils.get_or_insert_function(builder.module, kind, "llvm.x86.avx2.pmadd.wd")
    halves = [
        builder.call(
            multiply,
            [
                builder.shuffle_vector(side, side, _indices(range(start, start + WIDTH)))
                for side in (left, right)
            ],
        )
        for start in (0, WIDTH)
    ]
    return builder.shuffle_vector(*halves, _indices(range(WIDTH)))


def _swap(builder, upper, lower, distance):
    """Exchange the odd blocks of `distance` numbers of the upper row with the even ones of the lower row."""
    odd = [bool(place & distance) for place in range(WIDTH)]
    up = [place + WIDTH - distance if odd[place] else place for place in range(WIDTH)]
    low = [place + WIDTH if odd[place] else place + distance for place in range(WIDTH)]
    return [builder.shuffle_vector(upper, lower, _indices(places)) for places in (up, low)]


def _move(context, builder, matrix, further, numbers=None):
    """Load a row `further` rows below a place of a matrix, or store numbers there."""
    signature, (array, row, column) = matrix
    row = builder.add(context.cast(builder, row, signature.args[1], types.intp), _INDEX(further))
    signature = types.void(signature.args[0], types.intp, signature.args[2])
    address, align = (
        _address(context, builder, signature, [array, row, column]),
        _align(context, signature.args[0]),
    )
    if numbers is None:
        return builder.load(address, align=align)
    return builder.store(numbers, address, align=align)


def _indices(numbers):
    """Return a constant vector of indices."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), list(numbers))


def _address(context, builder, signature, values):
    """Return the address of values[0][values[1], values[2]] as a pointer to a vector."""
    array_type = signature.args[0]
    array = context.make_array(array_type)(context, builder, values[0])
    place = [
        context.cast(builder, value, number_type, types.intp)
        for value, number_type in zip(values[1:3], signature.args[1:3], strict=True)
    ]
    pointer = cgutils.get_item_pointer(context, builder, array_type, array, place, wraparound=False)
    return builder.bitcast(pointer, context.get_value_type(_Row(array_type.dtype)).as_pointer())


def _align(context, array_type):
    """Return the alignment in bytes that is guaranteed: that of a single number."""
    return context.get_abi_sizeof(context.get_data_type(array_type.dtype))
