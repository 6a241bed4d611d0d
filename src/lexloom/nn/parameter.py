"""Trainable arrays and their gradients."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.row_sums import row_sums


@dataclass
class RowGrad:
    """The gradient of a matrix, stored as its nonzero rows.

    Attributes
    ----------
    rows : (K,) int array
        Row numbers. Values of repeated row numbers add up. On a device, -1 may be among them, for none.
    values : (K, D) float array

    Examples
    --------
    >>> import numpy as np
    >>> grad = RowGrad(np.array([2, 0, 2]), np.array([[1.0], [2.0], [3.0]]))
    >>> grad.summed()
    RowGrad(rows=array([0, 2]), values=array([[2.],
           [4.]]))
    """

    rows: Any
    values: Any

    def summed(self) -> "RowGrad":
        """Return the same gradient with each row once, in ascending order; see `sum_rows`."""
        return RowGrad(*row_sums.of(self.values).sum_rows(self.rows, self.values))


class Parameter:
    """A trainable array. Layers that share a parameter hold the same object.

    Attributes
    ----------
    name : str
        Place in the model, such as "lstm1.Wx"; also the name of the dataset in an artifact.
    data : float array
    grad : array like `data`, RowGrad, or None
        None until a backward pass adds to it.
    grad_squares : 1-d float array or None
        Numbers whose sum is the squared norm of `grad`, if the kernel computed them. Assigning `grad` resets
        them to None.
    """

    def __init__(self, name: str, data: Any):
        self.name = name
        self.data = data
        self.grad = None

    @property
    def grad(self) -> Any:
        """The gradient."""
        return self._grad

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = grad
        self.grad_squares = None

    def add_grad(self, grad: Any, squares: Any = None) -> None:
        """Add a gradient. The sum is a `RowGrad` as long as only `RowGrad`s are added.

        The parameter takes ownership of `grad`: later gradients may be added to it in place. `squares` are
        the `grad_squares` of `grad`, if known.
        """
        if self.grad is None:
            self.grad, self.grad_squares = grad, squares
        else:
            self.grad = _add(self.grad, grad)

    def __repr__(self) -> str:
        return f"Parameter({self.name}, {self.data.shape}, {self.data.dtype})"


def to_device_of(parameter: Parameter, arrays: Iterable[Any]) -> list[Any]:
    """Return arrays on the device of a parameter."""
    backend = backend_of(parameter.data)
    return [backend.to_device(array) for array in arrays]


def unique(parameters: Iterable[Parameter]) -> list[Parameter]:
    """Return the parameters in order of first appearance, each object once."""
    return list({id(parameter): parameter for parameter in parameters}.values())


def _add(left: Any, right: Any) -> Any:
    if isinstance(left, RowGrad) and isinstance(right, RowGrad):
        xp = backend_of(left.values, right.values).xp
        return RowGrad(xp.concatenate([left.rows, right.rows]), xp.concatenate([left.values, right.values]))
    if isinstance(left, RowGrad):
        left, right = right, left
    if isinstance(right, RowGrad):
        rows, values = row_sums.of(left, right.values).sum_rows(right.rows, right.values)
        row_sums.of(left).write_rows(left, rows, left[rows] + values)
        return left
    return left + right
