"""Contexts and targets: a word, and the words around it within a window; and batches to train word2vec on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lexloom.corpus.subsampling import keep_probabilities
from lexloom.errors import LexloomError
from lexloom.training.randomness import epoch_stream

ABSENT = -1
"""The id that stands for no word."""

_PIECE = 1 << 20


def context_offsets(window: int) -> np.ndarray:
    """Return where the contexts of a word are, seen from it: (2 window,) int32, left to right."""
    return np.delete(np.arange(-window, window + 1, dtype=np.int32), window)


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
    return padded[np.arange(window, window + len(ids))[:, None] + context_offsets(window)]


class NegativeSampler:
    """Draws word ids by a power of their counts, each in constant time, by the alias method of Walker (1977).

    The probabilities are cut and stacked into V equal columns with at most two words each, as in Vose (1991).
    The power 0.75 is that of Mikolov et al. 2013b: rare words are drawn a little more often than they occur.

    A sample may be the word that it stands beside.

    Parameters
    ----------
    counts : (V,) int array
        How often each word occurs.
    power : float
    """

    def __init__(self, counts: np.ndarray, power: float = 0.75):
        weights = np.asarray(counts, np.float64) ** power
        self.own_share, self.alias = _alias_table(weights / weights.sum())

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Return samples, int32."""
        points = rng.random(shape) * len(self.alias)
        columns = points.astype(np.int32)
        return np.where(points - columns < self.own_share[columns], columns, self.alias[columns])


@dataclass(frozen=True)
class ContextBatch:
    """A piece of the text, with what is random about it.

    Attributes
    ----------
    ids : (window + B + window,) int32 array
        Words of the text, -1 for none. Those in the middle are the targets.
    radii : (B,) int32 array
        How many words on each side are a target's contexts: 1 to window.
    samples : (G, S) int32 array
        Negative samples. Blocks of B / G targets next to each other share theirs.
    """

    ids: Any
    radii: Any
    samples: Any


class ContextBatches:
    """The batches of each epoch: `batches(epoch)` is a sequence of `ContextBatch`.

    A batch is a piece of the text, so that contexts need not be written out; the pieces come in an order of
    their own in each epoch. What is random about a batch depends on the seed, the epoch and its place in the
    text alone: a training can go on from any batch.

    Parameters
    ----------
    text : (N,) int32 array
        Word ids.
    counts : (V,) int array
        How often each word occurs: what sampling and subsampling go by.
    window : int
        Words on each side.
    dynamic : bool
        Each target has a radius drawn from 1 to window, as in Mikolov et al. 2013a; else all have the window.
    batch : int
        Targets in a batch.
    samples : int
        Negative samples, drawn for each block.
    share : int
        Targets in a block. The batch is rounded up to whole blocks; where the text ends, words are absent.
    subsample : float
        Threshold of `keep_probabilities`. Words that do not stay are cut out of the text of an epoch.
    seed : int

    Attributes
    ----------
    words_of_step : float
        Words of the text for each batch, those that are cut out included.

    Raises
    ------
    LexloomError
        When more targets share samples than a batch has, or the threshold of subsampling is no share.
    """

    def __init__(
        self,
        text: np.ndarray,
        counts: np.ndarray,
        window: int,
        dynamic: bool,
        batch: int,
        samples: int,
        share: int,
        subsample: float,
        seed: int,
    ):
        self.text, self.sampler, self.seed = text, NegativeSampler(counts), seed
        if share > batch:
            raise LexloomError(
                f"share: {share} is more than the batch of {batch} targets; set it to {batch} or less"
            )
        share = min(share, len(text))
        self.window, self.dynamic, self.samples, self.share = window, dynamic, samples, share
        self.blocks = -(-min(batch, len(text)) // share)
        self.subsample = subsample
        self.keep = keep_probabilities(counts, subsample)
        stay = self.keep @ counts / max(1, counts.sum())
        self.words_of_step = self.blocks * share / max(stay, 1e-9)

    def __call__(self, epoch: int) -> "_Epoch":
        """Return the batches of an epoch, counted from 0.

        Raises
        ------
        LexloomError
            When subsampling leaves no word of the text.
        """
        return _Epoch(self, epoch)


class _Epoch(Sequence):
    def __init__(self, source: ContextBatches, epoch: int):
        self.source, self.epoch = source, epoch
        self.text = _subsampled(source, epoch) if source.subsample else source.text
        batches = -(-len(self.text) // (source.blocks * source.share))
        self.order = epoch_stream(source.seed, "shuffle", epoch).permutation(batches)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, step: int) -> ContextBatch:
        source, place = self.source, self.order[step]
        size = source.blocks * source.share
        rng = epoch_stream(source.seed, "negatives", self.epoch, place)
        start, stop = place * size - source.window, (place + 1) * size + source.window
        ids, beyond = self.text[max(0, start) : stop], (max(0, -start), max(0, stop - len(self.text)))
        if any(beyond):
            ids = np.pad(ids, beyond, constant_values=ABSENT)
        radii = np.full(size, source.window, np.int32)
        if source.dynamic:
            radii = rng.integers(1, source.window, size, np.int32, endpoint=True)
        return ContextBatch(ids, radii, source.sampler.draw((source.blocks, source.samples), rng))


def _subsampled(source: ContextBatches, epoch: int) -> np.ndarray:
    """Return the words of the text that stay in an epoch, drawn in pieces so that little memory is needed."""
    pieces = []
    for place, start in enumerate(range(0, len(source.text), _PIECE)):
        piece = source.text[start : start + _PIECE]
        points = epoch_stream(source.seed, "subsample", epoch, place).random(len(piece), np.float32)
        pieces.append(piece[points < source.keep[piece]])
    text = np.concatenate(pieces)
    if not len(text):
        raise LexloomError("subsample: no word of the text stays in an epoch; set a larger one, or 0 for all")
    return text


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
