"""Layers: `y, cache = layer.forward(x)` and `dx = layer.backward(dy, cache)`.

A layer keeps nothing of a forward pass: what backward needs is in the cache. So one layer can stand at many places of
a graph, and evaluating cannot disturb training. Gradients of parameters are added to `Parameter.grad`; a loss is a
scalar L, and dx stands for dL/dx. Dtypes follow the parameters.
"""

from typing import Any

from lexloom.backend import backend_of
from lexloom.parameter import Parameter, RowGrad


class MatMul:
    """Product with a matrix, over the last axis: x (..., D) -> y (..., H).

    y = x W, dx = dy W', dW = x' dy; all leading axes are flattened into one product. Derived in docs/backward.md.

    Parameters
    ----------
    W : Parameter, (D, H)
    """

    def __init__(self, W: Parameter):
        self.W = W

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return [self.W]

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (..., H) and the cache."""
        kernels = backend_of(x, self.W.data).kernels
        y = kernels.matmul(x.reshape(-1, x.shape[-1]), self.W.data)
        return y.reshape(*x.shape[:-1], -1), x

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (..., D); add dW."""
        x = cache
        kernels = backend_of(dy).kernels
        dy_rows = dy.reshape(-1, dy.shape[-1])
        self.W.add_grad(kernels.matmul(x.reshape(-1, x.shape[-1]).T, dy_rows))
        return kernels.matmul(dy_rows, self.W.data.T).reshape(x.shape)


class Linear:
    """Affine map over the last axis: x (..., D) -> y = x W + b (..., H).

    Parameters
    ----------
    W : Parameter, (D, H)
    b : Parameter, (H,)
    """

    def __init__(self, W: Parameter, b: Parameter):
        self.product = MatMul(W)
        self.b = b

    def parameters(self) -> list[Parameter]:
        """Return [W, b]."""
        return [*self.product.parameters(), self.b]

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (..., H) and the cache."""
        y, cache = self.product.forward(x)
        y += self.b.data
        return y, cache

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (..., D); add dW and db."""
        self.b.add_grad(dy.reshape(-1, dy.shape[-1]).sum(axis=0))
        return self.product.backward(dy, cache)


class Embedding:
    """Rows of a table: ids (...) -> y (..., D). The gradient stays rows.

    Parameters
    ----------
    W : Parameter, (V, D)
    """

    def __init__(self, W: Parameter):
        self.W = W

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return [self.W]

    def forward(self, ids: Any) -> tuple[Any, Any]:
        """Return the rows y (..., D) of the integer ids (...), and the cache."""
        backend_of(ids, self.W.data)
        return self.W.data[ids], ids

    def backward(self, dy: Any, cache: Any) -> None:
        """Add dW as rows; ids have no gradient."""
        ids = cache
        self.W.add_grad(RowGrad(ids.reshape(-1), dy.reshape(-1, dy.shape[-1])))
