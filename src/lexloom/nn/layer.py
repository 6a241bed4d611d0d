"""What a layer is, and how layers are chained."""

from typing import Any

import numpy as np

from lexloom.nn.parameter import Parameter, unique


class Layer:
    """Base class of all layers.

    A layer has no hidden state: everything that `backward` needs is in the cache that `forward` returns. So
    the same layer can appear in several places of a model, and evaluation cannot disturb training. In this
    package, dx stands for dL/dx, where the loss L is a scalar.

    Attributes
    ----------
    random : bool
        Whether the layer draws random numbers in training. If so, it is called as ``forward(x, rng)``; with
        ``rng=None`` (evaluation) it draws nothing.

    Examples
    --------
    A new layer needs only `forward` and `backward`:

    >>> from lexloom.nn.gradient_check import check_layer
    >>> class Square(Layer):
    ...     def forward(self, x):
    ...         return x**2, x
    ...
    ...     def backward(self, dy, cache):
    ...         x = cache
    ...         return 2 * x * dy
    >>> y, cache = Square().forward(np.array([3.0, -1.0]))
    >>> Square().backward(np.ones(2), cache)
    array([ 6., -2.])
    >>> check_layer(Square(), np.array([3.0, -1.0]))
    """

    random = False

    def parameters(self) -> list[Parameter]:
        """Return the trainable parameters; by default, none."""
        return []

    def forward(self, *inputs: Any) -> tuple[Any, Any]:
        """Return the output y and the cache for `backward`; most layers have one input, x."""
        raise NotImplementedError

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dx, and add the gradients of the parameters to `Parameter.grad`.

        A layer that takes integer ids returns None: ids have no gradient.
        """
        raise NotImplementedError


class Chain(Layer):
    """Layers in a row: the output of each is the input of the next.

    The cache of a chain is the list of its layers' caches.

    Parameters
    ----------
    *layers : Layer
        Each with one input and one output.

    Examples
    --------
    >>> from lexloom.nn.layers import MatMul, ReLU
    >>> W = Parameter("W", np.array([[1.0, -1.0], [2.0, 0.0]]))
    >>> chain = Chain(MatMul(W), ReLU())
    >>> y, cache = chain.forward(np.array([[1.0, 1.0]]))
    >>> y
    array([[3., 0.]])
    >>> chain.backward(np.array([[1.0, 1.0]]), cache)
    array([[1., 2.]])
    >>> W.grad
    array([[1., 0.],
           [1., 0.]])
    """

    random = True

    def __init__(self, *layers: Layer):
        self.layers = layers

    def parameters(self) -> list[Parameter]:
        """Return the parameters of all layers, from first to last, each once."""
        return unique(parameter for layer in self.layers for parameter in layer.parameters())

    def forward(self, x: Any, rng: np.random.Generator | None = None) -> tuple[Any, list[Any]]:
        """Return the output of the last layer and the cache; random layers draw from `rng`."""
        caches = []
        for layer in self.layers:
            x, cache = layer.forward(x, rng) if layer.random else layer.forward(x)
            caches.append(cache)
        return x, caches

    def backward(self, dy: Any, cache: list[Any]) -> Any:
        """Return dx of the first layer; add the gradients of all parameters."""
        for layer, layer_cache in zip(reversed(self.layers), reversed(cache), strict=True):
            dy = layer.backward(dy, layer_cache)
        return dy
