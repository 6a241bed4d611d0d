r"""Patterns of tokens: the one named `words`, which keeps words of every script whole, and a user's own.

`\w` alone has letters and digits, but not the marks that belong to them: the vowel signs of Hindi and Tamil,
the points of Hebrew, accents in NFD. Nor has it the joiners inside Persian words. The pattern `words` follows
the word boundaries of Unicode Standard Annex #29, "Unicode Text Segmentation", but cuts numbers at points and
commas.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache

from lexloom.settings.tokenize import WORDS

_ZERO_WIDTH_SPACE, _NON_JOINER, _JOINER, _BYTE_ORDER_MARK = "\u200b", "\u200c", "\u200d", "\ufeff"
_OF_EMOJI = "\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f"  # skin tones, and the tags of flags
_FLAG = "[\U0001f1e6-\U0001f1ff]{2}"
# Between letters these are part of a word: apostrophes, the Catalan point, the Hebrew and Armenian marks.
_INNER = "'\u2019\u00b7\u05f3\u05f4\u055a-\u055c\u055e"


@cache
def compiled(pattern: str) -> re.Pattern:
    """Return the compiled regular expression of a pattern, which may be `words`."""
    return re.compile(_whole_words() if pattern == WORDS else pattern)


def letters_cut(pattern: str, text: str) -> int:
    """Return how many tokens of a text end between a letter and a mark or joiner that belongs to it."""
    if text.isascii() or not _extending().search(text):
        return 0
    return sum(
        1
        for line in text.split("\n")
        for token in compiled(pattern).finditer(line)
        if token[0] and _extending().match(line, token.end())
    )


def _whole_words() -> str:
    extending, invisible = _extending().pattern, _class(_is_invisible)
    # The assertion saves the search of a long class at each space of an English text.
    letters = rf"\w+(?:(?=[^\x00-\x7f])(?:{extending}|{invisible}+(?=\w))\w*)*"
    symbol = rf"(?!{invisible})[^\w\s\x00-\x1f\x7f-\x9f{_ZERO_WIDTH_SPACE}{_BYTE_ORDER_MARK}]{extending}*"
    return rf"{letters}(?:[{_INNER}]{letters})*|{_FLAG}|{symbol}(?:(?<={_JOINER}){symbol})*"


@cache
def _extending() -> re.Pattern:
    """Return the class of characters that belong to the one before them."""
    return re.compile(_class(_is_extending, _OF_EMOJI))


def _is_extending(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Mc", "Me") or character in (_NON_JOINER, _JOINER)


def _is_invisible(character: str) -> bool:
    """Return whether a character only says how others are set, such as a soft hyphen."""
    apart = (_ZERO_WIDTH_SPACE, _BYTE_ORDER_MARK)
    return unicodedata.category(character) == "Cf" and not _is_extending(character) and character not in apart


def _class(belongs: Callable[[str], bool], more: str = "") -> str:
    """Return the class of the characters that belong to it; other planes of Unicode have no marks."""
    runs: list[list[int]] = []
    for code in (*range(0x20000), *range(0xE0000, 0xE0200)):
        if belongs(chr(code)):
            if not runs or runs[-1][1] < code - 1:
                runs.append([code, code])
            runs[-1][1] = code
    return "[" + "".join(f"\\U{first:08x}-\\U{last:08x}" for first, last in runs) + more + "]"
