"""word2vec without its shortcuts: products with one-hot rows, and a softmax over the whole vocabulary.

Mikolov et al. 2013a. `lexloom.vectors.word2vec` looks up rows instead, and compares the target with a few
sampled words.

A batch is a pair of int arrays: the ids that are known, and those to predict. An id of -1 is absent.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.nn.graph import Repeat
from lexloom.nn.initializers import xavier
from lexloom.nn.layer import Chain
from lexloom.nn.layers import MatMul, MeanOfPresent, OneHotMatMul
from lexloom.nn.losses import SoftmaxCrossEntropy
from lexloom.nn.parameter import Parameter, to_device_of


class SimpleModel:
    """Two matrices between one-hot rows and scores for every word.

    Parameters
    ----------
    size : int
        Words in the vocabulary, V.
    dimension : int
        Of the vectors, D.
    rng : Generator
        The stream "init".
    backend : Backend
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
        """Add the gradients, dense."""
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
    """Predicts each of the words around a word: one-hot -> W_in -> W_out -> softmax, the same for each.

    Parameters are those of `SimpleModel`.
    """

    def loss(self, batch: Any, carry: Any = None, rng: Any = None) -> tuple[Any, None, Any]:
        """Return the mean loss (nats) of targets (N,) and their contexts (N, C), no carry, and the cache."""
        targets, contexts = to_device_of(self.W_in, batch)
        return self._loss(Chain(self.input, self.output, Repeat(contexts.shape[1])), targets, contexts.T)
