"""The words of a page: their numbers on it, the map, and the nearest words by each kind of vectors."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from lexloom.errors import printable
from lexloom.kernels.tiles import cut
from lexloom.vectors.word_map import word_map
from lexloom.vectors.word_vectors import WordVectors

_TILE = 256  # words whose cosines with the whole vocabulary are in memory


class PageWords:
    """The words that a page shows, numbered as they come; the words of the map come first.

    Parameters
    ----------
    words : list of V str
        The vocabulary of the corpus.
    """

    def __init__(self, words: list[str]):
        self.words = words
        self._numbers = np.full(len(words), -1)
        self._shown: list[int] = []

    def numbers(self, ids: np.ndarray) -> np.ndarray:
        """Return the numbers on the page of words (...), ids of the corpus."""
        new = [i for i in dict.fromkeys(ids.ravel().tolist()) if self._numbers[i] < 0]
        self._numbers[new] = np.arange(len(self._shown), len(self._shown) + len(new))
        self._shown += new
        return self._numbers[ids]

    def texts(self) -> list[str]:
        """Return the text of each number."""
        return [printable(self.words[i]) for i in self._shown]


def most_frequent(counts: np.ndarray, count: int, more: np.ndarray) -> np.ndarray:
    """Return the ids of the most frequent words, then `more` ids that are not among them."""
    top = np.argsort(-counts, kind="stable")[:count]
    return np.array([*dict.fromkeys([*top.tolist(), *more[more >= 0].tolist()])], np.int32)


def words_section(
    shown: np.ndarray,
    counts: np.ndarray,
    kinds: Iterable[tuple[str, WordVectors]],
    page_words: PageWords,
    neighbours: int,
) -> dict[str, Any]:
    """Return the map of words, and the nearest words of each by each kind of vectors.

    Parameters
    ----------
    shown : (N,) int array
        Ids of the words on the map.
    counts : (V,) int array
    kinds : iterable of (str, WordVectors)
        Each kind of vectors by its name, of all V words; one is in memory at a time.
    page_words : PageWords
    neighbours : int
        How many nearest words to list.
    """
    page_words.numbers(shown)
    ranks = np.empty(len(counts), int)
    ranks[np.argsort(-counts, kind="stable")] = np.arange(1, len(counts) + 1)
    return {
        "note": f"{len(shown):,} words, the most frequent; those that are used alike are near each other "
        "(t-SNE of the cosines of their vectors: near is near, but how far is far says little).",
        "counts": counts[shown].tolist(),
        "ranks": ranks[shown].tolist(),
        "kinds": [_kind(name, vectors, shown, page_words, neighbours) for name, vectors in kinds],
    }


def _kind(
    name: str, vectors: WordVectors, shown: np.ndarray, page_words: PageWords, neighbours: int
) -> dict[str, Any]:
    found = [vectors.nearest(shown[part], neighbours) for part in cut(len(shown), _TILE)]
    nearest, cosines = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return {
        "name": name,
        "places": word_map(vectors.cosines_among(shown)).astype(float).round(2).tolist(),
        "neighbours": page_words.numbers(nearest).tolist(),
        "cosines": np.rint(100 * cosines).astype(int).tolist(),
    }


def class_colours(words: Iterable[str], class_of: dict[str, str]) -> dict[str, Any]:
    """Return the class of each word of the map, as a number and by name; words without one are in "other"."""
    classes = [class_of.get(word, "other") for word in words]
    names = sorted(set(classes))
    return {"names": names, "of": [names.index(each) for each in classes]}
