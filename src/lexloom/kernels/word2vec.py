"""CBOW and skip-gram with negative sampling, on every device."""

from lexloom.kernels.backend import Subject
from lexloom.kernels.reference.word2vec import Reference


def _cpu() -> Reference:
    from lexloom.kernels.cpu.word2vec import Cpu

    return Cpu()


def _cuda() -> Reference:
    from lexloom.kernels.cuda.word2vec import Cuda

    return Cuda()


word2vec = Subject(Reference(), _cpu, _cuda)
