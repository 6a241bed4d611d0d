"""The two-layer network: Linear -> Sigmoid -> Linear -> softmax."""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend, backend_of
from lexloom.nn.initializers import new_linear
from lexloom.nn.layers import Linear, Sigmoid
from lexloom.nn.losses import SoftmaxCrossEntropy
from lexloom.nn.parameter import Parameter


class TwoLayerNet:
    """Sorts points into classes.

    Parameters
    ----------
    hidden : Linear
        From points (N, D) to (N, H).
    output : Linear
        From (N, H) to scores (N, K), one for each class.
    """

    def __init__(self, hidden: Linear, output: Linear):
        self.hidden = hidden
        self.sigmoid = Sigmoid()
        self.output = output
        self.cross_entropy = SoftmaxCrossEntropy()

    def parameters(self) -> list[Parameter]:
        """Return the weights and biases of both layers."""
        return [*self.hidden.parameters(), *self.output.parameters()]

    def scores(self, x: Any) -> tuple[Any, Any]:
        """Return the scores (N, K) of points (N, D), and the cache; the largest names the class."""
        h, hidden_cache = self.hidden.forward(x)
        h, sigmoid_cache = self.sigmoid.forward(h)
        scores, output_cache = self.output.forward(h)
        return scores, (hidden_cache, sigmoid_cache, output_cache)

    def loss(
        self, batch: Any, carry: None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, None, Any]:
        """Return the mean cross-entropy of a batch (points (N, D), classes (N,)), no carry, and the cache."""
        backend = backend_of(self.output.b.data)
        x, classes = (backend.to_device(array) for array in batch)
        scores, cache = self.scores(x)
        loss, loss_cache = self.cross_entropy.forward(scores, classes)
        return loss, None, (cache, loss_cache)

    def backward(self, cache: Any) -> None:
        """Add the gradients of every parameter."""
        (hidden_cache, sigmoid_cache, output_cache), loss_cache = cache
        dh = self.output.backward(self.cross_entropy.backward(loss_cache), output_cache)
        self.hidden.backward(self.sigmoid.backward(dh, sigmoid_cache), hidden_cache)


def build_two_layer_net(
    inputs: int,
    hidden: int,
    classes: int,
    rng: np.random.Generator,
    backend: Backend,
    dtype: Any = np.float32,
) -> TwoLayerNet:
    """Return a new network with D = `inputs`, H = `hidden`, K = `classes`, its weights drawn from `rng`."""
    return TwoLayerNet(
        new_linear(rng, "hidden", (inputs, hidden), backend, dtype),
        new_linear(rng, "output", (hidden, classes), backend, dtype),
    )
