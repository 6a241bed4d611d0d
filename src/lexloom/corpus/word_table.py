"""Numbering the words of a text: a compiled hash table of bytes."""

from itertools import pairwise

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.cpu.machine.compiled import njit

WORD, SEPARATOR, LINE_END = 0, 1, 2

_FACTOR = np.uint64(0x9E3779B97F4A7C15)  # 2^64 by the golden ratio, odd
_HIGH, _LOW, _LONG = np.uint64(0xFFFFFFFF00000000), np.uint64(0xFFFFFFFF), np.uint64(1 << 63)
_FIRST_SLOTS = 1 << 12
_ALL_WORD = np.full(256, WORD, np.uint8)
_MOST_WORDS = 2**31  # numbers are int32
_WORDS, _LAST, _END, _WRITTEN = range(4)


class WordTable:
    """Numbers words in the order in which they first appear.

    Parameters
    ----------
    separators : bytes
        The bytes between words. A line feed ends a line. All other bytes except NUL belong to words.
    sentence_end : str
        The word added at the end of a line, except at the start of a text or after that same word.
    first : str
        The word with number 0.
    """

    def __init__(self, separators: bytes, sentence_end: str, first: str):
        self._kinds = np.full(256, WORD, np.uint8)
        self._kinds[list(separators)] = SEPARATOR
        self._sentence_end = np.frombuffer(sentence_end.encode(), np.uint8)
        # A slot has the upper half of a word's hash, its number plus 1, and its first 8 bytes; 0 is free.
        self._slots = np.zeros((_FIRST_SLOTS, 2), np.uint64)
        self._starts = np.zeros(_FIRST_SLOTS // 2 + 1, np.int64)
        self._letters = np.empty(8 * _FIRST_SLOTS, np.uint8)
        self._state = np.array([0, -1, -1, 0])
        self.read(first.encode())
        self._kinds[ord("\n")] = LINE_END
        self.begin_text()

    def begin_text(self) -> None:
        """Start a new text: a line end before its first word adds no word."""
        self._state[_LAST] = -1

    def read(self, text: bytes) -> np.ndarray:
        """Return the numbers (N,) of the words in a piece of text, int32; no word may cross its ends.

        Raises
        ------
        LexloomError
            If there are too many different words for their numbers.
        """
        letters = np.frombuffer(text, np.uint8)
        tokens = np.empty(len(letters) + 1, np.int32)
        self._state[_WRITTEN] = position = 0
        while (position := self._read_from(position, letters, tokens)) < len(letters):
            self._grow(len(letters))
        if self._state[_WORDS] > _MOST_WORDS:
            raise LexloomError(
                f"the text has more than {_MOST_WORDS:,} different words; give a shorter one, or set a "
                "pattern that finds fewer"
            )
        return tokens[: self._state[_WRITTEN]]

    def words(self) -> list[str]:
        """Return all words in the order of their numbers."""
        bounds = self._starts[: self._state[_WORDS] + 1].tolist()
        letters = self._letters[: bounds[-1]].tobytes()
        return [letters[start:stop].decode() for start, stop in pairwise(bounds)]

    def _read_from(self, position: int, text: np.ndarray, tokens: np.ndarray) -> int:
        table = self._slots, self._starts, self._letters, self._state
        return _read(text, position, self._kinds, self._sentence_end, table, tokens)

    def _grow(self, letters: int) -> None:
        """Double the room for words, and make room for at least this many more letters."""
        self._slots = np.zeros((2 * len(self._slots), 2), np.uint64)
        self._starts = np.concatenate([self._starts, np.zeros(len(self._starts) - 1, np.int64)])
        self._letters = np.concatenate([self._letters, np.empty(len(self._letters) + letters, np.uint8)])
        _fill(self._slots, self._starts, self._letters, self._state[_WORDS])


@njit(nogil=True, cache=True, inline="always")
def _scan(text, begin, limit, kinds):
    """Return the end of a word, its hash, and its first 8 bytes; the highest hash bit marks long words."""
    code = key = first = np.uint64(0)
    end = begin
    while end < limit and kinds[text[end]] == WORD:
        if end - begin == 8:
            first = key
        if (end - begin) & 7 == 0:
            code, key = (code ^ key) * _FACTOR, np.uint64(0)
        key = key << np.uint64(8) | np.uint64(text[end])
        end += 1
    code = (code ^ key) * _FACTOR
    code ^= code >> np.uint64(32)
    return (end, code | _LONG, first) if end - begin > 8 else (end, code & ~_LONG, key)


@njit(nogil=True, cache=True, inline="always")
def _equal(text, begin, end, letters, start, stop):
    same = end - begin == stop - start
    while same and begin < end:
        same = text[begin] == letters[start]
        begin += 1
        start += 1
    return same


# Inlined: when Numba calls a function, it updates the reference count of each array passed.
@njit(nogil=True, cache=True, inline="always")
def _number(text, begin, end, code, key, table):
    """Return the number of a word, a new number if it is not in the table, or -1 if there is no room."""
    slots, starts, letters, state = table
    mask = np.uint64(len(slots) - 1)
    slot = code & mask
    while slots[slot, 0]:
        if slots[slot, 0] & _HIGH == code & _HIGH and slots[slot, 1] == key:
            number = np.int64(slots[slot, 0] & _LOW) - 1
            if end - begin <= 8 or _equal(text, begin, end, letters, starts[number], starts[number + 1]):
                return number
        slot = (slot + np.uint64(1)) & mask
    number = state[_WORDS]
    stop = starts[number] + end - begin
    if number + 1 == len(starts) or stop > len(letters):
        return -1
    slots[slot, 0], slots[slot, 1] = code & _HIGH | np.uint64(number + 1), key
    letters[starts[number] : stop] = text[begin:end]
    starts[number + 1] = stop
    state[_WORDS] = number + 1
    return number


@njit(nogil=True, cache=True)
def _read(text, position, kinds, sentence_end, table, tokens):
    """Write the numbers of the words from a position on; return where the text or the room ends."""
    _, _, _, state = table
    last, end, written = state[_LAST], state[_END], state[_WRITTEN]
    while position < len(text):
        kind = kinds[text[position]]
        begin = position
        word = -1
        if kind == WORD:
            position, code, key = _scan(text, begin, len(text), kinds)
            word = _number(text, begin, position, code, key, table)
        elif kind == LINE_END and last >= 0:
            if end < 0:
                stop, code, key = _scan(sentence_end, 0, len(sentence_end), _ALL_WORD)
                end = _number(sentence_end, 0, stop, code, key, table)
            word = end
            position += 1
        else:
            position += 1
            continue
        if word < 0:
            position = begin
            break
        if kind == WORD or last != end:
            tokens[written] = last = word
            written += 1
    state[_LAST], state[_END], state[_WRITTEN] = last, end, written
    return position


@njit(nogil=True, cache=True)
def _fill(slots, starts, letters, words):
    """Put each word into a slot."""
    mask = np.uint64(len(slots) - 1)
    for number in range(words):
        _, code, key = _scan(letters, starts[number], starts[number + 1], _ALL_WORD)
        slot = code & mask
        while slots[slot, 0]:
            slot = (slot + np.uint64(1)) & mask
        slots[slot, 0], slots[slot, 1] = code & _HIGH | np.uint64(number + 1), key
