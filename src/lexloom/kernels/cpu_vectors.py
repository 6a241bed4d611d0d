"""Rows of 16 numbers as single values, which the compiler keeps in the processor's vector registers.

Numba turns the innermost loop into vector instructions, but a sum of many rows stays in memory: each row that
is added costs a load and a store of the whole sum. With the functions below the sum does not leave the
registers, and adding a row is one load, one multiplication and one addition.
"""

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import PrimitiveModel
from numba.extending import intrinsic, register_model

WIDTH = 16


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
def load_row(typing, x, number):
    """Return row `number` of x (N, WIDTH)."""

    def generate(context, builder, signature, values):
        return builder.load(_address(context, builder, signature, values), align=_align(context, x))

    return _Row(x.dtype)(x, number), generate


@intrinsic
def store_row(typing, x, number, row):
    """Write row `number` of x (N, WIDTH)."""

    def generate(context, builder, signature, values):
        builder.store(values[2], _address(context, builder, signature, values), align=_align(context, x))
        return context.get_dummy_value()

    return types.void(x, number, row), generate


@intrinsic
def add_multiple(typing, total, factor, row):
    """Return total + factor * row, the product rounded before it is added."""

    def generate(context, builder, signature, values):
        total_value, factor_value, row_value = values
        number = context.cast(builder, factor_value, factor, row.dtype)
        undefined = ir.Constant(row_value.type, ir.Undefined)
        first = builder.insert_element(undefined, number, ir.IntType(32)(0))
        factors = builder.shuffle_vector(first, undefined, ir.VectorType(ir.IntType(32), WIDTH)(None))
        return builder.fadd(total_value, builder.fmul(factors, row_value))

    return total(total, factor, row), generate


def _address(context, builder, signature, values):
    """Return where row values[1] of the array values[0] begins, as the address of a vector."""
    array_type, number_type = signature.args[:2]
    array = context.make_array(array_type)(context, builder, values[0])
    number = context.cast(builder, values[1], number_type, types.intp)
    place = cgutils.get_item_pointer(
        context, builder, array_type, array, [number, context.get_constant(types.intp, 0)], wraparound=False
    )
    return builder.bitcast(place, context.get_value_type(_Row(array_type.dtype)).as_pointer())


def _align(context, array_type):
    """Return the alignment that can be counted on, in bytes: that of a single number."""
    return context.get_abi_sizeof(context.get_data_type(array_type.dtype))
