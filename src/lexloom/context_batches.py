"""Contexts and targets: a word, and the words around it within a window; and batches to train word2vec on."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from lexloom.backend import backend_of
from lexloom.errors import LexloomError
from lexloom.randomness import random_stream
from lexloom.subsampling import keep_probabilities

ABSENT = -1
"""The id that stands for no word."""

PREDICT = ("target", "contexts")


def create_contexts(ids: np.ndarray, window: int) -> np.ndarray:
    """Return the words around each position of a text.

    Windows run across the ends of sentences; where one reaches over an end of the text, there is no word.

    Parameters
    ----------
    ids : (N,) int array
    window : int
        Words on each side, at least 1.

    Returns
    -------
    contexts : (N, 2 window) int32 array
        In the order of the text: the first column is `window` words to the left, the last to the right.
    """
    padded = np.pad(np.asarray(ids, np.int32), window, constant_values=ABSENT)
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * window + 1)
    return np.delete(windows, window, axis=1)


class NegativeSampler:
    """Draws word ids by a power of their counts, each in constant time, by the alias method of Walker (1977).

    The probabilities are cut and stacked into V equal columns with at most two words each, as in Vose (1991).
    The power 0.75 is that of Mikolov et al. 2013b: rare words are drawn a little more often than they occur.

    Parameters
    ----------
    counts : (V,) int array
        How often each word occurs.
    power : float
    """

    def __init__(self, counts: np.ndarray, power: float = 0.75):
        weights = np.asarray(counts, np.float64) ** power
        self.own_share, self.alias = _alias_table(weights / weights.sum())

    def beside(self, words: np.ndarray, negatives: int, rng: np.random.Generator) -> np.ndarray:
        """Return each word (...) and its negative samples after it: (..., 1 + negatives), int32.

        A sample that is the word itself is absent (-1), and so are the samples of an absent word.
        """
        points = rng.random((words.size, negatives))
        drawn = backend_of(words).kernels.words_and_samples(
            words.reshape(-1), points, self.own_share, self.alias
        )
        return drawn.reshape(*words.shape, 1 + negatives)


class ContextBatches:
    """The batches of each epoch: `batches(epoch)` is sized, and yields pairs (inputs, words).

    What a model is to predict stands in `words` with its negative samples after it. Batches are drawn on the
    host, and depend on the seed and the number of the epoch alone.

    Parameters
    ----------
    targets : (N,) int32 array
    contexts : (N, 2 window) int32 array
        As from `create_contexts`.
    counts : (V,) int array
        How often each word occurs: what sampling and subsampling go by.
    predict : {"target", "contexts"}
        CBOW predicts the target: inputs (B, 2 window), words (B, 1 + negatives). Skip-gram predicts the
        contexts: inputs (B,), words (B, 2 window, 1 + negatives).
    batch : int
        Targets in a batch, B; the last batch may be shorter.
    negatives : int
        Samples for each predicted word.
    subsample : float
        Threshold of `keep_probabilities`. A word that does not stay is left out as a target, and absent (-1)
        from the contexts of others.
    seed : int
    """

    def __init__(
        self,
        targets: np.ndarray,
        contexts: np.ndarray,
        counts: np.ndarray,
        predict: str,
        batch: int,
        negatives: int,
        subsample: float,
        seed: int,
    ):
        self.targets, self.contexts = targets, contexts
        self.sampler = NegativeSampler(counts)
        self.keep = keep_probabilities(counts, subsample)
        self.predict, self.batch, self.negatives, self.seed = predict, batch, negatives, seed
        window = contexts.shape[1] // 2
        self.offsets = np.delete(np.arange(2 * window + 1), window)

    def __call__(self, epoch: int) -> "_Epoch":
        """Return the batches of an epoch, counted from 0.

        Raises
        ------
        LexloomError
            When subsampling leaves no word of the text.
        """
        shuffle, subsample, negatives = (
            random_stream(self.seed, name).spawn(epoch + 1)[epoch]
            for name in ("shuffle", "subsample", "negatives")
        )
        stays = subsample.random(len(self.targets)) < self.keep[self.targets]
        if not stays.any():
            raise LexloomError(
                "subsample: no word of the text stays in an epoch; set a larger one, or 0 for all"
            )
        order = shuffle.permutation(len(self.targets))
        return _Epoch(self, order[stays[order]], stays, negatives)


class _Epoch:
    def __init__(self, source: ContextBatches, order: np.ndarray, stays: np.ndarray, rng: Any):
        self.source, self.order, self.rng = source, order, rng
        self.stays = np.pad(stays, source.contexts.shape[1] // 2)

    def __len__(self) -> int:
        return -(-len(self.order) // self.source.batch)

    def __iter__(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        source = self.source
        for start in range(0, len(self.order), source.batch):
            positions = self.order[start : start + source.batch]
            targets = source.targets[positions]
            stay = self.stays[positions[:, None] + source.offsets]
            contexts = np.where(stay, source.contexts[positions], np.int32(ABSENT))
            if source.predict == "target":
                yield contexts, source.sampler.beside(targets, source.negatives, self.rng)
            else:
                yield targets, source.sampler.beside(contexts, source.negatives, self.rng)


def _alias_table(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return each column's share of its own word, and the word that has the rest of it."""
    own_share = probabilities * len(probabilities)
    alias = np.arange(len(probabilities), dtype=np.int32)
    short, long = list(np.flatnonzero(own_share < 1)), list(np.flatnonzero(own_share >= 1))
    while short and long:
        column, giver = short.pop(), long[-1]
        alias[column] = giver
        own_share[giver] -= 1 - own_share[column]
        if own_share[giver] < 1:
            short.append(long.pop())
    own_share[short + long] = 1
    return own_share, alias
