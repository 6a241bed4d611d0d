"""word2vec: word vectors, learned by predicting a word from the words around it or vice versa.

CBOW and skip-gram (Mikolov et al. 2013a) with negative sampling (Mikolov et al. 2013b), which compares each
true word with a few sampled words. `FusedNegativeSampling` trains either model with a single kernel in place
of its layers. `lexloom.lessons.simple_word2vec` has the same models without these shortcuts.

A batch is a `ContextBatch`. An id of -1 is absent.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.backend import Backend, backend_of
from lexloom.kernels.reference.windows import contexts_around, targets_and_counts
from lexloom.kernels.word2vec import word2vec
from lexloom.nn.graph import Repeat
from lexloom.nn.initializers import uniform
from lexloom.nn.layer import Chain, Layer
from lexloom.nn.layers import Embedding, MeanOfPresent
from lexloom.nn.losses import NegativeSampling
from lexloom.nn.parameter import Parameter, RowGrad, to_device_of
from lexloom.storage.artifacts import Artifact
from lexloom.vectors.contexts import ContextBatch


class SampledModel:
    """What CBOW and skip-gram share: two tables of vectors, and negative sampling.

    As in Mikolov et al.'s program, W_in starts with small random numbers and W_out with zeros.

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
    weight : float
        Weight of each sampled word relative to the true word.
    """

    def __init__(
        self,
        size: int,
        dimension: int,
        rng: np.random.Generator,
        backend: Backend,
        dtype: Any = np.float32,
        weight: float = 1.0,
    ):
        start = uniform(rng, (size, dimension), 0.5 / dimension, backend, dtype)
        self.W_in = Parameter("W_in", start)
        self.W_out = Parameter("W_out", backend.xp.zeros((size, dimension), dtype))
        self.input = Embedding(self.W_in)
        self.negative_sampling = NegativeSampling(self.W_out, weight)

    def parameters(self) -> list[Parameter]:
        """Return [W_in (V, D), W_out (V, D)]."""
        return [self.W_in, self.W_out]

    def predictions(self, batch: ContextBatch) -> int:
        """Return the number of predictions over which the loss of a batch is the mean."""
        raise NotImplementedError

    def fused_kernel(self, kernels: Any) -> Callable:
        """Return the kernel that computes the same loss as `loss`, and all gradients."""
        raise NotImplementedError

    def backward(self, cache: Any) -> None:
        """Add the gradients, as `RowGrad`s."""
        layers, layers_cache, loss_cache = cache
        layers.backward(self.negative_sampling.backward(loss_cache), layers_cache)

    def _loss(self, layers: Layer, known: Any, words: Any) -> tuple[Any, None, Any]:
        hidden, layers_cache = layers.forward(known)
        loss, loss_cache = self.negative_sampling.forward(hidden, words)
        return loss, None, (layers, layers_cache, loss_cache)

    def vectors(self, add_contexts: bool = False) -> Any:
        """Return the word vectors (V, D): W_in, or W_in + W_out if `add_contexts`."""
        return self.W_in.data + self.W_out.data if add_contexts else self.W_in.data

    def take_up(self, trained: Artifact, path: str | Path) -> None:
        """Copy trained tables into the first U rows; the other rows keep their initial values.

        Parameters
        ----------
        trained : Artifact
            An artifact of kind "vectors", with U <= V unique `words`, and W_in and W_out (U, D).
        path : path
            Path of the artifact, for error messages.

        Raises
        ------
        LexloomError
            If a table is missing, or a table does not have the dimension D.
        """
        for table in self.parameters():
            if table.name not in trained.datasets:
                raise LexloomError(
                    f"{path}: has no {table.name} to continue from; expected vectors of CBOW or skip-gram"
                )
            rows, dimension = trained[table.name], table.data.shape[1]
            if rows.shape[1] != dimension:
                raise LexloomError(
                    f"{path}: its vectors have dimension {rows.shape[1]}, not {dimension}; "
                    f"set dimension to {rows.shape[1]}"
                )
            table.data[: len(rows)] = backend_of(table.data).to_device(rows)


class CBOW(SampledModel):
    """Predicts a word from the mean of the words around it: W_in -> mean -> negative sampling.

    Parameters are those of `SampledModel`.
    """

    def loss(self, batch: ContextBatch, carry: Any = None, rng: Any = None) -> tuple[Any, None, Any]:
        """Return the mean loss (nats) of one prediction, no carry, and the cache."""
        targets, contexts, samples = _expand(self.W_in, batch)
        words = backend_of(samples).xp.concatenate([targets[:, None], samples], axis=1)
        return self._loss(MeanOfPresent(self.input), contexts, words)

    def predictions(self, batch: ContextBatch) -> int:
        """Return the number of positions with a word."""
        return int((targets_and_counts(batch.ids, batch.radii)[0] >= 0).sum())

    def fused_kernel(self, kernels: Any) -> Callable:
        """Return the kernel of CBOW."""
        return kernels.cbow


class SkipGram(SampledModel):
    """Predicts each of the words around a word: W_in -> repeat -> negative sampling.

    Parameters are those of `SampledModel`.
    """

    def loss(self, batch: ContextBatch, carry: Any = None, rng: Any = None) -> tuple[Any, None, Any]:
        """Return the mean loss (nats) of one prediction, no carry, and the cache."""
        targets, contexts, samples = _expand(self.W_in, batch)
        xp = backend_of(samples).xp
        count = contexts.shape[1]
        samples = xp.broadcast_to(samples, (count, *samples.shape))
        words = xp.concatenate([contexts.T[:, :, None], samples], axis=2)
        return self._loss(Chain(self.input, Repeat(count)), targets, words)

    def predictions(self, batch: ContextBatch) -> int:
        """Return the number of words in all windows."""
        return int(targets_and_counts(batch.ids, batch.radii)[1].sum())

    def fused_kernel(self, kernels: Any) -> Callable:
        """Return the kernel of skip-gram."""
        return kernels.skip_gram


class FusedNegativeSampling:
    """Trains `CBOW` or `SkipGram` with one kernel, many times faster than with layers.

    Parameters
    ----------
    model : CBOW or SkipGram
        The model to train. Batches, loss and gradients are the same.
    """

    def __init__(self, model: SampledModel):
        self.model = model

    def parameters(self) -> list[Parameter]:
        """Return [W_in (V, D), W_out (V, D)]."""
        return self.model.parameters()

    def predictions(self, batch: ContextBatch) -> int:
        """Return the number of predictions over which the loss of a batch is the mean."""
        return self.model.predictions(batch)

    def loss(self, batch: ContextBatch, carry: Any = None, rng: Any = None) -> tuple[Any, None, Any]:
        """Return the mean loss (nats) of one prediction, no carry, and the gradients as cache."""
        W_in, W_out = self.parameters()
        arrays = W_in.data, W_out.data, *to_device_of(W_in, (batch.ids, batch.radii, batch.samples))
        kernel = self.model.fused_kernel(word2vec.of(*arrays))
        loss, *grads = kernel(*arrays, self.model.negative_sampling.weight)
        return loss, None, grads

    def backward(self, cache: Any) -> None:
        """Add the gradients, as `RowGrad`s."""
        for table, (rows, sums) in zip(self.parameters(), cache, strict=True):
            table.add_grad(RowGrad(rows, sums))


MODELS = {"cbow": CBOW, "skip-gram": SkipGram}


def _expand(table: Parameter, batch: ContextBatch) -> tuple[Any, Any, Any]:
    """Return the targets (B,), contexts (B, 2 window) and samples (B, S) of a batch."""
    ids, radii, samples = to_device_of(table, (batch.ids, batch.radii, batch.samples))
    samples = samples.repeat(len(radii) // len(samples), axis=0)
    return targets_and_counts(ids, radii)[0], contexts_around(ids, radii), samples
