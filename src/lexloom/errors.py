"""The exceptions that a person is meant to read, and the hints in their messages."""

import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from operator import index
from os import PathLike, fspath
from typing import Any, SupportsIndex

# Controls of terminals, changes of direction, characters without width, and bytes that are not UTF-8; joiners
# only where they join nothing.
_HIDDEN = re.compile(
    "[\0-\x1f\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff]"
    r"|(?<!\S)[\u200c\u200d]|[\u200c\u200d](?!\S)"
)


class LexloomError(Exception):
    """A mistake in a file, a key or a value: the message names it, what was expected and what to do next.

    Scripts print the message without a traceback and exit with 1. A bug in lexloom itself is never a
    `LexloomError`.
    """


class ArtifactError(LexloomError):
    """A file that a stage makes is missing, damaged or not what was expected.

    Parameters
    ----------
    message : str
    kinds : sequence of str
        The kinds of files that were expected.
    path : path
        The file. From both, the caller can say what makes it.
    """

    def __init__(self, message: str, kinds: Sequence[str], path: str | PathLike):
        super().__init__(message)
        self.kinds = tuple(kinds)
        self.path = fspath(path)


class Interrupted(Exception):
    """A signal ended the work, and what is needed to resume is kept: the message says where.

    Scripts print the message without a traceback and exit with 128 and the number of the signal.
    """

    def __init__(self, message: str, signal: int):
        super().__init__(message)
        self.signal = signal


def printable(text: object) -> str:
    r"""Return a word or the name of a file as a person may see it, with escapes for what steers a terminal.

    Examples
    --------
    >>> print(printable("two\nlines"), printable(b"caf\xe9".decode(errors="surrogateescape")))
    two\nlines caf\udce9
    """
    return _HIDDEN.sub(lambda match: match[0].encode("unicode_escape").decode(), str(text))


def printable_lines(text: str) -> str:
    """Return a text as `printable` does, but for its line ends and tabs."""
    return "".join(part if part in "\n\t" else printable(part) for part in re.split("([\n\t])", text))


def middle_left_out(text: str, most: int) -> str:
    """Return a text, or where it has more than `most` characters its beginning and end."""
    return text if len(text) <= most else f"{text[: most // 2 - 3]}...{text[-most // 2 :]}"


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


def check_known(kind: str, name: str, known: Iterable[str]) -> None:
    """Raise an error if a name is not a known one.

    Parameters
    ----------
    kind : str
        What the name stands for, such as "method".
    name : str
    known : iterable of str

    Raises
    ------
    LexloomError
        Naming the closest known name, or all of them if none is close.
    """
    known = list(known)
    if name not in known:
        hint = did_you_mean(str(name), known, 1) or f"expected one of {', '.join(known)}"
        raise LexloomError(f"{kind}: unknown name {name!r}; {hint}")


def refuse_arguments(method: str, **arguments: Any) -> None:
    """Raise an error if an argument that a method does not have is given, that is, not None.

    Raises
    ------
    LexloomError
        Naming the argument.
    """
    for name, value in arguments.items():
        if value is not None:
            raise LexloomError(f"{name}: not an argument of method {method!r}; leave it out")


def check_whole(name: str, value: SupportsIndex, minimum: int) -> None:
    """Raise an error if an argument is not a whole number of at least `minimum`.

    Raises
    ------
    LexloomError
        Naming the argument, its value and the values allowed.
    """
    try:
        is_whole = index(value) >= minimum
    except TypeError:
        is_whole = False
    if not is_whole:
        raise LexloomError(f"{name}: {value!r}; expected a whole number, {minimum} or more")
