"""Products of small integers, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.integers import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.integers import Cpu

    return Cpu()


integers = Subject(Reference(), _cpu)
