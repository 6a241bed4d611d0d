"""The mean of a few measurements and its interval."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from lexloom.report.intervals import mean_interval

VALUES = st.lists(st.floats(-1e6, 1e6).map(lambda value: round(value, 6)), min_size=2, max_size=20)


@given(VALUES)
def test_it_is_the_interval_of_student_s_t(values):
    mean, low, high = mean_interval(values)
    assert mean == pytest.approx(np.mean(values))
    assert low <= mean <= high
    if np.std(values) > 0:
        error = scipy.stats.sem(values)
        expected = scipy.stats.t.interval(0.95, len(values) - 1, np.mean(values), error)
        assert (low, high) == pytest.approx(expected, rel=1e-9, abs=1e-9 * error)


@given(VALUES, st.floats(-100, 100), st.floats(0.1, 100), st.randoms())
def test_it_moves_and_grows_with_the_values_in_any_order(values, shift, scale, rng):
    shuffled = rng.sample(values, len(values))
    expected = shift + scale * np.array(mean_interval(values))
    found = mean_interval(shift + scale * np.array(shuffled))
    assert found == pytest.approx(expected, abs=1e-9 * scale * max(1, *np.abs(values)))


def test_equal_values_leave_no_doubt_and_a_single_one_has_no_interval():
    assert mean_interval([2.5, 2.5, 2.5]) == (2.5, 2.5, 2.5)
    mean, low, high = mean_interval([2.5])
    assert (mean, np.isnan(low), np.isnan(high)) == (2.5, True, True)


def test_it_covers_the_mean_of_all_runs_in_95_of_100_cases():
    samples = np.random.default_rng(1).normal(88.3, 0.4, (4000, 3))
    limits = np.array([mean_interval(sample)[1:] for sample in samples])
    covered = ((limits[:, 0] <= 88.3) & (limits[:, 1] >= 88.3)).mean()
    assert 0.94 < covered < 0.96  # three standard errors about 0.95
