"""What every kernel computes, in plain array operations: the specification of cpu.py and cuda.py."""

from typing import Any

import numpy as np


def _xp(array: Any) -> Any:
    if isinstance(array, np.ndarray):
        return np
    return array.__array_namespace__()


def matmul(a: Any, b: Any, out: Any = None) -> Any:
    """Return the product a (M, K) @ b (K, N) -> (M, N), written to `out` where given."""
    return _xp(a).matmul(a, b, out=out)


def sum_rows(rows: Any, values: Any) -> tuple[Any, Any]:
    """Add up the rows that have the same number.

    Parameters
    ----------
    rows : (K,) int array
    values : (K, D) float array

    Returns
    -------
    unique : (R,) int array, ascending
    sums : (R, D) float array
        Each sum in the order in which its rows appear.
    """
    xp = _xp(values)
    unique, inverse = xp.unique(rows, return_inverse=True)
    sums = xp.zeros((len(unique), values.shape[1]), values.dtype)
    xp.add.at(sums, inverse, values)
    return unique, sums
