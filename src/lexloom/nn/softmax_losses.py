"""Losses with softmax cross-entropy: on scores, or with the output layer that computes them."""

from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.softmax import softmax
from lexloom.nn.layers import Linear
from lexloom.nn.losses import Loss, one_over_count
from lexloom.nn.parameter import Parameter


class SoftmaxCrossEntropy(Loss):
    """-log softmax(scores)[target], averaged over the tokens whose target is not -1 (padding).

    With p = softmax(scores), dscores = (p - one_hot(target)) / tokens (derived in docs/backward.md). All
    leading axes are flattened, so one call handles all time steps.

    Examples
    --------
    >>> import numpy as np
    >>> scores = np.log([[0.5, 0.25, 0.25], [0.25, 0.5, 0.25]])
    >>> loss, cache = SoftmaxCrossEntropy().forward(scores, np.array([1, 2]))
    >>> round(float(np.exp(-loss)), 6)
    0.25
    >>> SoftmaxCrossEntropy().backward(cache).round(6)
    array([[ 0.25 , -0.375,  0.125],
           [ 0.125,  0.25 , -0.375]])
    """

    def forward(self, scores: Any, targets: Any) -> tuple[Any, Any]:
        """Return the loss of scores (..., V) for integer targets (...), and the cache."""
        xp = backend_of(scores, targets).xp
        rows, labels = scores.reshape(-1, scores.shape[-1]), targets.reshape(-1)
        losses, log_sums = softmax.of(rows).softmax_cross_entropy(rows, labels)
        weight = one_over_count(xp, labels >= 0, scores.dtype)
        return losses.sum(dtype=xp.float64) * weight, (scores, labels, log_sums, weight)

    def backward(self, cache: Any) -> Any:
        """Return dscores (..., V)."""
        scores, labels, log_sums, weight = cache
        rows = scores.reshape(-1, scores.shape[-1])
        dscores = softmax.of(rows).softmax_cross_entropy_backward(rows, labels, log_sums, weight)
        return dscores.reshape(scores.shape)


class SoftmaxOutput(Loss):
    """`Linear` followed by `SoftmaxCrossEntropy`, for vocabularies whose scores do not fit in memory.

    Only the scores of one block of tokens exist at a time, and are overwritten with their gradients. So the
    forward pass computes the gradients too, and the cache holds them.

    Parameters
    ----------
    output : Linear
        From (..., H) to scores (..., V).
    """

    def __init__(self, output: Linear):
        self.output = output

    def parameters(self) -> list[Parameter]:
        """Return the parameters of the output layer."""
        return self.output.parameters()

    def forward(self, x: Any, targets: Any) -> tuple[Any, Any]:
        """Return the mean loss of x (..., H) for integer targets (...), and the cache."""
        losses, cache = self.forward_tokens(x, targets)
        xp = backend_of(x).xp
        return losses.sum(dtype=xp.float64) * one_over_count(xp, targets >= 0, x.dtype), cache

    def forward_tokens(self, x: Any, targets: Any) -> tuple[Any, Any]:
        """Return the loss of each token (...), and the same cache as `forward`."""
        xp = backend_of(x, targets).xp
        labels = targets.reshape(-1)
        weight = one_over_count(xp, labels >= 0, x.dtype)
        losses, dx, *grads = softmax.of(x).softmax_output_gradients(
            x.reshape(-1, x.shape[-1]), self.output.matrix(), self.output.b.data, labels, weight
        )
        return losses.reshape(targets.shape), (dx.reshape(x.shape), *grads)

    def losses(self, x: Any, targets: Any) -> Any:
        """Return the loss of each token (...), without gradients; faster, for evaluation."""
        kernels = softmax.of(x, targets)
        rows, matrix, b = x.reshape(-1, x.shape[-1]), self.output.matrix(), self.output.b.data
        return kernels.softmax_output(rows, matrix, b, targets.reshape(-1)).reshape(targets.shape)

    def backward(self, cache: Any) -> Any:
        """Return dx (..., H); add dW and db, which the parameters may then overwrite."""
        dx, *grads = cache
        self.output.add_grads(*grads)
        return dx
