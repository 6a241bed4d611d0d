"""Sums of squares, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module
from lexloom.kernels.tiles import Job


class Reference:
    """Sums of squares of rows, for gradient norms."""

    def sums_of_squares(self, matrix: Any, sums: Any) -> Job:
        """Return the job that writes the sum of squares of each row of a matrix (N, D) to sums (N,)."""

        def work(tile: slice) -> None:
            sums[tile] = array_module(matrix).einsum("ij,ij->i", matrix[tile], matrix[tile])

        return Job.on(matrix, work)
