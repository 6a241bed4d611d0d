"""From text files to word ids: tokens, split, vocabulary."""

import re
import unicodedata
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.corpus.text_files import read_blocks
from lexloom.corpus.word_table import WordTable
from lexloom.errors import LexloomError

SPLITS = ("train", "valid", "test")
UNKNOWN = "<unk>"
_LINE_END = "\n"
_NUL = "\0"  # read_blocks lets none through
_SPACES = b" \t\v\f\r\x1c\x1d\x1e\x1f"
_WIDE_SPACE = re.compile(r"[^\S\x00-\x7f]")
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Tokenizer:
    """How a line becomes words.

    Attributes
    ----------
    pattern : str or None
        A regular expression for one token; None splits at white space. A line over a megabyte is read in
        parts, cut after white space.
    lower : bool
        Fold to lower case first.
    normalize : {"NFC", "NFD", "NFKC", "NFKD"} or None
        Unicode normal form, likewise first.
    sentence_end : str or None
        The token at the end of each line that has any token.

    Raises
    ------
    LexloomError
        When the pattern is no regular expression, or the sentence end holds white space.
    """

    pattern: str | None = None
    lower: bool = False
    normalize: str | None = None
    sentence_end: str | None = None

    def __post_init__(self):
        try:
            re.compile(self.pattern or "")
        except re.error as error:
            raise LexloomError(f"pattern: {self.pattern!r} is no regular expression: {error}") from error
        if self.sentence_end is not None and self.sentence_end.split() != [self.sentence_end]:
            raise LexloomError(f"sentence_end: {self.sentence_end!r}; expected one word without white space")

    def tidy(self, text: str) -> str:
        """Return the text in the chosen case and normal form."""
        if self.lower:
            text = text.lower()
        return unicodedata.normalize(self.normalize, text) if self.normalize else text

    def tokens(self, line: str) -> Iterable[str]:
        """Return the tokens of a line that is tidy."""
        if self.pattern is None:
            return line.split()
        return (match[0] for match in re.finditer(self.pattern, line) if match[0])

    @property
    def separators(self) -> bytes:
        """The bytes, besides line feeds, that part the tokens in what `parted` returns."""
        return _SPACES if self.pattern is None else _NUL.encode()

    def parted(self, text: str) -> bytes:
        """Return the tokens of a text that is tidy as UTF-8, with separators between them."""
        if self.pattern is not None:
            text = _LINE_END.join(_NUL.join(self.tokens(line)) for line in text.split(_LINE_END))
        elif not text.isascii():
            text = _WIDE_SPACE.sub(" ", text)
        return text.encode()


def tokenizer_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of a corpus's settings that made its `Tokenizer`."""
    return {field.name: settings[field.name] for field in fields(Tokenizer)}


