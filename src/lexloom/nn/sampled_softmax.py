"""Softmax cross-entropy against a sample of the vocabulary, for training only; evaluation needs all words.

With scores s over the V words, the loss of a target t is log Z - s_t, where Z = sum over v of exp(s_v). Only
Z needs all scores. For each update, draw a set S of words that all tokens share. Each word v is drawn
independently with a known probability q_v, except that the targets of the batch are always in S (q = 1). Then

    Z' = sum over v in S of exp(s_v) / q_v = sum over v in S of exp(s_v - log q_v)

has the mean Z: v is in S with probability q_v, and then counts 1 / q_v times (Horvitz & Thompson 1952). So a
softmax over S with the scores s_v - log q_v estimates the softmax over all words, and its gradients, with q
held constant, are those of the loss over S. This is importance sampling as in Bengio & Senecal 2008 and Jean
et al. 2015, section 3, but with sets: no word is in S twice, and no target is drawn a second time as a
sample.

The relative variance of Z' is the sum over v of p_v^2 (1 - q_v) / q_v, with p = softmax(s). The targets,
which are certain, add nothing. For a given size of S, the variance is lowest on average if q_v is
proportional to the root mean square of p_v. Counts in the text to the power 0.75 come close to that, and the
most frequent words are then always in S. By Jensen's inequality, log Z' is on average below log Z, by about
half the relative variance; so are the losses that training reports.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.nn.layers import Linear
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.nn.softmax_losses import SoftmaxOutput

_POWER = 0.75


def inclusion_probabilities(counts: np.ndarray, samples: int) -> np.ndarray:
    """Return the probability with which each word is drawn: min(1, c counts^0.75).

    The constant c is chosen so that `samples` words are drawn on average. Counts of 0 are treated as 1.

    Parameters
    ----------
    counts : (V,) int array
        Number of occurrences of each word in the text.
    samples : int
        Average number of words drawn, at least 1. If it is V or more, all probabilities are 1.

    Returns
    -------
    inclusion : (V,) float64 array

    Examples
    --------
    >>> inclusion_probabilities(np.array([10000, 16, 16, 1]), 2).round(3)
    array([1.   , 0.471, 0.471, 0.059])
    """
    weights = np.maximum(counts, 1) ** _POWER
    if samples >= len(weights):
        return np.ones(len(weights))
    falling = np.sort(weights)[::-1]
    rest = np.cumsum(falling[::-1])[::-1][:samples]  # sum of the weights from each place on
    factors = (samples - np.arange(samples)) / rest  # c, if all words before that place are certain
    certain = np.argmax(factors * falling[:samples] <= 1)
    return np.minimum(1, factors[certain] * weights)


class SampledSoftmaxOutput(SoftmaxOutput):
    """`SoftmaxOutput` that uses a sample of the vocabulary in training (see the module docstring).

    Parameters
    ----------
    output : Linear
        From (..., H) to scores (..., V); it must be transposed, with one row of W for each word.
    inclusion : (V,) float array, optional
        Probability q > 0 of each word, on the host. None uses all words in training too.
    """

    def __init__(self, output: Linear, inclusion: np.ndarray | None = None):
        super().__init__(output)
        self.inclusion = inclusion

    def forward(self, x: Any, targets: Any, rng: np.random.Generator | None = None) -> tuple[Any, Any]:
        """Return the mean loss of x (..., H) for integer targets (...), and the cache.

        The sample is drawn from `rng`; None (evaluation) uses all words.
        """
        if rng is None or self.inclusion is None:
            return super().forward(x, targets)
        words, corrections, places = draw_words(self.inclusion, targets, rng)
        W, b = (parameter.data[words] for parameter in self.output.parameters())
        b -= corrections.astype(b.dtype)
        sample = Linear(Parameter("sample.W", W), Parameter("sample.b", b), transposed=True)
        loss, cache = SoftmaxOutput(sample).forward(x, places)
        return loss, (cache, words)

    def forward_tokens(self, x: Any, targets: Any) -> tuple[Any, Any]:
        """Return the loss of each token (...) against all words, and the same cache as `forward`."""
        losses, cache = super().forward_tokens(x, targets)
        return losses, (cache, None)

    def backward(self, cache: Any) -> Any:
        """Return dx (..., H); add dW (a `RowGrad` if a sample was drawn) and db."""
        cache, words = cache
        if words is None:
            return super().backward(cache)
        dx, dW, db, _ = cache
        W, b = self.output.parameters()
        W.add_grad(RowGrad(words, dW.T))
        db_of_all = backend_of(db).xp.zeros_like(b.data)
        db_of_all[words] = db
        b.add_grad(db_of_all)
        return dx


def draw_words(inclusion: np.ndarray, targets: Any, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Draw the set of words for one update.

    Parameters
    ----------
    inclusion : (V,) float array
        Probability of each word, on the host.
    targets : (...) int array
        -1 is padding.
    rng : numpy.random.Generator

    Returns
    -------
    words : (S,) int array
        In ascending order, without repetition, and at least one; includes all targets.
    corrections : (S,) float64 array
        log q of each word; 0 for targets.
    places : int array like targets
        Index of each target in `words`; -1 for padding.
    """
    backend = backend_of(targets)
    xp = backend.xp
    certain = xp.zeros(len(inclusion) + 1, bool)
    certain[targets] = True  # of padding, the one element after the words
    certain = certain[:-1]
    drawn = certain | backend.to_device(rng.random(len(inclusion)) < inclusion)
    words = xp.flatnonzero(drawn)  # the host waits for the size of the sample, the only time in an update
    if not len(words):  # of padding alone, and chance chose none either
        words = xp.zeros(1, words.dtype)
    corrections = xp.where(certain, 0, xp.log(backend.to_device(inclusion)))[words]
    places = xp.where(targets >= 0, xp.cumsum(drawn)[targets] - 1, -1)
    return words, corrections, places.astype(targets.dtype)
