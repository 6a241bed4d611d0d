"""Batches computed part by part, by one process or by several ranks, to the same bits.

A batch is cut into P parts, a power of two, and each part is computed by itself: its own products, its own
random numbers. The gradients of the parts, weighted by their numbers of predictions, are added in pairs,
pairs of pairs, and so on::

    (g0 + g1) + (g2 + g3)

So each of 2 ranks adds up one half, each of 4 ranks has one part, and every sum has the same two terms on any
number of ranks. Between ranks,

- dense gradients are cut into one slice for each rank, which gets this slice of all ranks, adds it up and
  passes on the sum. A rank sends and receives 2 (R - 1) / R times the size of the gradients;
- gradients of rows travel as rows, and each rank adds up all of them.
"""

import hashlib
import platform
from collections.abc import Sequence
from itertools import chain
from typing import Any, Protocol

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.training.randomness import part_stream
from lexloom.training.ranks import ALONE, Ranks
from lexloom.training.trainer import Callback, Model, Trainer


class PartModel(Model, Protocol):
    """The methods that a model must have for its batches to be cut into parts."""

    def predictions(self, batch: Any) -> int:
        """Return the number of predictions over which the loss of a batch is the mean."""


class InParts:
    """A model whose batches are sequences of P parts, shared among the ranks; a model like any other.

    The loss of a batch is the mean over the predictions of all parts. The carry is a list of those of the
    parts. After each step, every rank has all of both, and the same gradients.

    Parameters
    ----------
    model : PartModel
        The model that computes a part.
    parts : int
        P, a power of two.
    ranks : Ranks
        Who shares the parts of a batch, each as many consecutive ones.

    Raises
    ------
    LexloomError
        If the ranks cannot have as many parts each.
    """

    def __init__(self, model: PartModel, parts: int, ranks: Ranks = ALONE):
        if parts % ranks.size:
            raise LexloomError(
                f"parts: {parts}, which {ranks.size} processes cannot share; start 1, 2, 4, ... of them, at "
                "most as many as parts, or set parts to a larger power of two"
            )
        self.model, self.ranks = model, ranks
        share = parts // ranks.size
        self.own = range(share * ranks.rank, share * (ranks.rank + 1))

    def parameters(self) -> list[Parameter]:
        """Return all parameters, each once."""
        return self.model.parameters()

    def loss(
        self, batch: Sequence[Any], carry: list[Any] | None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, list[Any], Any]:
        """Return the mean loss of a batch, the carry of each part, and the cache."""
        key = None if rng is None else rng.integers(1 << 63, size=2, dtype=np.uint64)
        results, caches = [], []
        for number in self.own:
            part, before = batch[number], None if carry is None else carry[number]
            stream = None if key is None else part_stream(key, number)
            loss, after, cache = self.model.loss(part, before, stream)
            results.append((loss, self.model.predictions(part), after))
            caches.append(cache)
        losses, counts, states = zip(*chain.from_iterable(self.ranks.gather(results)), strict=True)
        weights = [count / max(1, sum(counts)) for count in counts]
        mean = sum(weight * loss for weight, loss in zip(weights, losses, strict=True))
        return mean, list(states), (caches, [weights[number] for number in self.own])

    def backward(self, cache: Any) -> None:
        """Add the gradients of the loss, those of all ranks, to `Parameter.grad`."""
        grads = self._of_all_ranks(self._of_own_parts(*cache))
        for parameter, grad in zip(self.parameters(), grads, strict=True):
            parameter.add_grad(grad)

    def _of_own_parts(self, caches: list[Any], weights: list[float]) -> list[Any]:
        """Return the gradient of each parameter, summed over some parts."""
        if len(caches) > 1:
            half = len(caches) // 2
            first = self._of_own_parts(caches[:half], weights[:half])
            second = self._of_own_parts(caches[half:], weights[half:])
            return [*map(_added, first, second)]
        self.model.backward(caches[0])
        grads = [_scaled(parameter.grad, weights[0]) for parameter in self.parameters()]
        for parameter in self.parameters():
            parameter.grad = None
        return grads

    def _of_all_ranks(self, grads: list[Any]) -> list[Any]:
        if self.ranks.size == 1:
            return grads
        dense = iter(self._dense_of_all_ranks([grad for grad in grads if not isinstance(grad, RowGrad)]))
        return [self._rows_of_all_ranks(grad) if isinstance(grad, RowGrad) else next(dense) for grad in grads]

    def _rows_of_all_ranks(self, grad: RowGrad) -> RowGrad:
        rows = self.ranks.gather(grad.rows)
        longest = max(map(len, rows))
        values = self.ranks.collect(_padded(grad.values, longest))
        return _in_pairs([RowGrad(some, values[rank, : len(some)]) for rank, some in enumerate(rows)])

    def _dense_of_all_ranks(self, grads: list[Any]) -> list[Any]:
        if not grads:
            return []
        ends, ranks = np.cumsum([grad.size for grad in grads]), self.ranks.size
        joined = backend_of(*grads).xp.concatenate([grad.reshape(-1) for grad in grads])
        share = -(-len(joined) // ranks)
        slices = self.ranks.exchange(_padded(joined, share * ranks).reshape(ranks, share))
        total = self.ranks.collect(_in_pairs(list(slices))).reshape(-1)
        return [
            total[end - grad.size : end].reshape(grad.shape) for grad, end in zip(grads, ends, strict=True)
        ]


class Agreement(Callback):
    """Ends a training whose ranks no longer have the same weights, as processors of two kinds would have.

    Parameters
    ----------
    ranks : Ranks
    """

    def __init__(self, ranks: Ranks):
        self.ranks = ranks

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Compare the weights of all ranks.

        Raises
        ------
        LexloomError
            If they differ.
        """
        if self.ranks.size == 1:
            return
        digest = hashlib.sha256()
        for parameter in trainer.model.parameters():
            digest.update(backend_of(parameter.data).to_host(parameter.data).tobytes())
        hosts, digests = zip(*self.ranks.gather((platform.node(), digest.digest())), strict=True)
        for rank, other in enumerate(digests):
            if other != digests[0]:
                raise LexloomError(
                    f"rank {rank} on {hosts[rank]} has other weights than rank 0 on {hosts[0]} after epoch "
                    f"{record['epoch']}; run all on processors of the same kind"
                )


def in_parts(model: PartModel, parts: int, ranks: Ranks = ALONE) -> Model:
    """Return a model for batches of some parts, on some ranks; itself for batches of a single part.

    Raises
    ------
    LexloomError
        If the ranks cannot share the parts.
    """
    return model if parts == ranks.size == 1 else InParts(model, parts, ranks)


def _in_pairs(grads: list[Any]) -> Any:
    """Return the sum of gradients, a power of two of them, as the module docstring has it."""
    while len(grads) > 1:
        grads = [*map(_added, grads[::2], grads[1::2])]
    return grads[0]


def _added(left: Any, right: Any) -> Any:
    """Return the sum of two gradients of the same kind; may overwrite the first."""
    if isinstance(left, RowGrad):
        xp = backend_of(left.values).xp
        pairs = zip((left.rows, left.values), (right.rows, right.values), strict=True)
        return RowGrad(*map(xp.concatenate, pairs)).summed()
    left += right
    return left


def _scaled(grad: Any, weight: float) -> Any:
    """Return a gradient times a weight, with each row once; may overwrite it."""
    if isinstance(grad, RowGrad):
        grad = grad.summed()
        grad.values *= weight
        return grad
    grad *= weight
    return grad


def _padded(array: Any, length: int) -> Any:
    """Return an array with zeros at the end."""
    padded = backend_of(array).xp.zeros((length, *array.shape[1:]), array.dtype)
    padded[: len(array)] = array
    return padded
