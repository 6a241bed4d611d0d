"""Vectorizable exp, log, sigmoid and tanh of float32, accurate to about two units in the last place."""

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.registers import (
    add_product,
    add_rows,
    divide_rows,
    floor_row,
    full_row,
    larger,
    multiply_rows,
    power_of_two,
    smaller,
    subtract_rows,
)

_LOG2_E = np.float32(1.44269504088896341)
_LN2_HIGH = np.float32(0.693359375)
_LN2_LOW = np.float32(-2.12194440e-4)
_LOWEST = np.float32(-87.0)
_HIGHEST = np.float32(88.0)


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def fast_exp(x):
    """Return exp(x) of a float32; x is clamped to [-87, 88].

    x = n ln 2 + r with |r| <= ln 2 / 2. exp(r) is a polynomial (coefficients of Cephes, Moshier 1989), and
    2^n is written into the exponent bits. ln 2 is split in two parts, which keeps r exact (Cody & Waite
    1980).
    """
    x = min(max(x, _LOWEST), _HIGHEST)
    n = np.floor(x * _LOG2_E + np.float32(0.5))
    r = x - n * _LN2_HIGH - n * _LN2_LOW
    p = np.float32(1.9875691500e-4)
    p = p * r + np.float32(1.3981999507e-3)
    p = p * r + np.float32(8.3334519073e-3)
    p = p * r + np.float32(4.1665795894e-2)
    p = p * r + np.float32(1.6666665459e-1)
    p = p * r + np.float32(5.0000001201e-1)
    p = p * r * r + r + np.float32(1)
    return p * np.int32((np.int32(n) + np.int32(127)) << np.int32(23)).view(np.float32)


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def fast_log1p(x):
    """Return log(1 + x) of a float32 in [0, 1], by a polynomial with a relative error of 2e-7."""
    p = np.float32(0.005253457929939032)
    p = p * x - np.float32(0.02958850748836994)
    p = p * x + np.float32(0.07836166769266129)
    p = p * x - np.float32(0.13674770295619965)
    p = p * x + np.float32(0.19111430644989014)
    p = p * x - np.float32(0.24844369292259216)
    p = p * x + np.float32(0.33319270610809326)
    p = p * x - np.float32(0.49999502301216125)
    return (p * x + np.float32(1)) * x


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def exp_row(row, x):
    """Return `fast_exp` of a row of the array x (see registers.py); nan stays nan."""
    row = larger(full_row(x, _LOWEST), smaller(full_row(x, _HIGHEST), row))
    n = floor_row(add_product(full_row(x, np.float32(0.5)), row, full_row(x, _LOG2_E)))
    r = subtract_rows(row, multiply_rows(n, full_row(x, _LN2_HIGH)))
    r = subtract_rows(r, multiply_rows(n, full_row(x, _LN2_LOW)))
    p = full_row(x, np.float32(1.9875691500e-4))
    p = add_product(full_row(x, np.float32(1.3981999507e-3)), p, r)
    p = add_product(full_row(x, np.float32(8.3334519073e-3)), p, r)
    p = add_product(full_row(x, np.float32(4.1665795894e-2)), p, r)
    p = add_product(full_row(x, np.float32(1.6666665459e-1)), p, r)
    p = add_product(full_row(x, np.float32(5.0000001201e-1)), p, r)
    p = add_rows(add_product(r, multiply_rows(p, r), r), full_row(x, np.float32(1)))
    return multiply_rows(p, power_of_two(n))


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def sigmoid_row(row, x):
    """Return 1 / (1 + exp(-row)) of a row of the array x."""
    one = full_row(x, np.float32(1))
    return divide_rows(one, add_rows(one, exp_row(subtract_rows(full_row(x, np.float32(0)), row), x)))


@njit(nogil=True, cache=True, inline="always", error_model="numpy")
def tanh_row(row, x):
    """Return tanh(row) of a row of the array x; the absolute error is about 1e-7."""
    one, two = full_row(x, np.float32(1)), full_row(x, np.float32(2))
    return subtract_rows(one, divide_rows(two, add_rows(one, exp_row(add_rows(row, row), x))))
