"""word2vec without shortcuts: products with one-hot rows, and a softmax over the whole vocabulary.

Mikolov et al. 2013a. The models in `lexloom.vectors.word2vec` look up rows instead, and compare each target
with a few sampled words.

A batch is a pair of int arrays: the known ids, and the ids to predict. An id of -1 is absent.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.nn.graph import Repeat
from lexloom.nn.initializers import xavier
from lexloom.nn.layer import Chain
from lexloom.nn.layers import MatMul, MeanOfPresent, OneHotMatMul
from lexloom.nn.parameter import Parameter, to_device_of
from lexloom.nn.softmax_losses import SoftmaxCrossEntropy


class SimpleModel:
    """What both models share: a matrix from one-hot rows to vectors, and one from vectors to scores.

    Parameters
    ----------
    size : int
        Words in the vocabulary, V.
    dimension : int
        Numbers in a vector, D.
    rng : numpy.random.Generator
        The stream "init" of `lexloom.training.randomness`.
    backend : Backend
    dtype : dtype
    """

    def __init__(
        self, size: int, dimension: int, rng: np.random.Generator, backend: Backend, dtype: Any = np.float32
    ):
        self.W_in = Parameter("W_in", xavier(rng, (size, dimension), backend, dtype=dtype))
        self.W_out = Parameter("W_out", xavier(rng, (dimension, size), backend, dtype=dtype))
        self.input = OneHotMatMul(self.W_in)
        self.output = MatMul(self.W_out)
        self.cross_entropy = SoftmaxCrossEntropy()

    def parameters(self) -> list[Parameter]:
        """Return [W_in (V, D), W_out (D, V)]."""
        return [self.W_in, self.W_out]

    def backward(self, cache: Any) -> None:
        """Add the gradients, as dense arrays."""
        layers, layers_cache, loss_cache = cache
        layers.backward(self.cross_entropy.backward(loss_cache), layers_cache)

    def _loss(self, layers: Chain, known: Any, predicted: Any) -> tuple[Any, None, Any]:
        scores, layers_cache = layers.forward(known)
        loss, loss_cache = self.cross_entropy.forward(scores, predicted)
        return loss, None, (layers, layers_cache, loss_cache)


class SimpleCBOW(SimpleModel):
    """Predicts a word from the mean of the words around it: one-hot -> W_in -> mean -> W_out -> softmax.

    Parameters are those of `SimpleModel`.
    """

    def loss(self, batch: Any, carry: Any = None, rng: Any = None) -> tuple[Any, None, Any]:
        """Return the mean loss (nats) of contexts (N, C) and targets (N,), no carry, and the cache."""
        contexts, targets = to_device_of(self.W_in, batch)
        return self._loss(Chain(MeanOfPresent(self.input), self.output), contexts, targets)


class SimpleSkipGram(SimpleModel):
    """Predicts each of the words around a word: one-hot -> W_in -> W_out -> repeat -> softmax.

    Parameters are those of `SimpleModel`.
    """

    def loss(self, batch: Any, carry: Any = None, rng: Any = None) -> tuple[Any, None, Any]:
        """Return the mean loss (nats) of targets (N,) and their contexts (N, C), no carry, and the cache."""
        targets, contexts = to_device_of(self.W_in, batch)
        return self._loss(Chain(self.input, self.output, Repeat(contexts.shape[1])), targets, contexts.T)
