"""Rows of 16 numbers as single values, which the compiler keeps in the processor's vector registers.

Numba turns the innermost loop into vector instructions, but a sum of many rows stays in memory: each row that
is added costs a load and a store of the whole sum. With the functions below the sum does not leave the
registers, and adding a row is one load, one multiplication and one addition.
"""

import numpy as np
from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import PrimitiveModel
from numba.extending import intrinsic, register_jitable, register_model

WIDTH = 16
_LINE = 16  # float32 that a cache moves at once


@register_jitable
def aligned_rows(count, width):
    """Return a new float32 array (count, width) that begins where a line of the cache does: read faster."""
    numbers = np.empty(count * width + _LINE, np.float32)
    first = -(numbers.ctypes.data // 4) % _LINE
    return numbers[first : first + count * width].reshape(count, width)


def empty_rows(count: int, dtype: np.dtype) -> np.ndarray:
    """Return a new array (count, WIDTH) of any dtype that begins where a line of the cache does."""
    return aligned_rows(count, WIDTH * dtype.itemsize // 4).view(dtype)


def row_block(x: np.ndarray) -> np.ndarray:
    """Return x (N, up to WIDTH) in whole lines of the cache, filled up with columns of zeros."""
    if x.shape[1] == WIDTH and x.flags.c_contiguous and x.ctypes.data % (4 * _LINE) == 0:
        return x
    block = empty_rows(len(x), x.dtype)
    block[:, : x.shape[1]] = x
    block[:, x.shape[1] :] = 0
    return block


class _Row(types.Type):
    """The type of a row of WIDTH numbers."""

    def __init__(self, dtype: types.Float):
        self.dtype = dtype
        super().__init__(f"Row({dtype})")


@register_model(_Row)
class _RowModel(PrimitiveModel):
    def __init__(self, manager, row):
        super().__init__(manager, row, ir.VectorType(manager[row.dtype].get_value_type(), WIDTH))


@intrinsic
def zero_row(typing, x):
    """Return a row of zeros of the type of the array x."""

    def generate(context, builder, signature, values):
        return ir.Constant(context.get_value_type(signature.return_type), None)

    return _Row(x.dtype)(x), generate


@intrinsic
def full_row(typing, x, number):
    """Return a row of the type of the array x that holds a number everywhere."""

    def generate(context, builder, signature, values):
        value = context.cast(builder, values[1], number, x.dtype)
        return repeat(builder, value, context.get_value_type(signature.return_type))

    return _Row(x.dtype)(x, number), generate


@intrinsic
def load_row(typing, x, row, column):
    """Return the WIDTH numbers of the array x (N, D, rows contiguous) that begin at a row and column."""

    def generate(context, builder, signature, values):
        return builder.load(_address(context, builder, signature, values), align=_align(context, x))

    return _Row(x.dtype)(x, row, column), generate


@intrinsic
def store_row(typing, x, row, column, numbers):
    """Write WIDTH numbers to the array x (N, D), from a row and column on."""

    def generate(context, builder, signature, values):
        builder.store(values[3], _address(context, builder, signature, values), align=_align(context, x))
        return context.get_dummy_value()

    return types.void(x, row, column, numbers), generate


@intrinsic
def add_multiple(typing, total, factor, row):
    """Return total + factor * row, in two roundings where the function has no fastmath "contract"."""

    def generate(context, builder, signature, values):
        total_value, factor_value, row_value = values
        factors = repeat(builder, context.cast(builder, factor_value, factor, row.dtype), row_value.type)
        return builder.fadd(total_value, builder.fmul(factors, row_value))

    return total(total, factor, row), generate


@intrinsic
def add_product(typing, total, left, right):
    """Return total + left * right, number by number; rounded as in `add_multiple`."""

    def generate(context, builder, signature, values):
        total_value, left_value, right_value = values
        return builder.fadd(total_value, builder.fmul(left_value, right_value))

    return total(total, left, right), generate


@intrinsic
def add_up(typing, row):
    """Return the sum of a row's numbers: halves are added to each other until one number is left."""

    def generate(context, builder, signature, values):
        (value,) = values
        width = WIDTH
        while width > 1:
            width //= 2
            halves = [
                builder.shuffle_vector(value, value, _places(range(start, start + width)))
                for start in (0, width)
            ]
            value = builder.fadd(*halves)
        return builder.extract_element(value, ir.IntType(32)(0))

    return row.dtype(row), generate


def _of_two_rows(operation):
    """Return the function of two rows that an operation, of the builder and their values, stands for."""

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
    """Return the largest whole numbers that are at most those of a row of float32."""

    def generate(context, builder, signature, values):
        kind = ir.FunctionType(values[0].type, [values[0].type])
        name = f"llvm.floor.v{WIDTH}f32"
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), values)

    return row(row), generate


@intrinsic
def power_of_two(typing, row):
    """Return 2 to the power of the whole numbers, from -126 to 127, of a row of float32."""

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
larger, smaller = _of_two_rows(_larger), _of_two_rows(_smaller)  # of nan and another number, the right one


def repeat(builder, number, vector):
    """Return a vector, of an LLVM type, that holds a number everywhere."""
    undefined = ir.Constant(vector, ir.Undefined)
    first = builder.insert_element(undefined, number, ir.IntType(32)(0))
    return builder.shuffle_vector(first, undefined, ir.VectorType(ir.IntType(32), vector.count)(None))


def _places(numbers):
    """Return a constant vector of places in a row."""
    return ir.Constant(ir.VectorType(ir.IntType(32), len(numbers)), list(numbers))


def _address(context, builder, signature, values):
    """Return where the row values[1] and column values[2] of the array values[0] are, for a vector."""
    array_type = signature.args[0]
    array = context.make_array(array_type)(context, builder, values[0])
    place = [
        context.cast(builder, value, number_type, types.intp)
        for value, number_type in zip(values[1:3], signature.args[1:3], strict=True)
    ]
    pointer = cgutils.get_item_pointer(context, builder, array_type, array, place, wraparound=False)
    return builder.bitcast(pointer, context.get_value_type(_Row(array_type.dtype)).as_pointer())


def _align(context, array_type):
    """Return the alignment that can be counted on, in bytes: that of a single number."""
    return context.get_abi_sizeof(context.get_data_type(array_type.dtype))
