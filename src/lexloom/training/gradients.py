"""Gradient clipping by the global norm."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.kernels.jobs import jobs
from lexloom.kernels.norms import norms
from lexloom.nn.parameter import Parameter, RowGrad, unique


def clip_factor(parameters: Iterable[Parameter], limit: float) -> Any:
    """Return the factor, at most 1, that reduces the `global_norm` to at most `limit`.

    Pascanu, Mikolov & Bengio 2013, algorithm 1.

    Parameters
    ----------
    parameters : iterable of Parameter
    limit : float

    Returns
    -------
    factor : 0-d float64 array, on the device

    Examples
    --------
    >>> W = Parameter("W", np.zeros(2))
    >>> W.grad = np.array([3.0, 4.0])
    >>> float(global_norm([W])), float(clip_factor([W], 1.0))
    (5.0, 0.2)
    """
    norm = global_norm(parameters)
    return limit / backend_of(norm).xp.maximum(norm, limit)


def global_norm(parameters: Iterable[Parameter]) -> Any:
    """Return the Euclidean norm of all gradients together.

    Repeated rows of a `RowGrad` are summed first. Within a row, squares are added in the dtype of the
    gradient; the sums of the rows are added in float64.

    Returns
    -------
    norm : 0-d float64 array, on the device
        0 if there are no gradients.
    """
    parameters = [parameter for parameter in unique(parameters) if parameter.grad is not None]
    if not parameters:
        return np.float64(0)
    known = [parameter.grad_squares for parameter in parameters if parameter.grad_squares is not None]
    arrays = [_summed_grad(parameter) for parameter in parameters if parameter.grad_squares is None]
    first, *_ = gradients = known + arrays
    xp = backend_of(*gradients).xp
    rows = [array.reshape(-1, array.shape[-1]) for array in arrays]
    squares = [xp.empty(len(matrix), matrix.dtype) for matrix in rows]
    jobs.of(first).each_tile(*map(norms.of(first).sums_of_squares, rows, squares))
    return xp.sqrt(sum(sums.sum(dtype=xp.float64) for sums in known + squares))


def _summed_grad(parameter: Parameter) -> Any:
    """Return the array of a gradient; replaces a `RowGrad` by one without repeated rows."""
    if isinstance(parameter.grad, RowGrad):
        parameter.grad = parameter.grad.summed()
        return parameter.grad.values
    return parameter.grad
