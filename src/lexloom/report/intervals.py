"""The mean of a measurement over a few runs, and its confidence interval."""

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit


def mean_interval(values: Sequence[float] | np.ndarray) -> tuple[float, float, float]:
    """Return the mean of n independent measurements, and its 95 % confidence interval.

    The interval is that of Student (1908), "The probable error of a mean", Biometrika 6: the mean, less and
    plus t s / sqrt(n), with the standard deviation s and the quantile t for n - 1 degrees of freedom. It
    assumes that the measurements are normally distributed.

    Parameters
    ----------
    values : (n,) array_like of float
        At least one.

    Returns
    -------
    mean, low, high : float
        The limits are nan for a single value.

    Examples
    --------
    >>> mean, low, high = mean_interval([88.3, 88.1, 88.5])
    >>> f"{mean:.2f}, from {low:.2f} to {high:.2f}"
    '88.30, from 87.80 to 88.80'
    """
    mean = float(np.mean(values))
    if len(values) == 1:
        return mean, np.nan, np.nan
    reach = float(stdtrit(len(values) - 1, 0.975) * np.std(values, ddof=1) / np.sqrt(len(values)))
    return mean, mean - reach, mean + reach
