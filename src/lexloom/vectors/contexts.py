"""Contexts and targets (a word and the words around it), and the batches on which word2vec is trained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from lexloom.corpus.subsampling import keep_probabilities
from lexloom.errors import LexloomError
from lexloom.training.randomness import epoch_stream

if TYPE_CHECKING:  # so that the contexts that a stage writes do not depend on the settings of training
    from lexloom.settings.word2vec import Batches

ABSENT = -1
"""The id of an absent word."""

_PIECE = 1 << 20


def context_offsets(window: int) -> np.ndarray:
    """Return the positions of the contexts relative to their word: (2 window,) int32, left to right."""
    return np.delete(np.arange(-window, window + 1, dtype=np.int32), window)


def create_contexts(ids: np.ndarray, window: int) -> np.ndarray:
    """Return the words around each position of a text.

    Windows run across the ends of sentences. A position before or after the text has no word.

    Parameters
    ----------
    ids : (N,) int array
    window : int
        Words on each side, at least 1.

    Returns
    -------
    contexts : (N, 2 window) int32 array
        In text order: the first column holds the word `window` positions to the left, the last column the
        word `window` positions to the right; -1 for no word.
    """
    padded = np.pad(np.asarray(ids, np.int32), window, constant_values=ABSENT)
    return padded[np.arange(window, window + len(ids))[:, None] + context_offsets(window)]


class NegativeSampler:
    """Draws word ids with probability proportional to a power of their counts.

    A draw takes constant time, by the alias method (Walker 1977): the probabilities are divided among V equal
    columns, each shared by at most two words (Vose 1991). With the power 0.75 of Mikolov et al. 2013b, rare
    words are drawn somewhat more often than they occur.

    A sample may equal the word that it is compared with.

    Parameters
    ----------
    counts : (V,) int array
        How often each word occurs.
    power : float
        The exponent on the counts.
    """

    def __init__(self, counts: np.ndarray, power: float = 0.75):
        weights = np.asarray(counts, np.float64) ** power
        self.own_share, self.alias = _alias_table(weights / weights.sum())

    def draw(self, shape: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
        """Return samples of a given shape, int32."""
        points = rng.random(shape) * len(self.alias)
        columns = points.astype(np.int32)
        return np.where(points - columns < self.own_share[columns], columns, self.alias[columns])


@dataclass(frozen=True)
class ContextBatch:
    """A piece of the text, with everything about it that is drawn at random.

    Attributes
    ----------
    ids : (window + B + window,) int32 array
        Words of the text; -1 for no word. The B words in the middle are the targets.
    radii : (B,) int32 array
        The number of contexts on each side of a target, from 1 to window.
    samples : (G, S) int32 array
        Negative samples. Each block of B / G consecutive targets shares one row.
    """

    ids: Any
    radii: Any
    samples: Any


class ContextBatches:
    """The batches of each epoch: `batches(epoch)` is a sequence of `ContextBatch`, or of sequences of parts.

    A batch is a piece of the text, so contexts need not be stored. Each epoch reads the pieces in a new
    order. What is drawn for a batch depends only on the seed, the epoch and the position of the batch in the
    text, so training can resume at any batch. With parts, each is such a piece, drawn when it is asked for.

    Parameters
    ----------
    text : (N,) int32 array
        Word ids.
    counts : (V,) int array
        How often each word occurs, for negative sampling and subsampling.
    window : int
        Words on each side.
    settings : Batches
        The size of batches, their parts and samples, and subsampling. A batch is rounded up to whole blocks,
        as many in each part; words after the end of the text are absent. Words that subsampling drops are
        removed from the text of an epoch.
    seed : int

    Attributes
    ----------
    words_of_step : float
        Words of the text per batch, removed words included.
    """

    def __init__(self, text: np.ndarray, counts: np.ndarray, window: int, settings: "Batches", seed: int):
        self.text, self.sampler, self.window, self.seed = text, NegativeSampler(counts), window, seed
        self.dynamic, self.samples, self.subsample = settings.dynamic, settings.samples, settings.subsample
        self.block = min(settings.block, len(text))
        self.parts = settings.parts
        self.blocks = -(-min(settings.batch, len(text)) // (self.block * self.parts)) * self.parts
        self.keep = keep_probabilities(counts, self.subsample)
        stay = self.keep @ counts / max(1, counts.sum())
        self.words_of_step = self.blocks * self.block / max(stay, 1e-9)

    def __call__(self, epoch: int) -> "_Epoch":
        """Return the batches of an epoch, counted from 0.

        Raises
        ------
        LexloomError
            If subsampling removes every word of the text.
        """
        return _Epoch(self, epoch)


class _Epoch:
    def __init__(self, source: ContextBatches, epoch: int):
        self.source, self.epoch = source, epoch
        self.text = _subsampled(source, epoch) if source.subsample else source.text
        batches = -(-len(self.text) // (source.blocks * source.block))
        self.order = epoch_stream(source.seed, "shuffle", epoch).permutation(batches)

    def __len__(self) -> int:
        return len(self.order)

    def __getitem__(self, step: int) -> "ContextBatch | _Parts":
        place = self.order[step]
        return self.piece(place) if self.source.parts == 1 else _Parts(self, place)

    def piece(self, place: int) -> ContextBatch:
        """Return a piece of the text, as large as a part of a batch."""
        source = self.source
        blocks = source.blocks // source.parts
        size = blocks * source.block
        rng = epoch_stream(source.seed, "negatives", self.epoch, place)
        start, stop = place * size - source.window, (place + 1) * size + source.window
        ids = self.text[max(0, start) : stop]
        beyond = max(0, -start), max(0, stop - max(start, len(self.text)))
        if any(beyond):
            ids = np.pad(ids, beyond, constant_values=ABSENT)
        radii = np.full(size, source.window, np.int32)
        if source.dynamic:
            radii = rng.integers(1, source.window, size, np.int32, endpoint=True)
        return ContextBatch(ids, radii, source.sampler.draw((blocks, source.samples), rng))


class _Parts:
    def __init__(self, epoch: _Epoch, place: int):
        self.epoch, self.place = epoch, place

    def __len__(self) -> int:
        return self.epoch.source.parts

    def __getitem__(self, part: int) -> ContextBatch:
        return self.epoch.piece(self.place * len(self) + range(len(self))[part])


def _subsampled(source: ContextBatches, epoch: int) -> np.ndarray:
    """Return the words of the text that are kept in an epoch, drawn piece by piece to save memory."""
    pieces = []
    for place, start in enumerate(range(0, len(source.text), _PIECE)):
        piece = source.text[start : start + _PIECE]
        points = epoch_stream(source.seed, "subsample", epoch, place).random(len(piece), np.float32)
        pieces.append(piece[points < source.keep[piece]])
    text = np.concatenate(pieces)
    if not len(text):
        raise LexloomError("subsample: no word of the text is kept; set a larger threshold, or 0 to keep all")
    return text


def _alias_table(probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the proportion of each column that belongs to its own word, and the word that has the rest."""
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
