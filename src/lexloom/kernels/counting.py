"""Co-occurrence counts, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.counting import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.counting import Cpu

    return Cpu()


def _cuda() -> Reference:
    from lexloom.kernels.cuda.counting import Cuda

    return Cuda()


counting = Subject(Reference(), _cpu, _cuda)
