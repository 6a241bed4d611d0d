"""Products with a sparse matrix, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.sparse import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.sparse import Cpu

    return Cpu()


def _cuda() -> Reference:
    from lexloom.kernels.cuda.sparse import Cuda

    return Cuda()


sparse = Subject(Reference(), _cpu, _cuda)
