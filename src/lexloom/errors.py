"""The exceptions that a person is meant to read, and the hints in their messages."""

from collections.abc import Iterable
from difflib import get_close_matches


class LexloomError(Exception):
    """A mistake in a file, a key or a value: the message names it, what was expected and what to do next.

    Scripts print the message without a traceback and exit with 1. A defect of lexloom itself is never a
    `LexloomError`.
    """


class Interrupted(Exception):
    """A signal ended the work, and what is needed to go on is kept: the message says where.

    Scripts print the message without a traceback and exit with 128 and the number of the signal.
    """

    def __init__(self, message: str, signal: int):
        super().__init__(message)
        self.signal = signal


def did_you_mean(word: str, known: Iterable[str], count: int = 3) -> str:
    """Return the question "did you mean this or that?", or nothing if no known word is spelled alike.

    Parameters
    ----------
    word : str
        The word that was not recognized.
    known : iterable of str
        The words that it could have been.
    count : int
        The number of words to suggest at most.

    Examples
    --------
    >>> did_you_mean("colour", ["color", "shape", "size"])
    'did you mean color?'
    >>> did_you_mean("weight", ["color", "shape", "size"])
    ''
    """
    similar = spelled_alike(word, known, count)
    return f"did you mean {' or '.join(similar)}?" if similar else ""


def spelled_alike(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """Return at most `count` known words spelled like a word, or like its lower case; the closest first."""
    known = list(known)
    return get_close_matches(word, known, count) or get_close_matches(word.lower(), known, count)
