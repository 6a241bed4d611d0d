"""Scores of word vectors on test sets: similarity ratings, analogies, word classes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.test_sets import read_analogies, read_similarity_set
from lexloom.vectors.word_vectors import ANALOGY_METHODS, WordVectors

_NORMAL_975 = 1.959963984540054


@dataclass(frozen=True)
class Score:
    """How well vectors do on a test set.

    Attributes
    ----------
    test_set : str
    measure : str
        "Spearman" (rank correlation), or the method that found the answers; then the value is the proportion
        of correct ones.
    value, low, high : float
        The measure and its 95 % confidence interval; nan if too few items are covered.
    covered, total : int
        The number of items (pairs, questions, words) with every word in the vocabulary, and of all items.
    """

    test_set: str
    measure: str
    value: float
    low: float
    high: float
    covered: int
    total: int


def evaluate_word_pairs(vectors: WordVectors, path: str | Path) -> Score:
    r"""Compare the cosines of word pairs with the ratings that people gave them.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        A file with a pair per line, `word word rating`, such as WordSim-353, SimLex-999 or MEN.

    Returns
    -------
    Score
        Spearman's rank correlation over the pairs of which both words are in the vocabulary.

    Raises
    ------
    LexloomError
        If the file is missing, or a line of it is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> vectors = WordVectors(["cat", "dog", "car"], np.array([[1, 0.1], [1, 0.3], [0, 1]]))
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "pairs.txt"
    ...     _ = path.write_text("cat dog 9.1\ncat car 1.2\ndog car 1.5\ncat cow 7\n")
    ...     score = evaluate_word_pairs(vectors, path)
    >>> round(score.value, 2), score.covered, score.total
    (1.0, 3, 4)
    """
    return score_similarity(vectors, Path(path).stem, *read_similarity_set(path))


def evaluate_word_analogies(vectors: WordVectors, path: str | Path) -> list[Score]:
    """Return the proportion of analogies that vectors complete with the expected word.

    Parameters
    ----------
    vectors : WordVectors
    path : path
        A file with a question per line, `a b c d` for "a is to b as c is to d".

    Returns
    -------
    list of Score
        One for each method, 3CosAdd and 3CosMul, over the questions of which every word is in the vocabulary.

    Raises
    ------
    LexloomError
        If the file is missing, or a line of it is damaged.
    """
    questions = read_analogies(path)
    return [score_analogies(vectors, Path(path).stem, questions, method) for method in ANALOGY_METHODS]


def read_scorers(
    similarity: Iterable[str | Path] = (),
    analogies: Iterable[str | Path] | None = (),
    gold: str | Path | None = None,
) -> list[Callable[[WordVectors], Score]]:
    """Read test sets once, and return the functions that score any number of vectors on them.

    Parameters
    ----------
    similarity : paths
        Rated word pairs, see `read_similarity_set`.
    analogies : paths or None
        Analogies, see `read_analogies`; None also leaves out those of `gold`, as they take time.
    gold : path
        An artifact with word classes and analogies of a generated corpus.
    """
    scorers: list[Callable[[WordVectors], Score]] = []
    for path in similarity:
        pairs, ratings = read_similarity_set(path)
        scorers.append(partial(score_similarity, test_set=Path(path).stem, pairs=pairs, ratings=ratings))
    questions = [(Path(path).stem, read_analogies(path)) for path in analogies or ()]
    if gold:
        known = read_artifact(gold, "gold")
        words = known["words"]
        scorers.append(partial(score_classes, test_set="classes", words=words, classes=known["word_classes"]))
        if analogies is not None:
            questions.append(("analogies", np.array(words)[known["analogies"]].tolist()))
    for name, items in questions:
        scorers += [
            partial(score_analogies, test_set=name, questions=items, method=method)
            for method in ANALOGY_METHODS
        ]
    return scorers


def score_similarity(
    vectors: WordVectors, test_set: str, pairs: Sequence[tuple[str, str]], ratings: np.ndarray
) -> Score:
    """Correlate the cosines of word pairs with the ratings (K,) that people gave, over the covered pairs."""
    ids = _covered(vectors, pairs)
    known = (ids >= 0).all(axis=1)
    cosines = vectors.cosines(*ids[known].T)
    value = spearman(cosines, ratings[known])
    low, high = spearman_interval(value, len(cosines))
    return Score(test_set, "Spearman", value, low, high, len(cosines), len(pairs))


def score_analogies(
    vectors: WordVectors, test_set: str, questions: Sequence[tuple[str, str, str, str]], method: str
) -> Score:
    """Return the proportion of analogies whose fourth word a method, 3CosAdd or 3CosMul, finds."""
    ids = _covered(vectors, questions)
    ids = ids[(ids >= 0).all(axis=1)]
    right = int((vectors.complete_analogies(ids[:, :3], method) == ids[:, 3]).sum())
    return Score(test_set, method, *share(right, len(ids)), len(ids), len(questions))


def score_classes(vectors: WordVectors, test_set: str, words: Sequence[str], classes: np.ndarray) -> Score:
    """Return the proportion of words whose nearest word is of the same class.

    Parameters
    ----------
    words : list of K str
        Words with a known class. A nearest word of no known class counts as wrong.
    classes : (K,) int array
        Not negative.
    """
    ids = vectors.find(words)
    known = ids >= 0
    class_of = np.full(len(vectors.words), -1)
    class_of[ids[known]] = classes[known]
    nearest, _ = vectors.nearest(ids[known], 1)
    right = int((class_of[nearest] == classes[known, None]).sum())
    count = int(known.sum())
    return Score(test_set, "nearest", *share(right, count), count, len(words))


def spearman(x: np.ndarray, y: np.ndarray) -> float:
    """Return Spearman's rank correlation of x (K,) and y (K,).

    It is Pearson's correlation of their ranks; equal values share their mean rank. It is nan if K < 2 or one
    of the two is constant.
    """
    x_ranks, y_ranks = _centred_ranks(x), _centred_ranks(y)
    lengths = np.sqrt(x_ranks @ x_ranks) * np.sqrt(y_ranks @ y_ranks)
    return float(x_ranks @ y_ranks / lengths) if lengths > 0 else np.nan


def spearman_interval(correlation: float, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of a rank correlation over `count` pairs; nan if count < 4.

    It uses Fisher's z with the standard error sqrt((1 + r^2 / 2) / (count - 3)) of Bonett and Wright (2000),
    "Sample size requirements for estimating Pearson, Kendall and Spearman correlations", Psychometrika 65.
    """
    if count < 4:
        return np.nan, np.nan
    if abs(correlation) >= 1:
        return correlation, correlation
    reach = _NORMAL_975 * np.sqrt((1 + correlation**2 / 2) / (count - 3))
    low, high = np.tanh(np.arctanh(correlation) + np.array([-reach, reach]))
    return float(low), float(high)


def share(right: int, count: int) -> tuple[float, float, float]:
    """Return right / count and its 95 % interval (Wilson 1927, JASA 22, 209-212); nan for no items."""
    if count == 0:
        return np.nan, np.nan, np.nan
    z2 = _NORMAL_975**2
    middle = (right + z2 / 2) / (count + z2)
    reach = _NORMAL_975 * np.sqrt(right * (count - right) / count + z2 / 4) / (count + z2)
    return right / count, float(max(0, middle - reach)), float(min(1, middle + reach))


def _covered(vectors: WordVectors, items: Sequence[tuple[str, ...]]) -> np.ndarray:
    return vectors.find([word for item in items for word in item]).reshape(len(items), -1)


def _centred_ranks(values: np.ndarray) -> np.ndarray:
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[inverse] - (len(values) + 1) / 2
