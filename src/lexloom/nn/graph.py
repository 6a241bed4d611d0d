"""Nodes of a computational graph without parameters: where values meet, part, and are spread or gathered.

They are called as layers are; a node of several inputs or outputs takes or returns a tuple of gradients.
`layers.MatMul` is the remaining node.
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
    """One value that goes two ways: x -> (x, x); dx is the sum of what comes back on both."""

    def forward(self, x: Any) -> tuple[tuple[Any, Any], Any]:
        """Return (x, x) and the cache."""
        return (x, x), None

    def backward(self, dy: tuple[Any, Any], cache: Any) -> Any:
        """Return dx, from the pair of gradients dy."""
        left, right = dy
        return left + right


class Repeat(Layer):
    """Branch, N ways: x (...) -> y (N, ...); dx is the sum over the N.

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
    """The reverse of Repeat: x (N, ...) -> y (...), the sum over the N; dx is dy, N times."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (...) and the cache."""
        return x.sum(axis=0), len(x)

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (N, ...)."""
        count = cache
        return backend_of(dy).xp.repeat(dy[None], count, axis=0)


class Flatten(Layer):
    """All axes but the first become one: x (N, ...) -> y (N, D); dx is dy in the shape of x."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (N, D) and the cache."""
        return x.reshape(len(x), -1), x.shape

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (N, ...)."""
        shape = cache
        return dy.reshape(shape)
