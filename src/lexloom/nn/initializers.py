"""Initial weights, drawn on the host in float64 and moved to the device.

So every device and precision starts equal.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.nn.layers import Linear
from lexloom.nn.parameter import Parameter


def uniform(
    rng: np.random.Generator, shape: tuple[int, ...], limit: float, backend: Backend, dtype: Any = np.float32
) -> Any:
    """Return an array of this shape on the backend's device, uniform in [-limit, limit)."""
    return backend.to_device(rng.uniform(-limit, limit, shape).astype(dtype))


def xavier(
    rng: np.random.Generator,
    shape: tuple[int, int],
    backend: Backend,
    gates: int = 1,
    dtype: Any = np.float32,
    gain: float = 1.0,
) -> Any:
    """Return a weight (D, gates * H), uniform with variance gain^2 2 / (D + H).

    (Glorot & Bengio 2010, equation 16.) That keeps the size of what flows forward and of the
    gradients that flow back about equal from layer to layer, with a gain of 1.

    Parameters
    ----------
    rng : Generator
        The stream "init" of `lexloom.training.randomness`.
    shape : (int, int)
        Rows D and columns, all gates together.
    gates : int
        How many weights stand side by side in the columns: 1 for Linear and a plain recurrent layer, 3 for a
        GRU, 4 for an LSTM. Each is scaled by itself.
    gain : float
        What all of it is multiplied with.
    """
    rows, columns = shape
    return uniform(rng, shape, gain * (6 / (rows + columns // gates)) ** 0.5, backend, dtype)


def new_linear(
    rng: np.random.Generator, name: str, shape: tuple[int, int], backend: Backend, dtype: Any = np.float32
) -> Linear:
    """Return a layer with parameters `name`.W of this shape, by `xavier`, and `name`.b, zeros."""
    W = Parameter(f"{name}.W", xavier(rng, shape, backend, dtype=dtype))
    return Linear(W, Parameter(f"{name}.b", backend.xp.zeros(shape[1], dtype)))
