"""Where the sentences of a text end: a line end stands there, and nowhere else."""

import re
from collections.abc import Iterable, Iterator
from functools import partial

from lexloom.settings.tokenize import Sentences

_BREAK = re.compile(r"\s{2,}|\n")
# Chinese and Japanese, which are written without spaces.
_WIDE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")

_FINAL = "!?\u2026\u203d\u0589\u061f\u06d4\u0964\u0965\u104a\u104b\u1362\u17d4"  # of many scripts
_CLOSING = "'\")\\]}\u2019\u201c\u201d\u00bb\u00ab\u203a"  # German closes with what opens elsewhere
_SENTENCE_END = re.compile(rf"([.{_FINAL}])([{_CLOSING}]*)\s+(?=(\S))")
# "z. B.", "J. Smith", "3. Oktober"
_ABBREVIATED = re.compile(r"(?<![^\W_])([^\W\d_]|\d{1,2})\Z")

_WIDE_FINAL = "\u3002\uff01\uff1f\uff61"
_WIDE_CLOSING = "\u300d\u300f\u3011\u3009\u300b\uff09\u2019\u201d"
_TO = "\u3068"  # after a bracket, a sentence goes on with who said it
_WIDE_SENTENCE_END = re.compile(
    rf"(?<![{_WIDE_FINAL}\uff0e])((?:[{_WIDE_FINAL}]|\uff0e(?!\d))+(?:[{_WIDE_CLOSING}]+(?!\s*{_TO}))?)\s*"
    rf"(?=[^\s{_WIDE_FINAL}{_WIDE_CLOSING}])"
)


def with_sentence_ends(blocks: Iterable[str], sentences: Sentences) -> Iterator[str]:
    r"""Yield a text whose line ends are the ends of its sentences, in blocks that are cut after white space.

    Parameters
    ----------
    blocks : iterable of str
        The text, cut anywhere.
    sentences : {"line", "paragraph", "document", "split"}
        See `lexloom.settings.tokenize.Tokenize`.

    Examples
    --------
    >>> "".join(with_sentence_ends(["A dog\nbarks. It", "\nruns."], "split"))
    'A dog barks.\nIt runs.'
    """
    if sentences == "line":
        yield from blocks
        return
    held = word = ""
    for block in blocks:
        text = held + block
        cut = _after_last_space(text.rstrip())
        held = text[cut:]
        if cut:  # the first character of the next word says whether a sentence ends before it
            marked = word + _marked(text[: cut + 1], sentences)[:-1]
            cut = _after_last_space(marked)  # which may not be its end: a line break may be within a word
            word = marked[cut:]
            yield marked[:cut]
    yield word + _marked(held, sentences)


def _after_last_space(text: str) -> int:
    return len(text) if text[-1:].isspace() else len(text) - sum(map(len, text.rsplit(None, 1)[-1:]))


def _marked(text: str, sentences: Sentences) -> str:
    text = _BREAK.sub(partial(_joined, ends_sentence=sentences != "document"), text)
    if sentences != "split":
        return text
    return _WIDE_SENTENCE_END.sub("\\1\n", _SENTENCE_END.sub(_ended, text))


def _joined(space: re.Match, ends_sentence: bool) -> str:
    """Return what stands for white space: a line end for an empty line, and nothing within words."""
    if space[0].count("\n") > 1 and ends_sentence:
        return "\n"
    if "\n" not in space[0]:
        return space[0]
    around = space.string[max(0, space.start() - 1) : space.start()], space.string[space.end() :][:1]
    return "" if all(map(_WIDE.match, around)) else " "


def _ended(end: re.Match) -> str:
    """Return a final mark with a line end after it, unless its sentence goes on."""
    mark, closing, following = end.groups()
    before = end.string[max(0, end.start() - 3) : end.start()]
    goes_on = following.islower() or (mark == "." and not closing and _ABBREVIATED.search(before))
    return end[0] if goes_on else f"{mark}{closing}\n"
