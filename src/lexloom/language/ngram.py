"""The n-gram language model: interpolated Kneser-Ney smoothing with three discounts (Chen & Goodman 1999).

The context of a word reaches back to the end of the preceding sentence, and no further. A text begins as
`lexloom.corpus.vocabulary.word_before_text` says: as if a sentence end preceded it; or if the corpus has
none, the first word has no context.

The n-grams of one order are the entries of a sparse matrix, with a row for each context and a column for each
word. A context is itself an n-gram of the order below, and its row is the number of that entry. So the n-gram
of order k at each position follows from that of order k - 1 one position to the left, and counting and lookup
take a few array operations per order.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy import sparse

from lexloom.corpus.recorded import word_before_text_of
from lexloom.corpus.vocabulary import NO_WORD
from lexloom.errors import LexloomError
from lexloom.settings.ngram import Ngram
from lexloom.storage.artifacts import Artifact

_USUAL_DISCOUNTS = (0.5, 1.0, 1.5)


class NGramLM:
    """Predicts each word from at most n - 1 words before it.

    Let c be the count of a context h with a word w, D the discount for that count, S(h) the sum of the
    discounts of all words that follow h, and h' the context without its first word. Then

        p(w | h) = (c(h w) - D + S(h) p(w | h')) / c(h)

    and p(w | h) = p(w | h') if h was never seen. Single words are interpolated with the uniform distribution
    1 / V (Chen & Goodman 1999, section 3).

    Parameters
    ----------
    counts : list of n csr_arrays
        The result of `count_ngrams`.
    sentence_end : int
        The word beyond which no context reaches; `NO_WORD` if the corpus has no sentence ends.
    """

    def __init__(self, counts: Sequence[sparse.csr_array], sentence_end: int):
        self.order = len(counts)
        self.vocabulary = counts[0].shape[1]
        self.sentence_end = sentence_end
        self.levels = [_Level(level) for level in counts]

    @property
    def size(self) -> int:
        """The number of parameters: one for each n-gram."""
        return sum(len(level.words) for level in self.levels)

    def log_probabilities(self, ids: np.ndarray, tick: Callable[[int], None] | None = None) -> np.ndarray:
        """Return the log probability of each word of a text (L,), in nats, float64.

        `tick`, if given, is called with the number of words at the end.
        """
        p = np.full(len(ids), 1 / self.vocabulary)
        for level, rows, nodes in self._walk(ids):
            p = level.shares[nodes] + level.rest[rows] * p
        if tick:
            tick(len(ids))
        return np.log(p)

    def distribution(self, history: Sequence[int]) -> np.ndarray:
        """Return the probability of each word of the vocabulary (V,) after some words, float64."""
        p = np.full(self.vocabulary, 1 / self.vocabulary)
        for level, rows, _ in self._walk(np.array([*history[-self.order :], 0])):
            followers = slice(level.starts[rows[-1]], level.starts[rows[-1] + 1])
            p *= level.rest[rows[-1]]
            p[level.words[followers]] += level.shares[followers]
        return p

    def next_scores(self, ids: np.ndarray, carry: Sequence[int] | None) -> tuple[np.ndarray, list[int]]:
        """Return the log probability of each word (V,) after more words (L,), and the next carry.

        Without a carry, the words begin a text, and there may be none.
        """
        history = [*(carry or []), *ids][-self.order :]
        return np.log(self.distribution(history)), history

    def _walk(self, ids: np.ndarray) -> Iterator[tuple["_Level", np.ndarray, np.ndarray]]:
        """Yield each level with the row of the context and the entry at each position; -1 if unseen."""
        nodes = None
        for k, level in enumerate(self.levels, start=1):
            rows = _contexts(ids, k, nodes, self.sentence_end)
            nodes = level.find(rows, ids)
            yield level, rows, nodes


class _Level:
    """The n-grams of one order.

    Attributes
    ----------
    starts : (R + 2,) int array
        The first entry of each row. The extra row after the last has no entry.
    words : (E,) int array
        The last word of each entry.
    shares : (E + 1,) float array
        (c - D) / c(h) of each entry. The extra one after the last is entry -1 and has 0.
    rest : (R + 1,) float array
        S(h) / c(h) of each row; 1 for a context that no word follows. The extra one after the last is row -1
        and has 1.
    """

    def __init__(self, counts: sparse.csr_array):
        self.columns = counts.shape[1]
        self.starts = np.append(counts.indptr, counts.indptr[-1])
        self.words = counts.indices
        rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
        self.keys = np.append(rows * self.columns + self.words, np.iinfo(np.int64).max)
        discounts = discounts_of(counts.data)[np.minimum(counts.data, 3)]
        totals = np.bincount(rows, counts.data, minlength=counts.shape[0])
        taken = np.bincount(rows, discounts, minlength=counts.shape[0])
        self.shares = np.append((counts.data - discounts) / totals[rows], 0.0)
        self.rest = np.append(np.divide(taken, totals, out=np.ones(len(totals)), where=totals > 0), 1.0)

    def find(self, rows: np.ndarray, words: np.ndarray) -> np.ndarray:
        """Return the number of the entry of each row and word; -1 if there is none, or the row is -1."""
        keys = rows * self.columns + words
        entries = np.searchsorted(self.keys, keys)
        return np.where(self.keys[entries] == keys, entries, -1)


def count_ngrams(
    ids: np.ndarray, vocabulary: int, order: int, sentence_end: int = NO_WORD
) -> list[sparse.csr_array]:
    """Count the n-grams of a text, of every order from 1 to n, as Kneser-Ney smoothing needs them.

    An n-gram of order n counts as often as it occurs. One of a lower order counts once for each different
    word before it; or, at the beginning of a sentence, where no word can precede it, as often as it occurs
    there.

    Parameters
    ----------
    ids : (L,) int array
        The text, word ids from 0 to V - 1.
    vocabulary : int
        V.
    order : int
        n.
    sentence_end : int
        The word beyond which no n-gram reaches; `NO_WORD` if the corpus has no sentence ends.

    Returns
    -------
    counts : list of n csr_arrays, int64
        Order k has a row for each entry of order k - 1, and V columns. Order 1 has one row with an entry for
        every word, 0 for words that do not occur, so that the number of an entry is its word.

    Raises
    ------
    LexloomError
        If the order is less than 1, or the text is empty or too long.
    """
    if order < 1 or not len(ids):
        raise LexloomError(f"order {order} of a text of {len(ids)} words; expected at least 1 of each")
    longest = np.iinfo(np.int64).max // vocabulary  # a context and a word make one number
    if max(len(ids), vocabulary) > longest:
        raise LexloomError(
            f"a vocabulary of {vocabulary:,} words: n-grams are counted in texts of at most {longest:,} "
            f"words, and this has {len(ids):,}; set a smaller max_vocab"
        )
    occurrences = np.bincount(ids, minlength=vocabulary)
    counts = [sparse.csr_array((occurrences, np.arange(vocabulary), [0, vocabulary]), (1, vocabulary))]
    nodes = ids
    for k in range(2, order + 1):
        rows = _contexts(ids, k, nodes, sentence_end)
        places = np.flatnonzero(rows >= 0)
        keys, first, entries, occurrences = np.unique(
            rows[places] * vocabulary + ids[places],
            return_index=True,
            return_inverse=True,
            return_counts=True,
        )
        below = counts[-1]
        preceded = np.bincount(nodes[places[first]], minlength=len(below.data))
        below.data = np.where(preceded > 0, preceded, below.data)
        starts = np.searchsorted(keys, np.arange(len(below.data) + 1) * vocabulary)
        counts.append(
            sparse.csr_array((occurrences, keys % vocabulary, starts), (len(starts) - 1, vocabulary))
        )
        nodes = np.full(len(ids), -1)
        nodes[places] = entries
    return counts


def discounts_of(counts: np.ndarray) -> np.ndarray:
    """Return the discounts (4,) for the counts 0, 1, 2, and 3 or more.

    Let n1 to n4 be the numbers of n-grams that occur one to four times, and Y = n1 / (n1 + 2 n2). The
    discount for a count k is k - (k + 1) Y n(k + 1) / n(k) (Chen & Goodman 1999, section 3). If a text is too
    small to estimate them, the discounts are 0.5, 1 and 1.5.
    """
    n = np.bincount(np.minimum(counts, 5), minlength=6).astype(float)
    if n[1:5].min() > 0:
        k = np.arange(1, 4)
        estimates = k - (k + 1) * n[1] / (n[1] + 2 * n[2]) * n[2:5] / n[1:4]
        if estimates.min() > 0:
            return np.array([0.0, *estimates])
    return np.array([0.0, *_USUAL_DISCOUNTS])


def ngram_from_artifact(artifact: Artifact) -> NGramLM:
    """Return the model that an artifact of kind "ngram" holds.

    Raises
    ------
    ArtifactError
        If its settings or counts are not those of such a model.
    """
    before, order = word_before_text_of(artifact), artifact.recorded(Ngram).order
    counts = [artifact[f"counts_{k}"] for k in range(1, order + 1)]
    if not counts[0].data.any():
        artifact.refuse("no word of it occurs")
    return NGramLM(counts, before)


def _contexts(ids: np.ndarray, k: int, nodes: np.ndarray | None, sentence_end: int) -> np.ndarray:
    """Return the row of the context at each position of a text, for order k.

    Parameters
    ----------
    nodes : (L,) int array or None
        The entries of order k - 1; None for k = 1, for which every row is 0.

    Returns
    -------
    rows : (L,) int array
        -1 if the preceding entry is -1, or the context would reach beyond the sentence.
    """
    if nodes is None:
        return np.zeros(len(ids), np.int64)
    rows = np.concatenate([[sentence_end if k == 2 else -1], nodes[:-1]])
    if k > 2:
        rows[1:][ids[:-1] == sentence_end] = -1
    return rows