@dataclass(frozen=True)
class Corpus:
    """A corpus as word ids.

    Attributes
    ----------
    train, valid, test : (T,) int32 array
    words : list of str
        The word of each id.
    counts : (V,) int64 array
        How often each word stands in train.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    words: list[str]
    counts: np.ndarray


def read_corpus(
    files: Mapping[str, Sequence[str | Path]],
    tokenizer: Tokenizer,
    split: Sequence[float] = (0.9, 0.05, 0.05),
    min_count: int = 1,
    max_vocab: int | None = None,
    id_order: str = "frequency",
    advance: Callable[[int], object] = lambda size: None,
) -> Corpus:
    """Read text files as word ids, with the vocabulary of the training text.

    The files stream: beside the ids, memory holds a block of text and the vocabulary.

    Parameters
    ----------
    files : mapping
        The UTF-8 files of "train", "valid" and "test", or of "train" alone: then that text is split. The
        files of one key are one text, in their order.
    tokenizer : Tokenizer
    split : three floats
        Shares of train, valid and test where there is one text; `split_text` says how.
    min_count : int
        Words that are rarer in train become <unk>.
    max_vocab : int, optional
        At most so many words, <unk> and the sentence end among them; the most frequent in train are kept.
    id_order : {"frequency", "appearance"}
        Ids by falling frequency in train, of equal ones by first appearance; or all by first appearance.
    advance : callable
        Called with the number of bytes of each block read.

    Raises
    ------
    LexloomError
        When a file cannot be read, is no UTF-8 text, a part is left without tokens, or a setting is out of
        its range.
    """
    if set(files) not in ({"train"}, set(SPLITS)):
        raise LexloomError(f"files: for {', '.join(files)}; expected train alone, or train, valid and test")
    if max_vocab is not None and max_vocab < 2:
        raise LexloomError(f"max_vocab: {max_vocab}; expected at least 2, for a word and {UNKNOWN}")
    table = _table(tokenizer)
    parts = {name: _read_text(paths, tokenizer, table, advance) for name, paths in files.items()}
    for name, tokens in parts.items():
        if not len(tokens):
            raise LexloomError(f"{_several(files[name])}: no token in it; expected text for {name}")
    names = table.words()
    if "valid" not in parts:
        end = names.index(tokenizer.sentence_end or _LINE_END)
        parts = dict(zip(SPLITS, split_text(parts["train"], end, split), strict=True))
    if tokenizer.sentence_end is None:
        parts = {name: tokens[tokens != 0] for name, tokens in parts.items()}
    if not all(map(len, parts.values())):
        sizes = ", ".join(f"{name} {len(parts[name])}" for name in SPLITS)
        raise LexloomError(
            f"{_several(files['train'])}: too few tokens to split ({sizes}); "
            "add text, or name files for valid and test"
        )
    words, counts, new_ids = _vocabulary(
        names, parts["train"], tokenizer.sentence_end, min_count, max_vocab, id_order
    )
    for tokens in parts.values():
        for block in _blocks(tokens):
            block[:] = new_ids[block]
    return Corpus(**parts, words=words, counts=counts)


def read_lines(path: str | Path, tokenizer: Tokenizer, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read a text file as ids of a known vocabulary.

    Parameters
    ----------
    words : list of str

    Returns
    -------
    ids, lines : (L,) int arrays
        The number of each token and of the line in which it stands, from 0; lines without a token are passed
        over.

    Raises
    ------
    LexloomError
        When the file cannot be read, is no UTF-8 text or has no token, and as `known_ids` does.
    """
    table = _table(tokenizer)
    tokens = _read_text([path], tokenizer, table, lambda size: None)
    if not len(tokens):
        raise LexloomError(f"{path}: no token in it; expected text")
    names = table.words()
    ends = tokens == names.index(tokenizer.sentence_end or _LINE_END)
    lines = np.cumsum(ends) - ends
    if tokenizer.sentence_end is None:
        tokens, lines = tokens[~ends], lines[~ends]
    used, places = np.unique(tokens, return_inverse=True)
    return known_ids([names[name] for name in used], words, path)[places], lines


def known_ids(names: Sequence[str], words: Sequence[str], source: str | Path) -> np.ndarray:
    """Return the ids (N,) of words; one that is not in the vocabulary is <unk>, as in a corpus.

    Raises
    ------
    LexloomError
        When a word is not in the vocabulary and <unk> is not either.
    """
    numbers = {word: number for number, word in enumerate(words)}
    unknown = numbers.get(UNKNOWN)
    ids = [numbers.get(name, unknown) for name in names]
    if None in ids:
        raise LexloomError(
            f"{source}: {names[ids.index(None)]!r} is not among the {len(words)} words of the model, and "
            f"neither is {UNKNOWN}; leave it out, or train on a corpus with min_count 2 or more"
        )
    return np.array(ids, np.int32)


