"""The norm of all gradients together, and clipping."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.nn.parameter import Parameter, RowGrad, unique


def clip_factor(parameters: Iterable[Parameter], limit: float) -> Any:
    """Return the factor, at most 1, by which all gradients have a `global_norm` of at most `limit`.

    (Pascanu, Mikolov & Bengio 2013, algorithm 1.)

    Returns
    -------
    factor : 0-d float64 array, on the device
    """
    norm = global_norm(parameters)
    return limit / backend_of(norm).xp.maximum(norm, limit)


def global_norm(parameters: Iterable[Parameter]) -> Any:
    """Return the joint Euclidean norm of all gradients: a 0-d float64 array on the device, or 0 of none.

    Rows that repeat in a `RowGrad` are summed first. The squares of a row are added in the gradient's own
    type, the rows in float64.
    """
    parameters = [parameter for parameter in unique(parameters) if parameter.grad is not None]
    if not parameters:
        return np.float64(0)
    known = [parameter.grad_squares for parameter in parameters if parameter.grad_squares is not None]
    arrays = [_summed_grad(parameter) for parameter in parameters if parameter.grad_squares is None]
    backend = backend_of(*known, *arrays)
    rows = [array.reshape(-1, array.shape[-1]) for array in arrays]
    squares = [backend.xp.empty(len(matrix), matrix.dtype) for matrix in rows]
    backend.kernels.each_tile(*map(backend.kernels.sums_of_squares, rows, squares))
    return backend.xp.sqrt(sum(sums.sum(dtype=backend.xp.float64) for sums in known + squares))


def _summed_grad(parameter: Parameter) -> Any:
    """Return the array of a gradient; rows that repeat are summed for good."""
    if isinstance(parameter.grad, RowGrad):
        parameter.grad = parameter.grad.summed()
        return parameter.grad.values
    return parameter.grad
