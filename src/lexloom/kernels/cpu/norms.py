"""Sums of squares on the CPU, in one pass over the memory."""

import numpy as np

from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.reference.norms import Reference
from lexloom.kernels.tiles import Job


class Cpu(Reference):
    """Sums of squares of rows, for gradient norms."""

    def sums_of_squares(self, matrix: np.ndarray, sums: np.ndarray) -> Job:
        """Return the job that sums the squares of each row; see `Reference.sums_of_squares`."""
        return Job.on(matrix, lambda tile: squares_of_rows(matrix[tile], sums[tile]), 1)


@njit(nogil=True, cache=True, fastmath={"contract", "reassoc", "nsz"}, error_model="numpy")
def squares_of_rows(matrix, sums):
    """Write the sum of squares of each row of a matrix to sums."""
    for n in range(len(matrix)):
        row, total = matrix[n], matrix.dtype.type(0)
        for d in range(len(row)):
            total += row[d] * row[d]
        sums[n] = total
