"""The two-layer network: Linear -> Sigmoid -> Linear -> softmax."""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.nn.initializers import new_linear
from lexloom.nn.layer import Chain
from lexloom.nn.layers import Linear, Sigmoid
from lexloom.nn.parameter import Parameter, to_device_of
from lexloom.nn.softmax_losses import SoftmaxCrossEntropy


class TwoLayerNet:
    """Classifies points.

    Parameters
    ----------
    hidden : Linear
        From points (N, D) to (N, H).
    output : Linear
        From (N, H) to scores (N, K), one for each class.
    """

    def __init__(self, hidden: Linear, output: Linear):
        self.layers = Chain(hidden, Sigmoid(), output)
        self.cross_entropy = SoftmaxCrossEntropy()

    def parameters(self) -> list[Parameter]:
        """Return the weights and biases of both layers."""
        return self.layers.parameters()

    def scores(self, x: Any) -> tuple[Any, Any]:
        """Return the scores (N, K) of points (N, D), and the cache; the largest score gives the class."""
        return self.layers.forward(x)

    def loss(
        self, batch: Any, carry: None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, None, Any]:
        """Return the mean cross-entropy of a batch (points (N, D), classes (N,)), no carry, and the cache."""
        x, classes = to_device_of(self.parameters()[0], batch)
        scores, cache = self.scores(x)
        loss, loss_cache = self.cross_entropy.forward(scores, classes)
        return loss, None, (cache, loss_cache)

    def backward(self, cache: Any) -> None:
        """Add the gradients of all parameters."""
        layers_cache, loss_cache = cache
        self.layers.backward(self.cross_entropy.backward(loss_cache), layers_cache)


def build_two_layer_net(
    inputs: int,
    hidden: int,
    classes: int,
    rng: np.random.Generator,
    backend: Backend,
    dtype: Any = np.float32,
) -> TwoLayerNet:
    """Return a new network with sizes D = `inputs`, H = `hidden`, K = `classes`; weights are from `rng`."""
    return TwoLayerNet(
        new_linear(rng, "hidden", (inputs, hidden), backend, dtype),
        new_linear(rng, "output", (hidden, classes), backend, dtype),
    )
