"""Losses: how far a model's scores are from the targets; those with softmax are in softmax_losses.py.

Losses are in nats. They take scores (logits), not probabilities: softmax or sigmoid is part of the loss, so
that no exponential overflows and no logarithm is taken of 0.
"""

from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.reference.sigmoid import sigmoid
from lexloom.nn.layers import EmbeddingDot
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
        weights *= (words >= 0) * one_over_count(xp, words[..., 0] >= 0, scores.dtype)
        losses = _binary_cross_entropy(xp, scores, targets) * weights
        return losses.sum(dtype=xp.float64), (scores, targets, weights, dot_cache)

    def backward(self, cache: Any) -> Any:
        """Return dhidden (..., D); add dW as a `RowGrad`."""
        scores, targets, weights, dot_cache = cache
        errors = sigmoid(scores) - targets
        return self.dot.backward(errors * weights, dot_cache)


def _binary_cross_entropy(xp: Any, scores: Any, targets: Any) -> Any:
    return xp.maximum(scores, 0) - scores * targets + xp.log1p(xp.exp(-xp.abs(scores)))


def one_over_count(xp: Any, present: Any, dtype: Any) -> Any:
    """Return 1 / (number of examples that are present), or 1 if there are none."""
    return (1 / xp.maximum(present.sum(), 1)).astype(dtype)
