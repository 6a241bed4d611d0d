"""From text files to word ids: tokens, split, vocabulary."""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lexloom.corpus.text_files import read_blocks
from lexloom.corpus.tokenizer import LINE_END, Tokenizer
from lexloom.corpus.vocabulary import UNKNOWN, blocks_of, build_vocabulary, known_ids
from lexloom.corpus.word_table import WordTable
from lexloom.errors import LexloomError

SPLITS = ("train", "valid", "test")


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
        end = names.index(tokenizer.sentence_end or LINE_END)
        parts = dict(zip(SPLITS, split_text(parts["train"], end, split), strict=True))
    if tokenizer.sentence_end is None:
        parts = {name: tokens[tokens != 0] for name, tokens in parts.items()}
    if not all(map(len, parts.values())):
        sizes = ", ".join(f"{name} {len(parts[name])}" for name in SPLITS)
        raise LexloomError(
            f"{_several(files['train'])}: too few tokens to split ({sizes}); "
            "add text, or name files for valid and test"
        )
    words, counts, new_ids = build_vocabulary(
        names, parts["train"], tokenizer.sentence_end, min_count, max_vocab, id_order
    )
    for tokens in parts.values():
        for block in blocks_of(tokens):
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
    ends = tokens == names.index(tokenizer.sentence_end or LINE_END)
    lines = np.cumsum(ends) - ends
    if tokenizer.sentence_end is None:
        tokens, lines = tokens[~ends], lines[~ends]
    used, places = np.unique(tokens, return_inverse=True)
    return known_ids([names[name] for name in used], words, path)[places], lines


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
    return WordTable(tokenizer.separators, tokenizer.sentence_end or LINE_END, first=LINE_END)


def _read_text(
    paths: Sequence[str | Path], tokenizer: Tokenizer, table: WordTable, advance: Callable[[int], object]
) -> np.ndarray:
    tokens = array("i")
    table.begin_text()
    for path in paths:
        for block in read_blocks(path, advance):
            tokens.frombytes(table.read(tokenizer.parted(tokenizer.tidy(block))).view(np.uint8))
        tokens.frombytes(table.read(LINE_END.encode()).view(np.uint8))
    return np.frombuffer(tokens, np.int32)


def _several(paths: Sequence[str | Path]) -> str:
    return str(paths[0]) + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
