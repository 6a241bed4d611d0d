"""The exceptions that a person is meant to read."""

import difflib
from collections.abc import Iterable


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


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """Return ", did you mean {the most similar of the known words}?", or nothing if none is similar."""
    similar = difflib.get_close_matches(str(word), known, n=1)
    return f", did you mean {similar[0]}?" if similar else ""
