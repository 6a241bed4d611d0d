"""Optimizer updates, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.updates import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.updates import Cpu

    return Cpu()


def _cuda() -> Reference:
    from lexloom.kernels.cuda.updates import Cuda

    return Cuda()


updates = Subject(Reference(), _cpu, _cuda)