def split_text(tokens: np.ndarray, end: int, shares: Sequence[float]) -> list[np.ndarray]:
    """Cut a text in consecutive parts, without copying.

    A part ends with the line in which its share of the tokens is reached. A text of too few lines for that,
    such as one long line, is cut between tokens.

    Parameters
    ----------
    tokens : (T,) int array
    end : int
        The id that ends each line.
    shares : floats
        They sum to 1.

    Returns
    -------
    parts : list of int arrays

    Raises
    ------
    LexloomError
        When a share is not positive, or their sum is not 1.
    """
    if min(shares) <= 0 or not np.isclose(sum(shares), 1.0):
        raise LexloomError(f"split: {list(shares)}; expected shares above 0 with the sum 1")
    cuts = [round(share * len(tokens)) for share in np.cumsum(shares)[:-1]]
    at_line_ends = [cut + int(np.argmax(tokens[cut - 1 :] == end)) for cut in cuts if cut]
    if len(set(at_line_ends) - {len(tokens)}) == len(cuts):
        cuts = at_line_ends
    return np.split(tokens, cuts)


def _table(tokenizer: Tokenizer) -> WordTable:
    """Return a table in which the end of a line has the number 0, whether it is a token or not."""
    return WordTable(tokenizer.separators, tokenizer.sentence_end or _LINE_END, first=_LINE_END)


def _read_text(
    paths: Sequence[str | Path], tokenizer: Tokenizer, table: WordTable, advance: Callable[[int], object]
) -> np.ndarray:
    tokens = array("i")
    table.begin_text()
    for path in paths:
        for block in read_blocks(path, advance):
            tokens.frombytes(table.read(tokenizer.parted(tokenizer.tidy(block))).view(np.uint8))
        tokens.frombytes(table.read(_LINE_END.encode()).view(np.uint8))
    return np.frombuffer(tokens, np.int32)


def _vocabulary(
    names: list[str],
    train: np.ndarray,
    sentence_end: str | None,
    min_count: int,
    max_vocab: int | None,
    id_order: str,
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the words, their counts in train, and the new id of each provisional one."""
    names = names if UNKNOWN in names else [*names, UNKNOWN]
    unknown = names.index(UNKNOWN)
    end = None if sentence_end is None else names.index(sentence_end)
    counts = sum(np.bincount(block, minlength=len(names)) for block in _blocks(train))
    kept = _kept(counts, unknown, end, min_count, max_vocab)
    # The first is the line end, which is no word; <unk> itself is among them.
    replaced = np.flatnonzero(~kept)[1:]
    first = np.arange(len(names))
    first[unknown] = replaced[0]
    counts[unknown], counts[replaced[replaced != unknown]] = counts[replaced].sum(), 0
    kept[unknown] = counts[unknown] > 0 or len(replaced) > 1

    order = np.flatnonzero(kept)
    order = order[np.lexsort((first[order], -counts[order] if id_order == "frequency" else first[order]))]
    new_ids = np.full(len(names), -1, np.int32)
    new_ids[order] = np.arange(len(order))
    new_ids[replaced] = new_ids[unknown]
    return [names[word] for word in order], counts[order], new_ids


def _kept(
    counts: np.ndarray, unknown: int, sentence_end: int | None, min_count: int, max_vocab: int | None
) -> np.ndarray:
    """Return which provisional words stay words of their own, neither <unk> nor the line end."""
    kept = counts >= min_count
    if sentence_end is not None:
        kept[sentence_end] = True
    kept[[0, unknown]] = False
    if max_vocab is not None:
        importance = np.where(kept, counts, -1)
        if sentence_end is not None:
            importance[sentence_end] = counts.max() + 1
        kept[np.argsort(-importance, kind="stable")[max_vocab - 1 :]] = False
    return kept


def _blocks(tokens: np.ndarray) -> Iterator[np.ndarray]:
    """Yield a long array in parts that share its memory, because indexing copies int32 ids as int64."""
    for start in range(0, len(tokens), _BLOCK):
        yield tokens[start : start + _BLOCK]


def _several(paths: Sequence[str | Path]) -> str:
    return str(paths[0]) + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
