"""The published test sets of word vectors: word pairs rated by people, and analogy questions."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from lexloom.corpus.text_files import read_blocks, why_not_regular
from lexloom.errors import LexloomError


def read_similarity_set(path: str | Path) -> tuple[list[tuple[str, str]], np.ndarray]:
    """Read word pairs rated by people: one pair per line, `word word rating`, separated by tabs or spaces.

    WordSim-353, SimLex-999 and MEN are published in this form. Empty lines and lines that begin with # are
    skipped.

    Returns
    -------
    pairs : list of K (str, str)
    ratings : (K,) float64 array
        On the scale of the test set.

    Raises
    ------
    LexloomError
        If the file is missing, is not UTF-8 or has no pair, or a line is damaged; the message says which.
    """
    pairs, ratings = [], []
    for number, line in _lines(path):
        fields = line.split()
        try:
            first, second, rating = fields[0], fields[1], float(fields[2])
        except (IndexError, ValueError):
            rating = np.nan
        if len(fields) != 3 or not np.isfinite(rating):
            raise LexloomError(f"{path}, line {number}: {line[:80]!r}; expected two words and a number")
        pairs.append((first, second))
        ratings.append(rating)
    if not pairs:
        raise LexloomError(f"{path}: no word pairs; expected lines of two words and a number")
    return pairs, np.array(ratings)


def read_analogies(path: str | Path) -> list[tuple[str, str, str, str]]:
    """Read analogy questions: one per line, `a b c d` for "a is to b as c is to d".

    Lines that begin with a colon are section titles. They are skipped, as are empty lines and comments.

    Returns
    -------
    questions : list of (str, str, str, str)

    Raises
    ------
    LexloomError
        If the file is missing, is not UTF-8 or has no question, or a line is damaged; the message says which.
    """
    questions = []
    for number, line in _lines(path):
        if line.startswith(":"):
            continue
        try:
            a, b, c, d = line.split()
        except ValueError as error:
            raise LexloomError(
                f"{path}, line {number}: {line[:80]!r}; expected four words, or a colon and a name"
            ) from error
        questions.append((a, b, c, d))
    if not questions:
        raise LexloomError(f"{path}: no analogies; expected lines of four words")
    return questions


def _lines(path: str | Path) -> Iterator[tuple[int, str]]:
    """Yield the number and the text of each line that is neither empty nor a comment."""
    if not Path(path).exists():
        raise LexloomError(f"{path}: no such file; download it, or name another test set")
    if fault := why_not_regular(path):  # a pipe would be empty when its checksum is taken
        raise LexloomError(f"{path}: {fault}; name a file")
    text = "".join(read_blocks(path))
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line.strip()
