"""The logistic sigmoid, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module


def sigmoid(x: Any) -> Any:
    """Return 1 / (1 + exp(-x)). Uses tanh, which never overflows."""
    y = array_module(x).tanh(x * 0.5)
    y *= 0.5
    y += 0.5
    return y
