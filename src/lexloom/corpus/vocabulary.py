"""Vocabularies: which words have their own ids, and how two vocabularies are joined."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lexloom.errors import LexloomError
from lexloom.settings.base import UNKNOWN

if TYPE_CHECKING:  # so that training, which joins vocabularies, does not depend on the settings of tokenizing
    from lexloom.corpus.tokenizer import Tokenizer
    from lexloom.settings.tokenize import Tokenize

NO_WORD = -1
"""The id that stands for no word."""
_BLOCK = 1 << 20


def build_vocabulary(
    names: list[str], train: np.ndarray, settings: "Tokenize"
) -> tuple[list[str], np.ndarray, np.ndarray]:
    """Return the vocabulary, the count of each word in train, and the new id of each provisional one.

    Parameters
    ----------
    names : list of N str
        The word of each provisional id; the first is the line end.
    train : (T,) int array
        Provisional ids.
    settings : Tokenize

    Returns
    -------
    words : list of V str
    counts : (V,) int64 array
    new_ids : (N,) int32 array

    Raises
    ------
    LexloomError
        If the limits leave no word with an id of its own; the message says which limit would leave one.
    """
    is_read = UNKNOWN in names  # in a held-out text, if not in train
    names = names if is_read else [*names, UNKNOWN]
    unknown = names.index(UNKNOWN)
    end = None if settings.sentence_end is None else names.index(settings.sentence_end)
    counts = np.zeros(len(names), np.int64)
    for block in blocks_of(train):
        counts += np.bincount(block, minlength=len(names))
    kept = _kept(counts, unknown, end, settings)
    special = [0, unknown] if end is None else [0, unknown, end]
    if not np.delete(kept, special).any():
        raise _no_word_left(names, np.where(np.isin(np.arange(len(names)), special), 0, counts), settings)
    # The first name is the line end, which is not a word. <unk> itself is among the rest.
    replaced = np.flatnonzero(~kept)[1:]
    first = np.arange(len(names))
    first[unknown] = replaced[0]
    counts[unknown], counts[replaced[replaced != unknown]] = counts[replaced].sum(), 0
    kept[unknown] = is_read or len(replaced) > 1

    order = np.flatnonzero(kept)
    by_frequency = settings.id_order == "frequency"
    order = order[np.lexsort((first[order], -counts[order] if by_frequency else first[order]))]
    new_ids = np.full(len(names), -1, np.int32)
    new_ids[order] = np.arange(len(order))
    new_ids[replaced] = new_ids[unknown]
    return [names[word] for word in order], counts[order], new_ids


def _kept(counts: np.ndarray, unknown: int, sentence_end: int | None, settings: "Tokenize") -> np.ndarray:
    """Return which provisional words keep their own ids; <unk> and the line end are not among them."""
    kept = counts >= settings.min_count
    if sentence_end is not None:
        kept[sentence_end] = True
    kept[[0, unknown]] = False
    if settings.max_vocab is not None:
        importance = np.where(kept, counts, -1)
        if sentence_end is not None:
            importance[sentence_end] = counts.max() + 1
        kept[np.argsort(-importance, kind="stable")[settings.max_vocab - 1 :]] = False
    return kept


def _no_word_left(names: list[str], counts: np.ndarray, settings: "Tokenize") -> LexloomError:
    """Return what to do about a vocabulary without words; the special ones count as 0."""
    most = int(counts.max())
    if most == 0:
        return LexloomError(f"train has no word but {UNKNOWN} and the sentence end; expected text")
    if most < settings.min_count:
        return LexloomError(
            f"min_count: {settings.min_count} leaves no word; the most frequent one, "
            f"{names[int(counts.argmax())]!r}, occurs {most:,} times in train: set at most {most}"
        )
    return LexloomError(
        f"max_vocab: {settings.max_vocab} leaves no word beside {UNKNOWN} and the sentence end "
        f"{settings.sentence_end}: set at least 3"
    )


def has_words(ids: np.ndarray, words: Sequence[str], sentence_end: str | None) -> bool:
    """Return whether ids (T,) have any word but `<unk>` and the sentence end."""
    special = [number for number, word in enumerate(words) if word in (UNKNOWN, sentence_end)]
    return not all(np.isin(block, special).all() for block in blocks_of(ids))


def word_before_text(words: Sequence[str], sentence_end: str | None) -> int:
    """Return the id of the word after which every text begins: the sentence end, or `NO_WORD` without one.

    This is the one rule for how a text begins, for every language model: in training and wherever a text is
    scored or generated.
    """
    return NO_WORD if sentence_end is None else words.index(sentence_end)


def blocks_of(tokens: np.ndarray) -> Iterator[np.ndarray]:
    """Yield parts of a long array, as views: indexing with int32 ids makes a copy in int64."""
    for start in range(0, len(tokens), _BLOCK):
        yield tokens[start : start + _BLOCK]


def known_ids(names: Sequence[str], words: Sequence[str], source: str | Path) -> np.ndarray:
    """Return the ids (N,) of words, int32; a word that is not in the vocabulary is `<unk>`, as in a corpus.

    Parameters
    ----------
    names : sequence of N str
    words : sequence of V str
        The vocabulary.
    source : str or path
        Where the words come from, for the error message.

    Raises
    ------
    LexloomError
        If a word is not in the vocabulary, and neither is `<unk>`.
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


def ids_by_spelling(words: Sequence[str], tokenizer: "Tokenizer") -> dict[str, int]:
    """Return the id of each word of a vocabulary, as it is written and as the tokenizer spells it.

    With `tokenizer.spelled`, this finds a word however it was typed.
    """
    ids = {tokenizer.spelled(word): len(words) - place for place, word in enumerate(reversed(words), 1)}
    return ids | {word: number for number, word in enumerate(words)}


def respelled(words: Sequence[str], tokenizer: "Tokenizer") -> list[str]:
    """Return words as a tokenizer spells them; a word whose new spelling is another word keeps its own."""
    taken = {*words, tokenizer.sentence_end}
    spelled = []
    for word in words:
        spelling = tokenizer.spelled(word)
        spelled.append(word if spelling in taken else spelling)
        taken.add(spelling)
    return spelled


def join_vocabularies(words: Sequence[str], others: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return a vocabulary with the words of both, and the ids of the others in it.

    Parameters
    ----------
    words, others : sequences of str
        Each without repeats.

    Returns
    -------
    joined : list of str
        First `words`, with their old ids; then the new ones among `others`, in order.
    numbers : (len(others),) int32 array
        `joined[numbers[i]]` is `others[i]`.
    """
    joined = list(dict.fromkeys([*words, *others]))
    places = {word: place for place, word in enumerate(joined)}
    return joined, np.array([places[word] for word in others], np.int32)
