"""Sums of rows with the same number, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module


class Reference:
    """Sums of rows with the same number."""

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Sum the values that belong to the same row.

        Parameters
        ----------
        rows : (K,) int array
        values : (K, D) float array

        Returns
        -------
        unique : (R,) int array
            The distinct rows, in ascending order.
        sums : (R, D) float array
            Each sum is taken in the order in which its values appear.
        """
        xp = array_module(values)
        unique, inverse = xp.unique(rows, return_inverse=True)
        sums = xp.zeros((len(unique), values.shape[1]), values.dtype)
        xp.add.at(sums, inverse, values)
        return unique, sums
