"""The feed-forward language model: the vectors of the words before, side by side -> Linear -> Tanh -> Linear.

Bengio, Ducharme, Vincent & Jauvin 2003, without their direct connections. It stands between CBOW, which adds
the vectors of its context and so forgets their order, and the recurrent model, which sees all words before.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.nn.graph import Flatten
from lexloom.nn.initializers import new_linear, uniform
from lexloom.nn.layer import Chain
from lexloom.nn.layers import Embedding, Linear, Tanh
from lexloom.nn.losses import SoftmaxOutput, perplexity_of
from lexloom.nn.parameter import Parameter, to_device_of


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
        """Return the scores (N, V) of the word after contexts (N, C), and the cache; -1 is an absent word."""
        return Chain(self.features, self.output).forward(contexts)

    def loss(
        self, batch: Any, carry: None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, None, Any]:
        """Return the mean cross-entropy of a batch (contexts (N, C), targets (N,)), no carry, and the cache.

        In nats for each target that is not padding.
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
        """Add the gradients of every parameter."""
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
        V, number of words.
    context : int
        C, number of words before the one to predict.
    embedding, hidden : int
        Sizes D of a word vector and H of the hidden layer.
    """
    table = Parameter("embedding.W", uniform(rng, (vocabulary, embedding), 0.1, backend, dtype))
    return FeedForwardLM(
        Embedding(table),
        new_linear(rng, "hidden", (context * embedding, hidden), backend, dtype),
        new_linear(rng, "output", (hidden, vocabulary), backend, dtype),
    )


def left_contexts(ids: np.ndarray, context: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the `context` words before each word of a text, and the word.

    Parameters
    ----------
    ids : (L,) int array
    context : int
        C.

    Returns
    -------
    contexts : (L, C) int array
        In reading order; -1 where the text has not begun.
    targets : (L,) int array
        `ids`.
    """
    padded = np.concatenate([np.full(context, -1, ids.dtype), ids])
    return np.lib.stride_tricks.sliding_window_view(padded[:-1], context), ids


def perplexity(model: FeedForwardLM, ids: np.ndarray, context: int, batch: int = 500) -> float:
    """Return exp of the mean cross-entropy of every token of a text (L,), summed in float64.

    A perplexity beyond the largest float is inf.

    Parameters
    ----------
    context : int
        C, as the model was built.
    batch : int
        Tokens scored at once.
    """
    contexts, targets = left_contexts(ids, context)
    total = 0.0
    for start in range(0, len(ids), batch):
        part = slice(start, start + batch)
        total += float(model.losses((contexts[part], targets[part])).sum(dtype=np.float64))
    return perplexity_of(total / len(ids))
