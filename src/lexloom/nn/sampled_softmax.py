"""Softmax cross-entropy against a sample of the vocabulary, for training; evaluation needs all words.

With scores s over the V words, the loss of a target t is log Z - s_t, where Z = sum over v of exp(s_v). Only
Z needs all scores. An update draws a set S of words that all its tokens share, each word v by itself with a
known probability q_v, and all targets of the batch are in S for certain, with q = 1. Then

    Z' = sum over v in S of exp(s_v) / q_v = sum over v in S of exp(s_v - log q_v)

has the mean Z: a word is in S in a share q_v of the draws, and counts 1 / q_v times there (Horvitz & Thompson
1952). So softmax over S with the scores s_v - log q_v is an estimate of softmax over all words, and its
gradients, where q is a constant, are those of the loss over S. This is importance sampling as in Bengio &
Senecal 2008 and in Jean et al. 2015, section 3, but for sets: no word is in S twice, and no target is met a
second time as a sample.

The relative variance of Z' is the sum over v of p_v^2 (1 - q_v) / q_v, with p = softmax(s); the targets of
the batch, which are certain, add nothing. For a given size of S it is least on average where q_v is
proportional to the root of the mean of p_v^2. Counts in the text to the power 0.75 come near to that; the
most frequent words are then in S always. By Jensen's inequality log Z' is on average below log Z, by about
half the relative variance, and so are the losses that training reports.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.nn.layers import Linear
from lexloom.nn.losses import SoftmaxOutput
from lexloom.nn.parameter import Parameter, RowGrad

_POWER = 0.75


def inclusion_probabilities(counts: np.ndarray, samples: int) -> np.ndarray:
    """Return the probability (V,) with which each word is drawn: min(1, c counts^0.75), float64.

    c is such that they add up to `samples`: as many words are drawn on average. A count of 0 is taken as 1.

    Parameters
    ----------
    counts : (V,) int array
        How often each word stands in the text.
    samples : int
        From 1. With V or more, every word has probability 1.
    """
    weights = np.maximum(counts, 1) ** _POWER
    if samples >= len(weights):
        return np.ones(len(weights))
    falling = np.sort(weights)[::-1]
    rest = np.cumsum(falling[::-1])[::-1][:samples]  # of the words from a place on
    factors = (samples - np.arange(samples)) / rest  # c, if the words before that place are certain
    certain = np.argmax(factors * falling[:samples] <= 1)
    return np.minimum(1, factors[certain] * weights)


class SampledSoftmaxOutput(SoftmaxOutput):
    """`SoftmaxOutput` that in training compares each target with a sample of the words; see the module.

    Parameters
    ----------
    output : Linear
        From (..., H) to scores (..., V), transposed: its table has a row for each word.
    inclusion : (V,) float array, optional
        The probability q of each word, above 0, on the host; None compares all words in training too.
    """

    def __init__(self, output: Linear, inclusion: np.ndarray | None = None):
        super().__init__(output)
        self.inclusion = inclusion

    def forward(self, x: Any, targets: Any, rng: np.random.Generator | None = None) -> tuple[Any, Any]:
        """Return the loss of x (..., H) for integer targets (...), and the cache.

        Parameters
        ----------
        rng : Generator, optional
            Draws the sample; None is evaluation, against all words.
        """
        if rng is None or self.inclusion is None:
            return super().forward(x, targets)
        words, corrections, places = self.draw(targets, rng)
        W, b = (parameter.data[words] for parameter in self.output.parameters())
        b -= corrections.astype(b.dtype)
        sample = Linear(Parameter("sample.W", W), Parameter("sample.b", b), transposed=True)
        loss, cache = SoftmaxOutput(sample).forward(x, places)
        return loss, (cache, words)

    def forward_tokens(self, x: Any, targets: Any) -> tuple[Any, Any]:
        """Return the loss of each token (...) against all words, and the cache of their mean."""
        losses, cache = super().forward_tokens(x, targets)
        return losses, (cache, None)

    def backward(self, cache: Any) -> Any:
        """Return dx (..., H); add dW, as rows where words were drawn, and db."""
        cache, words = cache
        if words is None:
            return super().backward(cache)
        dx, dW, db, _ = cache
        W, b = self.output.parameters()
        W.add_grad(RowGrad(words, dW.T))
        of_all = backend_of(db).xp.zeros_like(b.data)
        of_all[words] = db
        b.add_grad(of_all)
        return dx

    def draw(self, targets: Any, rng: np.random.Generator) -> tuple[Any, Any, Any]:
        """Draw the words that an update compares.

        Returns
        -------
        words : (S,) int array
            The targets among them; ascending, none twice.
        corrections : (S,) float64 array
            log q of each; 0 for targets.
        places : int array like targets
            Where in `words` each target stands; -1 for padding.
        """
        backend = backend_of(targets)
        drawn = backend.to_device(rng.random(len(self.inclusion)) < self.inclusion)
        corrections = backend.to_device(np.log(self.inclusion))
        present = targets >= 0
        drawn[targets[present]] = True
        corrections[targets[present]] = 0
        words = backend.xp.flatnonzero(drawn)
        places = backend.xp.where(present, backend.xp.cumsum(drawn)[targets] - 1, -1)
        return words, corrections[words], places.astype(targets.dtype)
