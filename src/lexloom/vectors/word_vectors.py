"""Querying word vectors: the similarity of two words, the nearest words, the answer to an analogy."""

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lexloom.corpus.recorded import tokenizer_of
from lexloom.corpus.text_files import plain
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import ids_by_spelling
from lexloom.errors import LexloomError, check_known, check_whole, did_you_mean
from lexloom.kernels.tiles import cut
from lexloom.storage.artifacts import Artifact, read_artifact
from lexloom.storage.checksums import begins_like_an_artifact
from lexloom.vectors.imports import import_vectors

if TYPE_CHECKING:
    from lexloom.vectors.screening import Screen

KINDS = ("vectors", "ppmi")
"""The kinds of artifacts that hold word vectors."""

ANALOGY_METHODS = ("3CosAdd", "3CosMul")

_VOCABULARY_TILE = 4096
_QUESTION_TILE = 256
_COPIED_AFTER = 100  # queries one at a time
_MULTIPLY_EPSILON = 1e-3


class WordVectors:
    """Words and their vectors, scaled to length one so that a dot product is a cosine.

    A word is looked up as it is written, then in the case and normal form of the text, then in lower case.

    Parameters
    ----------
    words : list of V str
    rows : (V, D) float array, or csr_array with V rows
        Dense vectors, or sparse ones such as the rows of a PPMI matrix. float16 is computed as float32. A row
        of zeros stays zero: its cosine with every word is 0.
    tokenizer : Tokenizer, optional
        How the text was cut into these words; by default without conversion to lower case, in the Unicode
        normal form NFC.

    Attributes
    ----------
    words : list of V str
    rows : (V, D) float array or csr_array
        The vectors, each of length one.
    lowest : float
        The lowest cosine that can occur: 0 if no entry is negative, otherwise -1.

    Examples
    --------
    >>> vectors = WordVectors(
    ...     ["man", "woman", "king", "queen", "apple"],
    ...     np.array([[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [-1, 0, 0]]),
    ... )
    >>> vectors
    WordVectors(5 words, 3 dimensions)
    >>> "Queen" in vectors, "duke" in vectors
    (True, False)
    >>> round(vectors.similarity("man", "woman"), 2)
    0.71
    >>> [word for word, cosine in vectors.most_similar("queen", count=2)]
    ['woman', 'king']
    >>> [word for word, score in vectors.analogy("man", "king", "woman", count=1)]
    ['queen']
    """

    def __init__(self, words: Sequence[str], rows: Any, tokenizer: Tokenizer | None = None):
        self.words = list(words)
        self.tokenizer = tokenizer or Tokenizer()
        self.rows = _unit_rows(rows)
        self.lowest = 0.0 if self.rows.min() >= 0 else -1.0
        self._screen: Screen | None = None
        self._asked = 0  # queries one at a time
        self._ids = ids_by_spelling(self.words, self.tokenizer)

    def __repr__(self) -> str:
        return f"WordVectors({len(self.words):,} words, {self.rows.shape[1]:,} dimensions)"

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[str]:
        return iter(self.words)

    def __contains__(self, word: str) -> bool:
        return bool(self.find([word])[0] >= 0)

    def __getitem__(self, word: str) -> np.ndarray:
        """Return the vector (D,) of a word, of length one."""
        row = self.rows[self.ids([word])]
        return row[0] if _is_dense(row) else row.toarray()[0]

    def most_similar(self, word: str, count: int = 10) -> list[tuple[str, float]]:
        """Return the words with the largest cosines to a word, the word itself left out.

        Parameters
        ----------
        word : str
        count : int
            The number of words to return; all others if the vocabulary is smaller.

        Returns
        -------
        list of (str, float)
            Each word and its cosine, the nearest first.

        Raises
        ------
        LexloomError
            If the word is unknown; the message suggests words of similar spelling.

        Examples
        --------
        >>> vectors = WordVectors(["north", "north-east", "south"], np.array([[0, 1], [1, 1], [0, -1]]))
        >>> [(word, round(cosine, 1)) for word, cosine in vectors.most_similar("north")]
        [('north-east', 0.7), ('south', -1.0)]
        """
        (neighbours,), (cosines,) = self.nearest(self.ids([word]), count)
        return self._named(neighbours, cosines)

    def analogy(
        self, a: str, b: str, c: str, count: int = 10, method: str = "3CosAdd"
    ) -> list[tuple[str, float]]:
        """Return the words d that best complete "a is to b as c is to d"; never a, b or c.

        Parameters
        ----------
        a, b, c : str
        count : int
            The number of words to return; all others if the vocabulary is smaller.
        method : {"3CosAdd", "3CosMul"}
            See `complete_analogies`.

        Returns
        -------
        list of (str, float)
            Each word and its score, the best first.

        Raises
        ------
        LexloomError
            If a word or the method is unknown; the message suggests the closest ones.

        Examples
        --------
        >>> places = ["rome", "italy", "oslo", "norway", "tea"]
        >>> vectors = WordVectors(places, np.array([[1, 0, 0], [1, 0, 1], [0, 1, 0], [0, 1, 1], [-1, 0, 0]]))
        >>> vectors.analogy("rome", "italy", "oslo", count=1)[0][0]
        'norway'
        """
        (answers,), (scores,) = self.rank_analogies(self.ids([a, b, c])[None], method, count)
        return self._named(answers, scores)

    def similarity(self, first: str, second: str) -> float:
        """Return the cosine of two words, from -1 to 1.

        Raises
        ------
        LexloomError
            If a word is unknown; the message suggests words of similar spelling.

        Examples
        --------
        >>> vectors = WordVectors(["north", "east"], np.array([[0, 1], [1, 0]]))
        >>> vectors.similarity("north", "east")
        0.0
        """
        return float(self.cosines(*self.ids([first, second])[:, None])[0])

    def find(self, words: Sequence[str]) -> np.ndarray:
        """Return the ids (K,) of words, int32; -1 for a word that is not there."""
        return np.array([self._find(word) for word in words], np.int32)

    def ids(self, words: Sequence[str]) -> np.ndarray:
        """Return the ids (K,) of words that must be there, int32.

        Raises
        ------
        LexloomError
            If a word is unknown; the message names the first one and words of similar spelling.
        """
        ids = self.find(words)
        for word in (word for word, i in zip(words, ids, strict=True) if i < 0):
            hint = did_you_mean(word, self.words) or "no word is spelled like it"
            raise LexloomError(f"{word!r}: not among the {len(self.words)} words of these vectors; {hint}")
        return ids

    def cosines(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        """Return the cosines (K,) of the words `first` (K,) with the words `second` (K,), all ids."""
        return np.asarray((self.rows[first] * self.rows[second]).sum(axis=1))

    def cosines_among(self, ids: np.ndarray) -> np.ndarray:
        """Return the cosines (K, K) of some words (K,), ids, with each other."""
        return _product(self.rows[ids], self.rows[ids])

    def nearest(self, ids: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the words most similar to each query, the query left out.

        Parameters
        ----------
        ids : (Q,) int array
            -1 stands for an absent word: its neighbours are -1 and their cosines nan.
        count : int
            Words for each query, at most V - 1.

        Returns
        -------
        neighbours : (Q, count) int32 array
            Ids, the nearest first; the smaller id first among equals.
        cosines : (Q, count) float array

        Raises
        ------
        LexloomError
            If `count` is less than 1.
        """
        check_whole("count", count, 1)
        count = min(count, len(self.words) - 1)
        if len(ids) == 1 and _is_dense(self.rows):
            neighbours, cosines = self._nearest_to(ids[0], count)
        else:
            cosines = _product(self.rows[ids], self.rows)
            cosines[np.arange(len(ids)), ids] = -np.inf
            neighbours, cosines = _largest(cosines, count)
        absent = ids < 0
        neighbours[absent], cosines[absent] = -1, np.nan
        return neighbours, cosines

    def complete_analogies(self, questions: np.ndarray, method: str) -> np.ndarray:
        """Return the word d that best completes each "a is to b as c is to d"; never a, b or c.

        3CosAdd takes the largest cos(d, b) - cos(d, a) + cos(d, c); 3CosMul the largest
        cos(d, b) cos(d, c) / (cos(d, a) + 0.001), with the cosines moved to [0, 1] if they can be negative
        (Levy and Goldberg 2014, "Linguistic regularities in sparse and explicit word representations").

        Parameters
        ----------
        questions : (K, 3) int array
            Ids of a, b, c.
        method : {"3CosAdd", "3CosMul"}

        Returns
        -------
        answers : (K,) int32 array
            Ids of d.

        Raises
        ------
        LexloomError
            If the method is unknown.
        """
        check_known("method", method, ANALOGY_METHODS)
        words, columns = np.unique(questions, return_inverse=True)
        columns = columns.reshape(questions.shape)
        best = np.full(len(questions), -np.inf)
        answers = np.zeros(len(questions), np.int32)
        for tile in cut(len(self.words), _VOCABULARY_TILE):
            cosines = self._analogy_cosines(words, tile, method)
            for part in cut(len(questions), _QUESTION_TILE):
                a, b, c = (cosines[columns[part, i]] for i in range(3))
                scores = _analogy_scores(a, b, c, method)
                _exclude(scores, questions[part] - tile.start)
                winners = scores.argmax(axis=1)
                won = scores[np.arange(len(scores)), winners]
                better = won > best[part]
                answers[part][better] = winners[better] + tile.start
                best[part][better] = won[better]
        return answers

    def rank_analogies(self, questions: np.ndarray, method: str, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the words that best complete each analogy, scored as by `complete_analogies`.

        Parameters
        ----------
        questions : (K, 3) int array
            Ids of a, b, c.
        method : {"3CosAdd", "3CosMul"}
        count : int
            Words for each question, at most V - 3.

        Returns
        -------
        answers : (K, count) int32 array
            Ids, the best first; the smaller id first among equals.
        scores : (K, count) float array

        Raises
        ------
        LexloomError
            If the method is unknown, or `count` is less than 1.
        """
        check_known("method", method, ANALOGY_METHODS)
        check_whole("count", count, 1)
        cosines = self._analogy_cosines(questions.ravel(), slice(None), method)
        a, b, c = np.moveaxis(cosines.reshape(*questions.shape, -1), 1, 0)
        scores = _analogy_scores(a, b, c, method)
        _exclude(scores, questions)
        return _largest(scores, max(0, min(count, len(self.words) - 3)))

    def _nearest_to(self, word: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the words (1, count) most similar to one word and their cosines."""
        least, largest = self._cosine_bounds(self.rows[word])
        least[word] = -np.inf
        candidates = _reaching(largest, _reached(least, count))
        candidates = candidates[candidates != word]
        columns, cosines = _largest((self.rows[candidates] * self.rows[word]).sum(axis=1)[None], count)
        return candidates[columns].astype(np.int32), cosines

    def _cosine_bounds(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and largest values (V,) that the cosines with a row can have.

        The first queries multiply all rows. Later ones read a coarse copy, which needs Numba, and that takes
        half a second to load.
        """
        if self._screen is None and self._asked >= _COPIED_AFTER:
            from lexloom.vectors.screening import Screen  # loads Numba

            self._screen = Screen(self.rows)
        self._asked += 1
        if self._screen is not None:
            return self._screen.bounds(query)
        cosines, rounding = self.rows @ query, 2 * len(query) * np.finfo(query.dtype).eps
        return cosines - rounding, cosines + rounding

    def _find(self, word: str) -> int:
        if word in self._ids:
            return self._ids[word]
        typed, spelled = plain(word), self.tokenizer.spelled
        spellings = (spelled(typed).strip(), spelled(typed.lower()).strip())
        return next((self._ids[spelling] for spelling in spellings if spelling in self._ids), -1)

    def _named(self, ids: np.ndarray, values: np.ndarray) -> list[tuple[str, float]]:
        """Return each word and its value."""
        return [(self.words[i], float(value)) for i, value in zip(ids, values, strict=True)]

    def _analogy_cosines(self, ids: np.ndarray, words: slice, method: str) -> np.ndarray:
        cosines = _product(self.rows[ids], self.rows[words])
        return (cosines - self.lowest) / (1 - self.lowest) if method == "3CosMul" else cosines


def read_vectors(path: str | Path) -> WordVectors:
    """Read the word vectors in a file that lexloom or another program made.

    Parameters
    ----------
    path : path
        An HDF5 file of kind "vectors", or of kind "ppmi", whose rows are the vectors; or a file that
        `lexloom.vectors.imports` reads.

    Returns
    -------
    WordVectors

    Raises
    ------
    LexloomError
        If the file is missing, damaged or of another kind.
    """
    if is_foreign(path):
        return WordVectors(*import_vectors(path))
    return vectors_of(read_artifact(path, KINDS))


def vectors_of(artifact: Artifact) -> WordVectors:
    """Return the word vectors that an artifact of one of `KINDS` holds."""
    return WordVectors(artifact["words"], artifact[artifact.kind], tokenizer_of(artifact))


def is_foreign(path: str | Path) -> bool:
    """Return whether a file is there, and of another program."""
    return Path(path).is_file() and not begins_like_an_artifact(path)


def _unit_rows(rows: Any) -> Any:
    """Return rows of length one, or of zeros.

    Each row is first multiplied by a power of two that brings it near 1, which is exact, since the squares of
    very large or small numbers are infinite or 0.
    """
    rows = rows.astype(np.result_type(rows.dtype, np.float32))
    largest = _by_row(abs(rows).max(axis=1))
    rows = _scaled(rows, np.ldexp(rows.dtype.type(1), -np.frexp(largest)[1].clip(-126, 126)))
    if _is_dense(rows):
        lengths = np.linalg.norm(rows, axis=1)
    else:
        lengths = np.sqrt(_by_row(rows.multiply(rows).sum(axis=1)))
    return _scaled(rows, np.divide(1, lengths, out=np.zeros_like(lengths), where=lengths > 0))


def _is_dense(rows: Any) -> bool:
    """Return whether rows are no sparse matrix; SciPy, which takes long to load, is not needed to tell."""
    return isinstance(rows, np.ndarray)


def _by_row(numbers: Any) -> np.ndarray:
    """Return one number for each row, which SciPy gives as a sparse array."""
    return np.asarray(numbers if _is_dense(numbers) else numbers.toarray()).reshape(-1)


def _scaled(rows: Any, factors: np.ndarray) -> Any:
    """Return each row times its factor."""
    return rows * factors[:, None] if _is_dense(rows) else rows.multiply(factors[:, None]).tocsr()


def _product(left: Any, right: Any) -> np.ndarray:
    """Return left (M, D) times right (N, D) transposed, as a dense array (M, N)."""
    product = left @ right.T
    return product if _is_dense(product) else product.toarray()


def _analogy_scores(a: np.ndarray, b: np.ndarray, c: np.ndarray, method: str) -> np.ndarray:
    return b - a + c if method == "3CosAdd" else b * c / (a + _MULTIPLY_EPSILON)


def _largest(scores: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns (Q, count) of each row's largest entries, the largest first, and the entries."""
    columns = np.empty((len(scores), count), np.int32)
    entries = np.empty((len(scores), count), scores.dtype)
    for row, best, values in zip(scores, columns, entries, strict=True):
        candidates = _reaching(row, _reached(row, count))
        best[:] = candidates[(-row[candidates]).argsort(kind="stable")[:count]]
        values[:] = row[best]
    return columns, entries


def _reaching(row: np.ndarray, number: Any) -> np.ndarray:
    """Return the places of the entries that are not below a number."""
    return np.flatnonzero(~(row < number))


def _reached(row: np.ndarray, count: int) -> Any:
    """Return a number that at least `count` entries reach, and few more do.

    It is among the largest entries of groups, which one pass finds: faster than to partition the whole row.
    """
    groups = max(1, math.isqrt(len(row) * count))
    largest = np.maximum.reduce(row[: len(row) // groups * groups].reshape(-1, groups))
    largest.sort()
    return largest[-count]


def _exclude(scores: np.ndarray, columns: np.ndarray) -> None:
    """Set the entries at the columns (K, 3) of each row to minus infinity; skip columns out of range."""
    inside = (columns >= 0) & (columns < scores.shape[1])
    scores[np.nonzero(inside)[0], columns[inside]] = -np.inf
