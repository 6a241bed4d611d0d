"""Gradients add up in any form, and a shared parameter counts once."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.nn.parameter import Parameter, RowGrad, unique

ROWS, COLUMNS = 5, 3


def dense(grad):
    """Return any gradient as a full matrix, by the definition."""
    if not isinstance(grad, RowGrad):
        return grad
    full = np.zeros((ROWS, COLUMNS))
    for row, values in zip(grad.rows, grad.values, strict=True):
        full[row] += values
    return full


@st.composite
def gradients(draw):
    rng = np.random.default_rng(draw(st.integers(0, 1000)))
    if draw(st.booleans()):
        return rng.normal(size=(ROWS, COLUMNS))
    rows = draw(st.lists(st.integers(0, ROWS - 1), max_size=8))
    return RowGrad(np.array(rows, dtype=np.int32), rng.normal(size=(len(rows), COLUMNS)))


@settings(deadline=None)  # the first call compiles
@given(st.lists(gradients(), min_size=1, max_size=4))
def test_gradients_add_up_in_any_form(grads):
    expected = sum(dense(grad).copy() for grad in grads)
    parameter = Parameter("W", np.zeros((ROWS, COLUMNS)))
    for grad in grads:
        parameter.add_grad(grad)
    np.testing.assert_allclose(dense(parameter.grad), expected, atol=1e-12)


def test_rows_stay_rows():
    parameter = Parameter("W", np.zeros((ROWS, COLUMNS)))
    for row in (3, 1, 3):
        parameter.add_grad(RowGrad(np.array([row]), np.ones((1, COLUMNS))))
    assert isinstance(parameter.grad, RowGrad)
    summed = parameter.grad.summed()
    np.testing.assert_array_equal(summed.rows, [1, 3])
    np.testing.assert_array_equal(summed.values, [[1] * COLUMNS, [2] * COLUMNS])


def test_unique_keeps_each_object_once_in_order():
    first, second = Parameter("a", np.zeros(2)), Parameter("a", np.zeros(2))
    assert unique([second, first, second]) == [second, first]
