"""Cutting a line of text into tokens."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

from lexloom.corpus.segmenters import segmented, whole_lines
from lexloom.corpus.sentence_ends import with_sentence_ends
from lexloom.corpus.word_pattern import compiled, letters_cut
from lexloom.settings.mistakes import checked
from lexloom.settings.tokenize import Sentences, Tokenize

LINE_END = "\n"
NormalForm = Literal["NFC", "NFD", "NFKC", "NFKD"]
_NUL = "\0"  # never occurs in a text, because read_blocks refuses it
_SPACES = b" \t\v\f\r\x1c\x1d\x1e\x1f"
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_DEFAULTS = Tokenize()


@dataclass(frozen=True)
class Tokenizer:
    r"""How a line is cut into words.

    Attributes
    ----------
    pattern : str or None
        "words": words of every script stay whole, and each punctuation mark or emoji is a token. Otherwise a
        regular expression that matches one token; None splits at white space. A line longer than a megabyte
        is read in parts, cut after white space.
    lower : bool
        Convert to lower case first.
    normalize : {"NFC", "NFD", "NFKC", "NFKD"} or None
        The Unicode normal form to convert to first.
    sentence_end : str or None
        The token added to each sentence that has any token; None adds none.
    sentences : {"line", "paragraph", "document", "split"}
        Where a sentence ends: at each line end; at empty lines; nowhere within a text; or at final
        punctuation and empty lines, see `lexloom.corpus.sentence_ends`.
    tokenizer : {"jieba", "fugashi"} or None
        Puts spaces between words first, for Chinese or Japanese.
    command : str or None
        The same by a program, which reads lines and writes for each its words with spaces between them.

    Raises
    ------
    LexloomError
        If an attribute is not allowed by `lexloom.settings.tokenize.Tokenize`, which also has the defaults.

    Examples
    --------
    >>> tokenizer = Tokenizer(pattern="words", lower=True)
    >>> [list(tokenizer.tokens(line)) for line in tokenizer.sentence_lines(["Don't panic!"])]
    [["don't", 'panic', '!']]
    """

    pattern: str | None = _DEFAULTS.pattern
    lower: bool = _DEFAULTS.lower
    normalize: NormalForm | None = _DEFAULTS.normalize
    sentence_end: str | None = _DEFAULTS.sentence_end
    sentences: Sentences = _DEFAULTS.sentences
    tokenizer: Literal["jieba", "fugashi"] | None = _DEFAULTS.tokenizer
    command: str | None = _DEFAULTS.command

    def __post_init__(self) -> None:
        checked(Tokenize, vars(self))

    def tidy(self, text: str) -> str:
        """Return a text in the case and normal form of this tokenizer."""
        text = self._normal(text)
        return self._normal(text.lower()) if self.lower else text

    def sentence_lines(self, blocks: Iterable[str]) -> Iterator[str]:
        """Yield a text, in blocks cut after white space: tidy, and with a sentence in each line."""
        blocks = with_sentence_ends(blocks, self.sentences)
        if self.tokenizer or self.command:
            blocks = whole_lines(blocks)
        for block in blocks:
            yield segmented(self.tidy(block), self.tokenizer, self.command)

    def spelled(self, word: str) -> str:
        """Return a word in the spelling that it has in the vocabulary of a text that this tokenizer cut."""
        return word if word == self.sentence_end else self.tidy(word)

    def tokens(self, line: str) -> Iterable[str]:
        """Return the tokens of a line of `sentence_lines`, without the sentence end."""
        if self.pattern is None:
            return line.split()
        return (match[0] for match in compiled(self.pattern).finditer(line) if match[0])

    def letters_cut(self, text: str) -> int:
        """Return how many letters of a text of `sentence_lines` lose a mark or joiner to the next token."""
        return 0 if self.pattern is None else letters_cut(self.pattern, text)

    def joined(self, words: Iterable[str]) -> str:
        """Return words as a text: with spaces between them, unless the pattern makes words of spaces too."""
        spaces_are_words = self.pattern is not None and any(self.tokens(" "))
        return ("" if spaces_are_words else " ").join(words)

    @property
    def separators(self) -> bytes:
        """The bytes, other than line feeds, that separate tokens in the result of `parted`."""
        return _SPACES if self.pattern is None else _NUL.encode()

    def parted(self, text: str) -> bytes:
        """Return the tokens of a text of `sentence_lines`, as UTF-8 with separators between them."""
        if self.pattern is not None:
            text = LINE_END.join(_NUL.join(self.tokens(line)) for line in text.split(LINE_END))
        elif not text.isascii():
            text = _WIDE_SPACE.sub(" ", text)
        return text.encode()

    def _normal(self, text: str) -> str:
        return unicodedata.normalize(self.normalize, text) if self.normalize else text


def tokenizer_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those settings of a corpus that are arguments of its `Tokenizer`."""
    return {field.name: settings[field.name] for field in fields(Tokenizer) if field.name in settings}
