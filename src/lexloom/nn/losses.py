"""Losses: how far a model's scores are from the targets.

Losses are in nats. They take scores (logits), not probabilities: softmax or sigmoid is part of the loss, so
that no exponential overflows and no logarithm is taken of 0.
"""

import math
import sys
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.nn.layers import EmbeddingDot, Linear
from lexloom.nn.parameter import Parameter


class Loss:
    """Base class of all losses.

    ``loss, cache = loss.forward(scores, targets)`` returns the mean loss, a 0-d array on the device of the
    scores; ``dscores = loss.backward(cache)`` returns its gradient. As for a `Layer`, all state is in the
    cache.
    """

    def parameters(self) -> list[Parameter]:
        """Return the trainable parameters; by default, none."""
        return []


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
        backend = backend_of(scores, targets)
        xp = backend.xp
        rows, labels = scores.reshape(-1, scores.shape[-1]), targets.reshape(-1)
        losses, log_sums = backend.kernels.softmax_cross_entropy(rows, labels)
        weight = _one_over_count(xp, labels >= 0, scores.dtype)
        return losses.sum(dtype=xp.float64) * weight, (scores, labels, log_sums, weight)

    def backward(self, cache: Any) -> Any:
        """Return dscores (..., V)."""
        scores, labels, log_sums, weight = cache
        kernels = backend_of(scores).kernels
        rows = scores.reshape(-1, scores.shape[-1])
        return kernels.softmax_cross_entropy_backward(rows, labels, log_sums, weight).reshape(scores.shape)


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
        return losses.sum(dtype=xp.float64) * _one_over_count(xp, targets >= 0, x.dtype), cache

    def forward_tokens(self, x: Any, targets: Any) -> tuple[Any, Any]:
        """Return the loss of each token (...), and the same cache as `forward`."""
        backend = backend_of(x, targets)
        labels = targets.reshape(-1)
        weight = _one_over_count(backend.xp, labels >= 0, x.dtype)
        losses, dx, *grads = backend.kernels.softmax_output_gradients(
            x.reshape(-1, x.shape[-1]), self.output.matrix(), self.output.b.data, labels, weight
        )
        return losses.reshape(targets.shape), (dx.reshape(x.shape), *grads)

    def losses(self, x: Any, targets: Any) -> Any:
        """Return the loss of each token (...), without gradients; faster, for evaluation."""
        kernels = backend_of(x, targets).kernels
        rows, matrix, b = x.reshape(-1, x.shape[-1]), self.output.matrix(), self.output.b.data
        return kernels.softmax_output(rows, matrix, b, targets.reshape(-1)).reshape(targets.shape)

    def backward(self, cache: Any) -> Any:
        """Return dx (..., H); add dW and db, which the parameters may then overwrite."""
        dx, *grads = cache
        self.output.add_grads(*grads)
        return dx


class NegativeSampling(Loss):
    """One true word against K sampled words, averaged over examples (Mikolov et al. 2013b, equation 4).

    For a hidden vector h and the rows w of the table, the loss is -log sigmoid(w_true . h) - sum over the
    samples of log sigmoid(-w . h). A word of -1 is absent; examples whose true word is absent are ignored.

    Parameters
    ----------
    W : Parameter, (V, D)
        The output vectors. Their gradient is a `RowGrad`.
    weight : float
        Weight of each sampled word relative to the true word.
    """

    def __init__(self, W: Parameter, weight: float = 1.0):
        self.dot = EmbeddingDot(W)
        self.weight = weight

    def parameters(self) -> list[Parameter]:
        """Return [W]."""
        return self.dot.parameters()

    def forward(self, hidden: Any, words: Any) -> tuple[Any, Any]:
        """Return the mean loss of hidden vectors (..., D) for words (..., 1 + K), and the cache.

        The true word is the first of the 1 + K.
        """
        xp = backend_of(hidden, words).xp
        words = xp.where(words[..., :1] >= 0, words, -1)
        scores, dot_cache = self.dot.forward(hidden, words)
        targets = xp.zeros_like(scores)
        targets[..., 0] = 1
        weights = xp.full_like(scores, self.weight)
        weights[..., 0] = 1
        weights *= (words >= 0) * _one_over_count(xp, words[..., 0] >= 0, scores.dtype)
        losses = _binary_cross_entropy(xp, scores, targets) * weights
        return losses.sum(dtype=xp.float64), (scores, targets, weights, dot_cache)

    def backward(self, cache: Any) -> Any:
        """Return dhidden (..., D); add dW as a `RowGrad`."""
        scores, targets, weights, dot_cache = cache
        errors = backend_of(scores).kernels.sigmoid(scores) - targets
        return self.dot.backward(errors * weights, dot_cache)


def perplexity_of(loss: float) -> float:
    """Return the perplexity, exp(loss), of a mean cross-entropy in nats; inf if it overflows."""
    return math.inf if loss > math.log(sys.float_info.max) else math.exp(loss)


def _binary_cross_entropy(xp: Any, scores: Any, targets: Any) -> Any:
    return xp.maximum(scores, 0) - scores * targets + xp.log1p(xp.exp(-xp.abs(scores)))


def _one_over_count(xp: Any, present: Any, dtype: Any) -> Any:
    return (1 / xp.maximum(present.sum(), 1)).astype(dtype)
