"""Dense matrix products, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.products import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.products import Cpu

    return Cpu()


products = Subject(Reference(), _cpu)
