"""The time steps of recurrent layers, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.recurrent import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.recurrent import Cpu

    return Cpu()


def _cuda() -> Reference:
    from lexloom.kernels.cuda.recurrent import Cuda

    return Cuda()


recurrent = Subject(Reference(), _cpu, _cuda)
