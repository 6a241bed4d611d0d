"""The feed-forward language model: concatenated word vectors -> Linear -> Tanh -> Linear -> softmax.

Bengio, Ducharme, Vincent & Jauvin 2003, without their direct connections. The model is a step between CBOW,
which averages the vectors of its context and so ignores their order, and the recurrent model, which sees all
previous words.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.language.perplexity import perplexity_of
from lexloom.nn.graph import Flatten
from lexloom.nn.initializers import new_linear, uniform
from lexloom.nn.layer import Chain
from lexloom.nn.layers import Embedding, Linear, Tanh
from lexloom.nn.parameter import Parameter, to_device_of
from lexloom.nn.softmax_losses import SoftmaxOutput


class FeedForwardLM:
    """Predicts each word from the C words before it.

    Parameters
    ----------
    embedding : Embedding
        Table (V, D).
    hidden : Linear
        From (N, C D) to (N, H).
    output : Linear
        From (N, H) to scores (N, V).
    """

    def __init__(self, embedding: Embedding, hidden: Linear, output: Linear):
        self.embedding = embedding
        self.features = Chain(embedding, Flatten(), hidden, Tanh())
        self.output = output
        self.cross_entropy = SoftmaxOutput(output)

    def parameters(self) -> list[Parameter]:
        """Return the parameters from input to output."""
        return [*self.features.parameters(), *self.output.parameters()]

    def scores(self, contexts: Any) -> tuple[Any, Any]:
        """Return the scores (N, V) of the next word after contexts (N, C), and the cache; -1 is absent."""
        return Chain(self.features, self.output).forward(contexts)

    def loss(
        self, batch: Any, carry: None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, None, Any]:
        """Return the mean cross-entropy of a batch (contexts (N, C), targets (N,)), no carry, and the cache.

        The loss is in nats per target that is not padding.
        """
        contexts, targets = to_device_of(self.embedding.W, batch)
        h, features_cache = self.features.forward(contexts)
        loss, loss_cache = self.cross_entropy.forward(h, targets)
        return loss, None, (features_cache, loss_cache)

    def losses(self, batch: Any) -> Any:
        """Return the cross-entropy of each target (N,), without gradients."""
        contexts, targets = to_device_of(self.embedding.W, batch)
        h, _ = self.features.forward(contexts)
        return self.cross_entropy.losses(h, targets)

    def backward(self, cache: Any) -> None:
        """Add the gradients of all parameters."""
        features_cache, loss_cache = cache
        self.features.backward(self.cross_entropy.backward(loss_cache), features_cache)


def build_feed_forward_lm(
    vocabulary: int,
    context: int,
    rng: np.random.Generator,
    backend: Backend,
    *,
    embedding: int,
    hidden: int,
    dtype: Any = np.float32,
) -> FeedForwardLM:
    """Return a new model with initial weights drawn from `rng`.

    Parameters
    ----------
    vocabulary : int
        Number of words, V.
    context : int
        Number of words from which the next is predicted, C.
    rng : numpy.random.Generator
    backend : Backend
    embedding, hidden : int
        Sizes D of the word vectors and H of the hidden layer.
    dtype : dtype
    """
    table = Parameter("embedding.W", uniform(rng, (vocabulary, embedding), 0.1, backend, dtype))
    return FeedForwardLM(
        Embedding(table),
        new_linear(rng, "hidden", (context * embedding, hidden), backend, dtype),
        new_linear(rng, "output", (hidden, vocabulary), backend, dtype),
    )


def left_contexts(ids: np.ndarray, context: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the words before each word of a text, and the words themselves.

    Parameters
    ----------
    ids : (L,) int array
    context : int
        Number of words before each word, C.

    Returns
    -------
    contexts : (L, C) int array
        In reading order; -1 stands for places before the text.
    targets : (L,) int array
        The same as `ids`.

    Examples
    --------
    >>> contexts, targets = left_contexts(np.array([5, 6, 7]), 2)
    >>> contexts
    array([[-1, -1],
           [-1,  5],
           [ 5,  6]])
    """
    padded = np.concatenate([np.full(context, -1, ids.dtype), ids])
    return np.lib.stride_tricks.sliding_window_view(padded[:-1], context), ids


def perplexity(model: FeedForwardLM, ids: np.ndarray, context: int, batch: int = 500) -> float:
    """Return the perplexity of a text: exp of the mean cross-entropy of its tokens; inf if it overflows.

    Parameters
    ----------
    model : FeedForwardLM
    ids : (L,) int array
    context : int
        The C with which the model was built.
    batch : int
        Number of tokens scored at once.
    """
    contexts, targets = left_contexts(ids, context)
    total = 0.0
    for start in range(0, len(ids), batch):
        part = slice(start, start + batch)
        total += float(model.losses((contexts[part], targets[part])).sum(dtype=np.float64))
    return perplexity_of(total / len(ids))
