"""The table of words gives the numbers that a dictionary gives, however little room it begins with."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus import word_table
from lexloom.corpus.word_table import WordTable
from lexloom.errors import LexloomError


def naive_numbers(pieces, sentence_end, numbers):
    """Number words by a dictionary; the same rule for the ends of lines."""
    tokens = []
    for piece in pieces:
        *lines, rest = piece.split("\n")
        for line in lines:
            tokens += [numbers.setdefault(word, len(numbers)) for word in line.split()]
            if tokens and tokens[-1] != numbers.get(sentence_end):
                tokens.append(numbers.setdefault(sentence_end, len(numbers)))
        tokens += [numbers.setdefault(word, len(numbers)) for word in rest.split()]
    return tokens


@pytest.mark.parametrize("slots", [4, 4096])
def test_words_have_the_numbers_of_a_dictionary(monkeypatch, slots):
    monkeypatch.setattr(word_table, "_FIRST_SLOTS", slots)

    @given(
        st.lists(
            st.lists(st.text("ab\n é語", max_size=60) | st.text("abc ", min_size=20), max_size=3), max_size=3
        )
    )
    def check(texts):
        table, numbers = WordTable(b" ", "b", first="first"), {"first": 0}
        for pieces in texts:
            table.begin_text()
            tokens = [number for piece in pieces for number in table.read(piece.encode()).tolist()]
            assert tokens == naive_numbers(pieces, "b", numbers)
        assert table.words() == list(numbers)

    check()


def test_many_words_and_long_ones_find_room():
    words = [f"{number:x}" for number in range(30_000)] + ["x" * 500_000]
    table = WordTable(b" ", ".", first=".")
    for _ in range(2):
        assert table.read(" ".join(words).encode()).tolist() == list(range(1, len(words) + 1))
    assert table.words() == [".", *words]


def test_words_of_more_than_two_gigabytes_have_their_places():
    table, first = WordTable(b" ", ".", first="."), 2**31 - 5
    table._letters, table._starts[1] = np.empty(2**31 + 100, np.uint8), first  # only its end takes memory
    words = b"a-long-one another-one"
    assert table.read(words).tolist() == table.read(words).tolist() == [1, 2]
    assert table._letters[first : table._starts[3]].tobytes() == words.replace(b" ", b"")


def test_words_of_equal_hash_and_beginning_are_told_apart_by_their_letters():
    table = WordTable(b" ", ".", first=".")
    assert table.read(b"beginnings beginning-").tolist() == [1, 2]
    slots = table._slots
    place = next(place for place, slot in enumerate(slots[:, 0].tolist()) if slot % 2**32 == 2 + 1)
    slots[place + 1] = slots[place]
    slots[place, 0] -= 1  # where the second is looked for at first, there is now the first, with its hash
    assert table.read(b"beginning-").tolist() == [2]


def test_more_words_than_there_are_numbers_are_refused(monkeypatch):
    assert np.iinfo(np.int32).max == word_table._MOST_WORDS - 1
    monkeypatch.setattr(word_table, "_MOST_WORDS", 5)
    table = WordTable(b" ", "b", first="first")
    assert table.read(b"c d e f").tolist() == [1, 2, 3, 4]
    with pytest.raises(LexloomError, match="more than 5 different words; give a shorter one"):
        table.read(b"g")
