"""Bounds of cosines from a coarse copy of vectors, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.screening import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.screening import Cpu

    return Cpu()


screening = Subject(Reference(), _cpu)
