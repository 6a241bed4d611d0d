"""Sentences in memory as word ids, with the vocabulary and the ids that the same text has in a file."""

from array import array
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from lexloom.corpus.tokenizer import LINE_END, Tokenizer
from lexloom.corpus.vocabulary import build_vocabulary, known_ids
from lexloom.errors import LexloomError


def read_sentences(
    sentences: Iterable[str | Sequence[str]],
    tokenizer: Tokenizer,
    min_count: int = 1,
    max_vocab: int | None = None,
    id_order: str = "frequency",
) -> tuple[np.ndarray, list[str], np.ndarray]:
    r"""Return sentences as word ids, with their vocabulary.

    The result is what `lexloom.corpus.reading.read_corpus` returns for a file with one sentence per line.

    Parameters
    ----------
    sentences : iterable of str or of list of str
        A string is cut into words by the tokenizer. A list of words is taken as it is. A sentence without
        words is skipped.
    tokenizer : Tokenizer
    min_count : int
        Words that occur less often become `<unk>`.
    max_vocab : int, optional
        The largest size of the vocabulary, `<unk>` and the sentence end included. The most frequent words
        are kept.
    id_order : {"frequency", "appearance"}
        Words are numbered by descending frequency, then by first appearance; or by first appearance alone.

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
        If there is no word, or the sentences are one string.

    Examples
    --------
    >>> ids, words, counts = read_sentences(["a cat", "a dog"], Tokenizer(sentence_end="<eos>"))
    >>> words
    ['a', '<eos>', 'cat', 'dog']
    >>> ids.tolist()
    [0, 2, 1, 0, 3, 1]
    """
    numbers: dict[str, int] = {LINE_END: 0}
    tokens = array("i")
    for words in _words_of_each(sentences, tokenizer):
        tokens.extend(numbers.setdefault(word, len(numbers)) for word in words)
    ids = np.array(tokens, np.int32)
    words, counts, new_ids = build_vocabulary(
        list(numbers), ids, tokenizer.sentence_end, min_count, max_vocab, id_order
    )
    return new_ids[ids], words, counts


def sentence_ids(
    sentences: Iterable[str | Sequence[str]], tokenizer: Tokenizer, words: Sequence[str]
) -> list[np.ndarray]:
    """Return the ids of each sentence that has a word, in a known vocabulary.

    Parameters
    ----------
    sentences, tokenizer
        See `read_sentences`.
    words : list of V str

    Returns
    -------
    ids : list of (L,) int32 arrays

    Raises
    ------
    LexloomError
        If there is no word, the sentences are one string, or a word is not in a vocabulary without `<unk>`.
    """
    of_each = list(_words_of_each(sentences, tokenizer))
    ids = known_ids([word for sentence in of_each for word in sentence], words, "text")
    return np.split(ids, np.cumsum([len(sentence) for sentence in of_each])[:-1])


def _words_of_each(sentences: Iterable[str | Sequence[str]], tokenizer: Tokenizer) -> Iterator[list[str]]:
    """Yield the words of each sentence that has any, with the mark of the sentence end if there is one."""
    if isinstance(sentences, str):
        raise LexloomError(
            f"sentences: one string, {sentences[:40]!r}; expected a list of sentences, such as "
            "text.splitlines()"
        )
    empty = True
    for number, sentence in enumerate(sentences):
        if isinstance(sentence, str):
            words = list(tokenizer.tokens(tokenizer.tidy(sentence)))
        else:
            words = _checked(sentence, number)
        if words and tokenizer.sentence_end not in (None, words[-1]):
            words.append(tokenizer.sentence_end)
        if words:
            empty = False
            yield words
    if empty:
        raise LexloomError("sentences: no word in them; expected at least one sentence with a word")


def _checked(words: Sequence[str], number: int) -> list[str]:
    """Return the words of a sentence that is given as a list of words."""
    words = list(words)
    for word in words:
        if not isinstance(word, str) or not word.strip():
            raise LexloomError(
                f"sentences: number {number} (from 0) has the word {word!r}; expected words that are "
                "strings and not empty, or the sentence as one string"
            )
    return words
