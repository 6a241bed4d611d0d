"""Orthonormal bases and projections onto them, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.projections import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.projections import Cpu

    return Cpu()


projections = Subject(Reference(), _cpu)
