"""Gradients of rows of a matrix, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module


class Reference:
    """Gradients of rows of a matrix."""

    def present_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Return the row numbers that are not -1, and their values.

        Parameters
        ----------
        rows : (...) int array
        values : (..., D) float array

        Returns
        -------
        rows : (K,) int array
            A device may keep rows of -1, since leaving them out takes long there.
        values : (K, D) float array
        """
        present = rows >= 0
        return rows[present], values[present]

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Sum the values that belong to the same row.

        Parameters
        ----------
        rows : (K,) int array
            As returned by `present_rows`.
        values : (K, D) float array

        Returns
        -------
        unique : (R,) int array
            The distinct rows, in ascending order. Where rows may be -1, -1 also stands between them, with
            sums of 0.
        sums : (R, D) float array
            Each sum is taken in the order in which its values appear.
        """
        xp = array_module(values)
        unique, inverse = xp.unique(rows, return_inverse=True)
        sums = xp.zeros((len(unique), values.shape[1]), values.dtype)
        xp.add.at(sums, inverse, values)
        return unique, sums

    def write_rows(self, matrix: Any, rows: Any, values: Any) -> None:
        """Write values (R, D) to rows (R,), as returned by `sum_rows`, of a contiguous matrix (V, D)."""
        matrix[rows] = values
