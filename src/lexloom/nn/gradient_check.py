"""Compares derivatives written by hand with central differences, in float64.

Each backward pass of lexloom is checked so by its tests; a layer of your own takes one line:

    check_layer(MyLayer(Parameter("W", W)), x)
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from lexloom.nn.parameter import Parameter, RowGrad

_STEP = 1e-5
_TOLERANCE = 1e-7


def check_layer(layer: Any, *inputs: np.ndarray, forward: Callable | None = None) -> None:
    """Check every derivative of a layer or graph node, for the loss sum(y * r) with random numbers r.

    Parameters
    ----------
    layer : object with forward, backward and parameters
        y and dx may be one array or a tuple.
    inputs : arrays
        What forward takes. Integer arrays (ids) are passed on; dx must leave them out.
    forward : callable, optional
        Instead of `layer.forward`, where that needs more than the inputs.

    Raises
    ------
    AssertionError
        Which derivative is wrong, and where.
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
    """Check every derivative of a loss, with respect to its inputs and its parameters.

    Raises
    ------
    AssertionError
        Which derivative is wrong, and where.
    """
    _, cache = loss.forward(*inputs)
    _check(lambda: loss.forward(*inputs)[0], inputs, lambda: loss.backward(cache), loss.parameters())


def check_model(model: Any, batch: Any, carry: Any = None, seed: int | None = None) -> None:
    """Check the derivative of a model's loss by every parameter.

    Parameters
    ----------
    model : see `lexloom.training.trainer.Model`
    batch, carry
        What its `loss` takes.
    seed : int, optional
        Of what it draws, each time the same.

    Raises
    ------
    AssertionError
        Which derivative is wrong, and where.
    """

    def loss() -> tuple[Any, Any, Any]:
        return model.loss(batch, carry, None if seed is None else np.random.default_rng(seed))

    _, _, cache = loss()
    _check(lambda: loss()[0], (), lambda: model.backward(cache), model.parameters())


def check_derivative(
    objective: Callable[[], float], array: np.ndarray, gradient: np.ndarray, name: str
) -> None:
    """Check the gradient of `objective()`, a function of `array`, which is changed and restored in place.

    Raises
    ------
    AssertionError
        When shapes differ, or an element is further from its central difference than rounding explains.
    """
    if array.dtype != np.float64 or gradient.shape != array.shape:
        raise AssertionError(
            f"d{name}: {gradient.shape} for {array.shape} {array.dtype}; expected alike, float64"
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
            raise AssertionError(f"d{name}{list(index)}: {gradient[index]}, by central difference {expected}")


def dense_gradient(parameter: Parameter) -> np.ndarray:
    """Return a parameter's gradient as an array like its data, zeros where nothing was added."""
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
