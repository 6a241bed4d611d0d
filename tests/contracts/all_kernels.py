"""The kernels of all subjects in one class for each device, for tests that compare devices."""

from typing import Any

from lexloom.kernels.counting import counting
from lexloom.kernels.jobs import jobs
from lexloom.kernels.norms import norms
from lexloom.kernels.products import products
from lexloom.kernels.projections import projections
from lexloom.kernels.recurrent import recurrent
from lexloom.kernels.row_sums import row_sums
from lexloom.kernels.screening import screening
from lexloom.kernels.softmax import softmax
from lexloom.kernels.sparse import sparse
from lexloom.kernels.updates import updates
from lexloom.kernels.word2vec import word2vec

SUBJECTS = (
    counting,
    jobs,
    norms,
    products,
    projections,
    recurrent,
    screening,
    softmax,
    sparse,
    updates,
    word2vec,
    row_sums,
)
"""Row sums come last, since others inherit from them."""


def _joined(name, kernels):
    return type(name, tuple(map(type, kernels)), {})


Reference = _joined("Reference", [subject.reference for subject in SUBJECTS])
Cpu = _joined("Cpu", [subject.cpu() for subject in SUBJECTS])


def cuda() -> Any:
    """Return the kernels for CUDA, with CuPy or its stand-in."""
    kernels = [subject.cuda() if subject.cuda else subject.reference for subject in SUBJECTS]
    return _joined("Cuda", kernels)()
