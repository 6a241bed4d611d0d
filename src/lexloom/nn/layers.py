"""Feed-forward layers: products, embeddings, activations and dropout.

`lexloom.nn.layer.Layer` defines what a layer is. Outputs and gradients have the dtype of the parameters.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.kernels.products import products
from lexloom.kernels.reference.sigmoid import sigmoid
from lexloom.kernels.row_sums import row_sums
from lexloom.nn.layer import Layer
from lexloom.nn.parameter import Parameter, RowGrad

_DRAWS = 1 << 16  # dropout draws integers below this; 16 bits are faster to draw than floats


class MatMul(Layer):
    """Product with a matrix, over the last axis: x (..., D) -> y (..., H).

    y = x W, dx = dy W', dW = x' dy (derived in docs/backward.md). All leading axes are flattened into one
    product.

    Parameters
    ----------
    W : Parameter, (D, H)
    transposed : bool
        If True, W stores the transposed matrix, (H, D). An output layer that shares the embedding table needs
        this.
    """

    def __init__(self, W: Parameter, transposed: bool = False):
        self.W = W
        self.transposed = transposed

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return [self.W]

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (..., H) and the cache."""
        y = products.of(x, self.W.data).matmul(x.reshape(-1, x.shape[-1]), self.matrix())
        return y.reshape(*x.shape[:-1], -1), x

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (..., D); add dW."""
        x = cache
        kernels = products.of(dy)
        dy_rows = dy.reshape(-1, dy.shape[-1])
        x_rows = x.reshape(-1, x.shape[-1])
        dW = kernels.matmul(x_rows.T, dy_rows)
        self.W.add_grad(dW.T if self.transposed else dW)
        return kernels.matmul(dy_rows, self.matrix().T).reshape(x.shape)

    def matrix(self) -> Any:
        """Return the matrix (D, H), whichever way W stores it."""
        return self.W.data.T if self.transposed else self.W.data


class Linear(Layer):
    """Affine map over the last axis: x (..., D) -> y = x W + b (..., H).

    Parameters
    ----------
    W : Parameter, (D, H)
    b : Parameter, (H,)
    transposed : bool
        See `MatMul`.

    Examples
    --------
    >>> W = Parameter("W", np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> layer = Linear(W, Parameter("b", np.array([10.0, 20.0])))
    >>> y, cache = layer.forward(np.array([[1.0, -1.0]]))
    >>> y
    array([[ 8., 18.]])
    >>> layer.backward(np.array([[1.0, 2.0]]), cache)
    array([[ 5., 11.]])
    >>> W.grad
    array([[ 1.,  2.],
           [-1., -2.]])
    """

    def __init__(self, W: Parameter, b: Parameter, transposed: bool = False):
        self.product = MatMul(W, transposed)
        self.b = b

    def parameters(self) -> list[Parameter]:
        """Return [W, b]."""
        return [*self.product.parameters(), self.b]

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (..., H) and the cache."""
        y, cache = self.product.forward(x)
        y += self.b.data
        return y, cache

    def matrix(self) -> Any:
        """Return the matrix (D, H)."""
        return self.product.matrix()

    def add_grads(self, dW: Any, db: Any, squares: Any = None) -> None:
        """Add gradients of the matrix (D, H) and of b that a caller computed.

        `squares` are the `grad_squares` of dW; see `Parameter`.
        """
        self.product.W.add_grad(dW.T if self.product.transposed else dW, squares)
        self.b.add_grad(db)

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (..., D); add dW and db."""
        self.b.add_grad(dy.reshape(-1, dy.shape[-1]).sum(axis=0))
        return self.product.backward(dy, cache)


class OneHotMatMul(Layer):
    """Product of one-hot rows with a matrix: ids (...) -> y (..., D).

    `Embedding` computes the same y by indexing. This layer does it the long way: each id costs V D
    multiplications, and the gradient is dense.

    Parameters
    ----------
    W : Parameter, (V, D)
    """

    def __init__(self, W: Parameter):
        self.product = MatMul(W)

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return self.product.parameters()

    def forward(self, ids: Any) -> tuple[Any, Any]:
        """Return y (..., D) and the cache; an id of -1 (absent) gives zeros."""
        W = self.product.W.data
        words = backend_of(ids, W).xp.arange(len(W))
        return self.product.forward((ids[..., None] == words).astype(W.dtype))

    def backward(self, dy: Any, cache: Any) -> None:
        """Add dW (V, D), dense; ids have no gradient."""
        self.product.backward(dy, cache)


class Embedding(Layer):
    """Rows of a table: ids (...) -> y (..., D).

    The gradient of the table is a `RowGrad`: it holds only the rows that were looked up.

    Parameters
    ----------
    W : Parameter, (V, D)

    Examples
    --------
    >>> W = Parameter("W", np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]))
    >>> embedding = Embedding(W)
    >>> y, cache = embedding.forward(np.array([2, 0, -1]))
    >>> y
    array([[5., 6.],
           [1., 2.],
           [0., 0.]])
    >>> embedding.backward(np.ones((3, 2)), cache)
    >>> W.grad.rows
    array([2, 0])
    """

    def __init__(self, W: Parameter):
        self.W = W

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return [self.W]

    def forward(self, ids: Any) -> tuple[Any, Any]:
        """Return y (..., D) and the cache; an id of -1 (absent) gives zeros."""
        backend_of(ids, self.W.data)
        y = self.W.data[ids]
        y[ids < 0] = 0
        return y, ids

    def backward(self, dy: Any, cache: Any) -> None:
        """Add dW as a `RowGrad`; ids have no gradient."""
        self.W.add_grad(RowGrad(*row_sums.of(dy).present_rows(cache, dy)))


class EmbeddingDot(Layer):
    """Dot products of vectors with rows of a table: h (..., D), ids (..., K) -> y (..., K).

    y_k = w_k . h, dh = sum over k of dy_k w_k, dw_k = dy_k h.

    Parameters
    ----------
    W : Parameter, (V, D)
    """

    def __init__(self, W: Parameter):
        self.rows = Embedding(W)

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return self.rows.parameters()

    def forward(self, h: Any, ids: Any) -> tuple[Any, Any]:
        """Return y (..., K) and the cache; an id of -1 (absent) gives 0."""
        rows, _ = self.rows.forward(ids)
        y = backend_of(h, rows).xp.matmul(rows, h[..., None])[..., 0]
        return y, (h, ids, rows)

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dh (..., D); add dW as a `RowGrad`. The ids have no gradient."""
        h, ids, rows = cache
        self.rows.backward(dy[..., None] * h[..., None, :], ids)
        return backend_of(dy, rows).xp.matmul(dy[..., None, :], rows)[..., 0, :]


