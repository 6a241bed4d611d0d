"""Optimizer updates on a CUDA device, whose sums of rows have a fixed order."""

from lexloom.kernels.cuda import row_sums
from lexloom.kernels.reference.updates import Reference


class Cuda(row_sums.Cuda, Reference):
    """Optimizer updates."""
