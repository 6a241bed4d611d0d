"""Gradient checks: compare `backward` with central differences, in float64.

Tests check every layer, loss and model of lexloom this way. Checking a layer of your own takes one line:

>>> from lexloom.nn.layers import MatMul
>>> rng = np.random.default_rng(1)
>>> check_layer(MatMul(Parameter("W", rng.normal(size=(3, 2)))), rng.normal(size=(4, 3)))

A wrong derivative raises an error that names the first wrong element:

>>> class Wrong(MatMul):
...     def backward(self, dy, cache):
...         return 1.1 * super().backward(dy, cache)
>>> check_layer(Wrong(Parameter("W", np.ones((1, 1)))), np.ones((1, 1)))  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
AssertionError: dinput 0[0, 0]: 0.138..., but the central difference is 0.125...
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from lexloom.nn.parameter import Parameter, RowGrad

_STEP = 1e-5
_TOLERANCE = 1e-7


def check_layer(layer: Any, *inputs: np.ndarray, forward: Callable | None = None) -> None:
    """Check all derivatives of a layer, for the loss sum(y * r) with random numbers r.

    Parameters
    ----------
    layer : Layer
        Both y and dx may be an array or a tuple of arrays.
    *inputs : float64 or int arrays
        Arguments of `forward`. dx must leave out integer arrays (ids).
    forward : callable, optional
        Called in place of `layer.forward`, for example to fix the random numbers of a dropout layer.

    Raises
    ------
    AssertionError
        If a derivative is wrong; the message names the element.
    """
    forward = forward or layer.forward
    y, cache = forward(*inputs)
    rng = np.random.default_rng(0)
    dy = (
        tuple(rng.normal(size=part.shape) for part in y) if isinstance(y, tuple) else rng.normal(size=y.shape)
    )

    def objective() -> float:
        y, _ = forward(*inputs)
        parts = zip(y, dy, strict=True) if isinstance(y, tuple) else [(y, dy)]
        return sum(np.sum(part * dpart) for part, dpart in parts)

    _check(objective, inputs, lambda: layer.backward(dy, cache), layer.parameters())


def check_loss(loss: Any, *inputs: np.ndarray) -> None:
    """Check all derivatives of a loss, with respect to its inputs and its parameters.

    Parameters
    ----------
    loss : Loss
    *inputs : float64 or int arrays
        Arguments of `forward`.

    Raises
    ------
    AssertionError
        If a derivative is wrong; the message names the element.
    """
    _, cache = loss.forward(*inputs)
    _check(lambda: loss.forward(*inputs)[0], inputs, lambda: loss.backward(cache), loss.parameters())


def check_model(model: Any, batch: Any, carry: Any = None, seed: int | None = None) -> None:
    """Check the derivatives of a model's loss with respect to its parameters.

    Parameters
    ----------
    model : object
        With the methods of `lexloom.training.trainer.Model`.
    batch, carry : any
        Arguments of `model.loss`.
    seed : int, optional
        Seed of the generator that each call of `model.loss` gets; None is evaluation, without a generator.

    Raises
    ------
    AssertionError
        If a derivative is wrong; the message names the element.
    """

    def loss() -> tuple[Any, Any, Any]:
        return model.loss(batch, carry, None if seed is None else np.random.default_rng(seed))

    _, _, cache = loss()
    _check(lambda: loss()[0], (), lambda: model.backward(cache), model.parameters())


def check_derivative(
    objective: Callable[[], float], array: np.ndarray, gradient: np.ndarray, name: str
) -> None:
    """Check a gradient of `objective()` with respect to an array.

    Parameters
    ----------
    objective : callable
        Returns a number that depends on `array`.
    array : float64 array
        Changed in place, and restored.
    gradient : float64 array like `array`
    name : str
        Name of the array in messages.

    Raises
    ------
    AssertionError
        If shapes differ, or if an element differs from its central difference by more than rounding errors.
    """
    if array.dtype != np.float64 or gradient.shape != array.shape:
        raise AssertionError(
            f"d{name}: shape {gradient.shape} for {name} of shape {array.shape} and dtype {array.dtype}; "
            "expected equal shapes and float64"
        )
    for index in np.ndindex(array.shape):
        kept = array[index]
        array[index] = kept + _STEP
        above = objective()
        array[index] = kept - _STEP
        below = objective()
        array[index] = kept
        expected = (above - below) / (2 * _STEP)
        if not abs(gradient[index] - expected) <= _TOLERANCE * max(1.0, abs(expected)):
            where = f"d{name}{list(map(int, index))}"
            raise AssertionError(f"{where}: {gradient[index]}, but the central difference is {expected}")


def dense_gradient(parameter: Parameter) -> np.ndarray:
    """Return the gradient of a parameter as an array like its data; zeros if it has none."""
    dense = np.zeros_like(parameter.data)
    if isinstance(parameter.grad, RowGrad):
        np.add.at(dense, parameter.grad.rows, parameter.grad.values)
    elif parameter.grad is not None:
        dense += parameter.grad
    return dense


def _check(
    objective: Callable[[], float],
    inputs: tuple[np.ndarray, ...],
    backward: Callable[[], Any],
    parameters: list[Parameter],
) -> None:
    for parameter in parameters:
        parameter.grad = None
    dx = backward()
    gradients = [] if dx is None else list(dx) if isinstance(dx, tuple) else [dx]
    floats = [array for array in inputs if np.issubdtype(array.dtype, np.floating)]
    for number, (array, gradient) in enumerate(zip(floats, gradients, strict=True)):
        check_derivative(objective, array, gradient, f"input {number}")
    for parameter in parameters:
        check_derivative(objective, parameter.data, dense_gradient(parameter), parameter.name)