class MeanOfPresent(Layer):
    """Mean of an embedding's vectors over the ids that are not -1 (absent): ids (N, C) -> y (N, D).

    y is 0 if all ids are absent.

    Parameters
    ----------
    layer : Embedding or OneHotMatMul
    """

    def __init__(self, layer: Layer):
        self.layer = layer

    def parameters(self) -> list[Parameter]:
        """Return the parameters of the layer."""
        return self.layer.parameters()

    def forward(self, ids: Any) -> tuple[Any, Any]:
        """Return y (N, D) and the cache."""
        vectors, layer_cache = self.layer.forward(ids)
        xp = backend_of(vectors).xp
        weight = (1 / xp.maximum(1, (ids >= 0).sum(axis=1, keepdims=True))).astype(vectors.dtype)
        return vectors.sum(axis=1) * weight, (vectors.shape, weight, layer_cache)

    def backward(self, dy: Any, cache: Any) -> None:
        """Add the gradients of the layer's parameters; ids have no gradient."""
        shape, weight, layer_cache = cache
        self.layer.backward(backend_of(dy).xp.broadcast_to((dy * weight)[:, None], shape), layer_cache)


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x)), dx = dy y (1 - y); derived in docs/backward.md."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y like x, and the cache."""
        y = sigmoid(x)
        return y, y

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx."""
        y = cache
        return dy * y * (1 - y)


class Tanh(Layer):
    """y = tanh(x), dx = dy (1 - y^2)."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y like x, and the cache."""
        y = backend_of(x).xp.tanh(x)
        return y, y

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx."""
        y = cache
        return dy * (1 - y * y)


class ReLU(Layer):
    """y = max(x, 0); dx = dy where x > 0, else 0."""

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y like x, and the cache."""
        return backend_of(x).xp.maximum(x, 0), x > 0

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx."""
        positive = cache
        return dy * positive


class Softmax(Layer):
    """Probabilities over the last axis: y_i = exp(x_i) / sum over j of exp(x_j), for x (..., V).

    dx = y (dy - y . dy). Subtracting the largest x first keeps exp finite and does not change y.

    Examples
    --------
    >>> y, cache = Softmax().forward(np.log([1.0, 2.0, 5.0]))
    >>> y.round(3)
    array([0.125, 0.25 , 0.625])
    """

    def forward(self, x: Any) -> tuple[Any, Any]:
        """Return y (..., V) and the cache."""
        y = backend_of(x).xp.exp(x - x.max(axis=-1, keepdims=True))
        y /= y.sum(axis=-1, keepdims=True)
        return y, y

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx (..., V)."""
        y = cache
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True))


class Dropout(Layer):
    """Sets elements to 0 at random and scales up the others, so that the mean is unchanged.

    This is inverted dropout (Srivastava et al. 2014, section 10).

    Parameters
    ----------
    rate : float
        In [0, 1): the probability that an element is dropped, rounded to a multiple of 1/65536.
    locked : bool
        If True, x is (N, T, D) and all T steps share one mask (variational dropout, Gal & Ghahramani 2016).

    Examples
    --------
    >>> y, cache = Dropout(0.5).forward(np.ones(8), np.random.default_rng(4))
    >>> y
    array([0., 2., 0., 2., 0., 2., 0., 2.])
    >>> Dropout(0.5).backward(np.ones(8), cache)
    array([0., 2., 0., 2., 0., 2., 0., 2.])
    """

    random = True

    def __init__(self, rate: float, locked: bool = False):
        self.rate = rate
        self.locked = locked

    def forward(self, x: Any, rng: np.random.Generator | None = None) -> tuple[Any, Any]:
        """Return y like x, and the cache; with ``rng=None`` (evaluation), y is x."""
        if rng is None or self.rate == 0:
            return x, None
        shape = (len(x), 1, x.shape[2]) if self.locked else x.shape
        kept = rng.integers(_DRAWS, size=shape, dtype=np.uint16) >= min(round(self.rate * _DRAWS), _DRAWS - 1)
        scale = backend_of(x).to_device(kept) * x.dtype.type(1 / (1 - self.rate))
        return x * scale, scale

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx."""
        scale = cache
        return dy if scale is None else dy * scale
