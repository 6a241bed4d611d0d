import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.training.schedules import SCHEDULES, constant, cosine, linear


@given(st.integers(1, 1000), st.data())
def test_factors_start_at_1_and_fall_within_0_and_1(steps, data):
    step = data.draw(st.integers(0, steps - 1))
    for schedule in SCHEDULES.values():
        assert schedule(0, steps) == 1
        assert 0 < schedule(step, steps) <= 1
        assert schedule(step + 1, steps) <= schedule(step, steps)


def test_by_hand():
    assert constant(70, 100) == 1
    assert linear(25, 100) == 0.75
    assert cosine(50, 100) == pytest.approx(0.5)
    assert cosine(100, 100) == pytest.approx(0)
