"""From text files to word ids: tokenizing, splitting, numbering."""

import logging
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lexloom.corpus.splitting import split_one_text
from lexloom.corpus.text_files import read_blocks
from lexloom.corpus.tokenizer import LINE_END, Tokenizer, tokenizer_settings
from lexloom.corpus.vocabulary import blocks_of, build_vocabulary, has_words, known_ids
from lexloom.corpus.word_table import WordTable
from lexloom.errors import LexloomError
from lexloom.settings.base import UNKNOWN
from lexloom.settings.splits import SPLITS
from lexloom.settings.tokenize import Tokenize


@dataclass(frozen=True)
class Corpus:
    """A corpus as word ids.

    Attributes
    ----------
    train, valid, test : (T,) int32 array
    words : list of str
        The word of each id.
    counts : (V,) int64 array
        How often each word occurs in train.
    """

    train: np.ndarray
    valid: np.ndarray
    test: np.ndarray
    words: list[str]
    counts: np.ndarray


def read_corpus(
    files: Mapping[str, Sequence[str | Path]],
    settings: Tokenize,
    advance: Callable[[int], object] = lambda size: None,
    rng: np.random.Generator | None = None,
) -> Corpus:
    """Read text files as word ids, with the vocabulary of the training text.

    Files are read block by block, so memory holds the ids, the vocabulary and one block of text.

    Parameters
    ----------
    files : mapping
        The UTF-8 files of "train", "valid" and "test"; or of "train" alone, which is then split. The files of
        one key are joined in order.
    settings : Tokenize
        How a line is cut into words, which words are kept and how they are numbered, and how a single text is
        split. With a largest vocabulary, the most frequent words in train are kept.
    advance : callable
        Called with the size in bytes of each block read.
    rng : Generator, optional
        Draws how a single text is split, unless that is by position.

    Returns
    -------
    Corpus

    Raises
    ------
    LexloomError
        If a file cannot be read or is not UTF-8 text, or a part has no tokens; or as `build_vocabulary` does.
    """
    if set(files) not in ({"train"}, set(SPLITS)):
        raise LexloomError(f"files: got {', '.join(files)}; expected train alone, or train, valid and test")
    tokenizer = Tokenizer(**tokenizer_settings(dict(settings)))
    table = _table(tokenizer)
    parts, file_bounds = {}, {}
    for name, paths in files.items():
        parts[name], file_bounds[name] = _read_text(paths, tokenizer, table, advance)
    for name, tokens in parts.items():
        if not len(tokens):
            raise LexloomError(f"{_several(files[name])}: contains no token; expected text for {name}")
    names = table.words()
    if "valid" not in parts:
        end = names.index(tokenizer.sentence_end or LINE_END)
        split = split_one_text(parts["train"], end, file_bounds["train"], settings, rng)
        parts = dict(zip(SPLITS, split, strict=True))
    if tokenizer.sentence_end is None:
        parts = {name: tokens[tokens != 0] for name, tokens in parts.items()}
    if not all(map(len, parts.values())):
        sizes = ", ".join(f"{name} {len(parts[name])}" for name in SPLITS)
        raise LexloomError(
            f"{_several(files['train'])}: too few tokens to split ({sizes}); "
            "add text, or name files for valid and test"
        )
    words, counts, new_ids = build_vocabulary(names, parts["train"], settings)
    for tokens in parts.values():
        for block in blocks_of(tokens):
            block[:] = new_ids[block]
    for name in SPLITS[1:]:
        if not has_words(parts[name], words, settings.sentence_end):
            logging.warning(
                "%s: none of its words is among the %d of train, each is %s; its perplexity means nothing",
                name,
                len(words),
                UNKNOWN,
            )
    return Corpus(**parts, words=words, counts=counts)


def read_lines(path: str | Path, tokenizer: Tokenizer, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Read a text file as ids of a known vocabulary.

    Parameters
    ----------
    path : path
    tokenizer : Tokenizer
    words : list of V str
        The vocabulary.

    Returns
    -------
    ids : (L,) int32 array
        The id of each token.
    lines : (L,) int array
        The number of the line of each token, from 0. Lines without a token are not counted.

    Raises
    ------
    LexloomError
        If the file cannot be read, is not UTF-8 text or has no token, or as `known_ids` does.
    """
    table = _table(tokenizer)
    tokens, _ = _read_text([path], tokenizer, table, lambda size: None)
    if not len(tokens):
        raise LexloomError(f"{path}: contains no token; expected text")
    names = table.words()
    ends = tokens == names.index(tokenizer.sentence_end or LINE_END)
    lines = np.cumsum(ends) - ends
    if tokenizer.sentence_end is None:
        tokens, lines = tokens[~ends], lines[~ends]
    used, places = np.unique(tokens, return_inverse=True)
    return known_ids([names[name] for name in used], words, path)[places], lines


def _table(tokenizer: Tokenizer) -> WordTable:
    """Return a table in which number 0 is the line end, whether that is a token or not."""
    return WordTable(tokenizer.separators, tokenizer.sentence_end or LINE_END, first=LINE_END)


def _read_text(
    paths: Sequence[str | Path], tokenizer: Tokenizer, table: WordTable, advance: Callable[[int], object]
) -> tuple[np.ndarray, list[int]]:
    """Return the tokens (T,) of a text, and where its files begin and end, from 0 to T."""
    tokens, bounds, cut = array("i"), [0], 0
    table.begin_text()
    for path in paths:
        for block in tokenizer.sentence_lines(read_blocks(path, advance)):
            tokens.frombytes(table.read(tokenizer.parted(block)).view(np.uint8).data)
            cut += tokenizer.letters_cut(block)
        tokens.frombytes(table.read(LINE_END.encode()).view(np.uint8).data)
        bounds.append(len(tokens))
    if cut:
        logging.warning(
            "%s: the pattern %s cuts %d letters from their marks or joiners; the pattern words does not",
            _several(paths),
            tokenizer.pattern,
            cut,
        )
    return np.frombuffer(tokens, np.int32), bounds


def _several(paths: Sequence[str | Path]) -> str:
    return str(paths[0]) + (f" and {len(paths) - 1} more" if len(paths) > 1 else "")
