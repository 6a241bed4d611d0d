"""Nodes of a computational graph without parameters: they combine, copy, repeat, sum or reshape values.

They are layers. `backward` returns a tuple of gradients if the node has several inputs, and takes one if it
has several outputs. The matrix product is `lexloom.nn.layers.MatMul`.
"""

from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.nn.layer import Layer


class Add(Layer):
    """y = a + b, of equal shapes; da = db = dy."""

    def forward(self, a: Any, b: Any) -> tuple[Any, Any]:
        """Return y and the cache."""
        return a + b, None

    def backward(self, dy: Any, cache: Any) -> tuple[Any, Any]:
        """Return (da, db)."""
        return dy, dy


class Multiply(Layer):
    """y = a b, element by element, of equal shapes; da = dy b, db = dy a."""

    def forward(self, a: Any, b: Any) -> tuple[Any, Any]:
        """Return y and the cache."""
        return a * b, (a, b)

    def backward(self, dy: Any, cache: Any) -> tuple[Any, Any]:
        """Return (da, db)."""
        a, b = cache
        return dy * b, dy * a


class Branch(Layer):
    """Copies a value to two branches: x -> (x, x); dx is the sum of the gradients of both branches."""

    def forward(self, x: Any) -> tuple[tuple[Any, Any], Any]:
        """Return (x, x) and the cache."""
        return (x, x), None

    def backward(self, dy: tuple[Any, Any], cache: Any) -> Any:
        """Return dx, given the pair of gradients dy."""
        left, right = dy
        return left + right


class Repeat(Layer):
    """Copies a value N times: x (...) -> y (N, ...); dx is the sum of dy over the N copies.

    Parameters
    ----------
    count : int
        N.
    """

    def __init__(self, count: int):
        self.count = count

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (N, ...) and the cache."""
        return backend_of(x).xp.repeat(x[None], self.count, axis=0), None

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (...)."""
        return dy.sum(axis=0)


class Sum(Layer):
    """The sum over the first axis: x (N, ...) -> y (...); dx is dy, repeated N times."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (...) and the cache."""
        return x.sum(axis=0), len(x)

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (N, ...)."""
        count = cache
        return backend_of(dy).xp.repeat(dy[None], count, axis=0)


class Flatten(Layer):
    """Merges all axes but the first: x (N, ...) -> y (N, D); dx is dy, reshaped like x."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (N, D) and the cache."""
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (N, ...)."""
        shape = cache
        return dy.reshape(shape)
