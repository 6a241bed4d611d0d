"""Initial weights.

They are drawn on the host in float64, so that they are the same on all devices and in all precisions.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.nn.layers import Linear
from lexloom.nn.parameter import Parameter


def uniform(
    rng: np.random.Generator, shape: tuple[int, ...], limit: float, backend: Backend, dtype: Any = np.float32
) -> Any:
    """Return an array of this shape, uniform in [-limit, limit), on the device of the backend."""
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

    With a gain of 1, activations and gradients keep about the same size from layer to layer (Glorot & Bengio
    2010, equation 16).

    Parameters
    ----------
    rng : numpy.random.Generator
        The stream "init" of `lexloom.training.randomness`.
    shape : (int, int)
        Rows D and columns gates * H.
    backend : Backend
    gates : int
        Number of weight matrices (D, H) side by side: 1 for Linear and RNN, 3 for GRU, 4 for LSTM. The
        variance is that of one such matrix.
    dtype : dtype
    gain : float
        Factor on all weights.
    """
    rows, columns = shape
    return uniform(rng, shape, gain * (6 / (rows + columns // gates)) ** 0.5, backend, dtype)


def new_linear(
    rng: np.random.Generator, name: str, shape: tuple[int, int], backend: Backend, dtype: Any = np.float32
) -> Linear:
    """Return a Linear layer with parameters `name`.W, drawn by `xavier`, and `name`.b, zeros."""
    W = Parameter(f"{name}.W", xavier(rng, shape, backend, dtype=dtype))
    return Linear(W, Parameter(f"{name}.b", backend.xp.zeros(shape[1], dtype)))
