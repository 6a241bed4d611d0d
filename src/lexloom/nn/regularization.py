"""Regularization of recurrent language models, in addition to `lexloom.nn.layers.Dropout`.

The methods are those of Merity, Keskar & Socher 2018, "Regularizing and Optimizing LSTM Language Models".
"""

import copy
from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.nn.layer import Layer
from lexloom.nn.layers import Dropout, Embedding
from lexloom.nn.parameter import Parameter


class WordDropout(Layer):
    """An embedding that drops whole words at random: a dropped word is 0 everywhere in the batch.

    Also known as embedding dropout (Gal & Ghahramani 2016; Merity et al. 2018, section 4). The other words
    are scaled up, so that the mean is unchanged.

    Parameters
    ----------
    embedding : Embedding
        Table (V, D).
    rate : float
        In [0, 1): the probability that a word is dropped.
    """

    random = True

    def __init__(self, embedding: Embedding, rate: float):
        self.embedding = embedding
        self.dropout = Dropout(rate)

    def parameters(self) -> list[Parameter]:
        """Return the parameters of the embedding."""
        return self.embedding.parameters()

    def forward(self, ids: Any, rng: np.random.Generator | None = None) -> tuple[Any, Any]:
        """Return the word vectors y (..., D) of ids (...), and the cache."""
        x, embedding_cache = self.embedding.forward(ids)
        if rng is None or self.dropout.rate == 0:
            return x, (embedding_cache, None)
        ones = backend_of(x).xp.ones((len(self.embedding.W.data), 1), x.dtype)
        scale_of_word, _ = self.dropout.forward(ones, rng)
        scale = scale_of_word[ids]
        return x * scale, (embedding_cache, scale)

    def backward(self, dy: Any, cache: Any) -> None:
        """Add the gradient of the embedding; ids have no gradient."""
        embedding_cache, scale = cache
        self.embedding.backward(self.dropout.backward(dy, scale), embedding_cache)


class WeightDrop(Layer):
    """A recurrent layer whose recurrent weights Wh are dropped at random.

    This is DropConnect (Wan et al. 2013) on Wh (Merity et al. 2018, section 2): y = f(x; m * Wh) with one
    mask m for all steps of a window. So dWh = m * d(m * Wh).

    Parameters
    ----------
    layer : recurrent layer
        See `lexloom.nn.recurrent`.
    rate : float
        In [0, 1): the probability that a weight is dropped.
    """

    def __init__(self, layer: Any, rate: float):
        self.layer = layer
        self.dropout = Dropout(rate)

    def parameters(self) -> list[Parameter]:
        """Return the parameters of the recurrent layer."""
        return self.layer.parameters()

    def forward(
        self, x: Any, state: Any = None, rng: np.random.Generator | None = None
    ) -> tuple[tuple[Any, Any], Any]:
        """Return (y, last state) and the cache, as the recurrent layer does."""
        Wh, mask = self.dropout.forward(self.layer.Wh.data, rng)
        output, cache = self._with(Wh).forward(x, state)
        return output, (cache, Wh, mask)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx and dstate, and add the gradients of the parameters, as the recurrent layer does."""
        layer_cache, Wh, mask = cache
        thinned = self._with(Wh)
        gradients = thinned.backward(dy, layer_cache, dstate)
        self.layer.Wh.add_grad(self.dropout.backward(thinned.Wh.grad, mask))
        return gradients

    def _with(self, Wh: Any) -> Any:
        """Return a copy of the layer with other recurrent weights; the other parameters are shared."""
        thinned = copy.copy(self.layer)
        thinned.Wh = Parameter(self.layer.Wh.name, Wh)
        return thinned


class PenalizedDropout(Layer):
    """Dropout of hidden states h (N, T, H) with two penalties, AR and TAR.

    Activation regularization (AR), activation * mean(y^2), keeps the outputs small. Temporal activation
    regularization (TAR), change * mean((h_{t+1} - h_t)^2), keeps the states from changing abruptly (Merity et
    al. 2018, section 4; Merity, McCann & Socher 2017).

    The penalties are not part of the loss, so that exp(loss) remains a perplexity; `backward` adds their
    gradients::

        dh_t = dropout'(dy_t + 2 activation y_t / (N T H))
               + 2 change ((h_t - h_{t-1}) - (h_{t+1} - h_t)) / (N (T - 1) H)

    where differences beyond the first or the last step are 0.

    Parameters
    ----------
    dropout : Dropout
    activation, change : float
        Weights of AR and TAR; 0 turns the penalty off.
    """

    random = True

    def __init__(self, dropout: Dropout, activation: float = 0.0, change: float = 0.0):
        self.dropout = dropout
        self.activation = activation
        self.change = change

    def forward(self, h: Any, rng: np.random.Generator | None = None) -> tuple[Any, Any]:
        """Return y like h, and the cache; with ``rng=None`` (evaluation), y is h."""
        y, mask = self.dropout.forward(h, rng)
        return y, (h, y, mask)

    def backward(self, dy: Any, cache: Any) -> Any:
        """Return dh, with the gradients of the penalties."""
        h, y, mask = cache
        if self.activation:
            dy = dy + y * (2 * self.activation / y.size)
        dh = self.dropout.backward(dy, mask)
        if self.change and h.shape[1] > 1:
            jumps = h[:, 1:] - h[:, :-1]
            jumps *= 2 * self.change / jumps.size
            dh = dh.copy()
            dh[:, 1:] += jumps
            dh[:, :-1] -= jumps
        return dh
