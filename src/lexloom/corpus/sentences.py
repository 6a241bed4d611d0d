"""Sentences in memory as word ids, with the vocabulary and the ids that the same text has in a file."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from lexloom.corpus.text_files import plain
from lexloom.corpus.tokenizer import LINE_END, Tokenizer
from lexloom.corpus.vocabulary import build_vocabulary, known_ids
from lexloom.errors import LexloomError
from lexloom.settings.mistakes import checked
from lexloom.settings.tokenize import Tokenize


def read_sentences(
    sentences: Iterable[str | Sequence[str]], tokenizer: Tokenizer, **limits: Any
) -> tuple[np.ndarray, list[str], np.ndarray]:
    r"""Return sentences as word ids, with their vocabulary.

    The result is what `lexloom.corpus.reading.read_corpus` returns for a file with one sentence per line.

    Parameters
    ----------
    sentences : iterable of str or of list of str
        A string is cut into lines, and these into words by the tokenizer. A list of words is
        not cut; each word takes the case and normal form of the tokenizer.
        A sentence without words is skipped.
    tokenizer : Tokenizer
    **limits
        Which words are kept and how they are numbered: `min_count`, `max_vocab` and `id_order` of
        `lexloom.settings.tokenize.Tokenize`.

    Returns
    -------
    ids : (T,) int32 array
    words : list of V str
        The word of each id.
    counts : (V,) int64 array
        How often each word occurs.

    Raises
    ------
    LexloomError
        If there is no word, what is given is not sentences, or a limit is out of range.

    Examples
    --------
    >>> ids, words, counts = read_sentences(["a cat", "a dog"], Tokenizer())
    >>> words
    ['a', '<eos>', 'cat', 'dog']
    >>> ids.tolist()
    [0, 2, 1, 0, 3, 1]
    """
    settings = checked(Tokenize, vars(tokenizer) | limits)
    numbers: dict[str, int] = {LINE_END: 0}
    tokens = array("i")
    for words in _words_of_each(sentences, tokenizer, "sentences"):
        tokens.extend(numbers.setdefault(word, len(numbers)) for word in words)
    ids = np.array(tokens, np.int32)
    words, counts, new_ids = build_vocabulary(list(numbers), ids, settings)
    return new_ids[ids], words, counts


def sentence_ids(
    sentences: Iterable[str | Sequence[str]], tokenizer: Tokenizer, words: Sequence[str], name: str
) -> list[np.ndarray]:
    """Return the ids of each sentence that has a word, in a known vocabulary.

    Parameters
    ----------
    sentences, tokenizer
        See `read_sentences`.
    words : list of V str
    name : str
        What the sentences are called in messages.

    Returns
    -------
    ids : list of (L,) int32 arrays

    Raises
    ------
    LexloomError
        As `read_sentences` does, and if a word is not in a vocabulary without `<unk>`.
    """
    of_each = list(_words_of_each(sentences, tokenizer, name))
    ids = known_ids([word for sentence in of_each for word in sentence], words, name)
    return np.split(ids, np.cumsum([len(sentence) for sentence in of_each])[:-1])


def prompt_words(prompt: str, tokenizer: Tokenizer) -> list[str]:
    """Return the words of a text of which the last line goes on; each line before it ends as in a file."""
    *ended, last = _lines(prompt, tokenizer, "prompt")
    return [word for words in ended for word in _with_end(words, tokenizer)] + last


def _words_of_each(
    sentences: Iterable[str | Sequence[str]], tokenizer: Tokenizer, name: str
) -> Iterator[list[str]]:
    """Yield the words of each sentence that has any, with the mark of the sentence end if there is one."""
    if isinstance(sentences, str) or not isinstance(sentences, Iterable):
        what = f"one string, {sentences[:40]!r}" if isinstance(sentences, str) else repr(sentences)
        raise LexloomError(f"{name}: {what}; expected a list of sentences, such as text.splitlines()")
    empty = True
    for number, sentence in enumerate(sentences):
        for words in _lines(sentence, tokenizer, f"{name}: number {number} (from 0)"):
            if words:
                empty = False
                yield _with_end(words, tokenizer)
    if empty:
        raise LexloomError(f"{name}: no word; expected at least one sentence with a word")


def _with_end(words: list[str], tokenizer: Tokenizer) -> list[str]:
    """Return the words of a line with the mark of the sentence end, if there is one and they lack it."""
    end = tokenizer.sentence_end
    return words if not words or end in (None, words[-1]) else [*words, end]


def _lines(sentence: str | Sequence[str], tokenizer: Tokenizer, place: str) -> Iterator[list[str]]:
    """Yield the words of each line of a string, with the line ends of a file, or a list of words."""
    if isinstance(sentence, str):
        for line in "".join(tokenizer.sentence_lines([plain(sentence)])).split(LINE_END):
            yield list(tokenizer.tokens(line))
        return
    if not isinstance(sentence, Iterable):
        raise LexloomError(f"{place} is {sentence!r}; expected a string or a list of words")
    words = list(sentence)
    for word in words:
        if not isinstance(word, str) or not word.strip():
            raise LexloomError(
                f"{place} has the word {word!r}; expected words that are strings and not empty, or the "
                "sentence as one string"
            )
    yield [tokenizer.spelled(word) for word in words]
