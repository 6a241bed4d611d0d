"""Words to look at are words of the corpus, from frequent to rare."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.vectors.queries import words_across_frequencies


@given(st.lists(st.integers(1, 99), min_size=1, max_size=300))
def test_words_are_few_different_and_from_frequent_to_rare(counts):
    words = [f"w{number}" for number in range(len(counts))]
    chosen = words_across_frequencies([*words, "<eos>", "."], np.array([*counts, 1000, 900]), ["<eos>"])
    assert 1 <= len(set(chosen)) == len(chosen) <= 6
    of_chosen = [counts[words.index(word)] for word in chosen]
    assert of_chosen == sorted(of_chosen, reverse=True)
    assert len(chosen) == min(6, len(words)) or len(words) < 40


def test_a_vocabulary_of_marks_gives_none():
    assert words_across_frequencies(["<unk>", ".", "3"], np.array([1, 2, 3]), ["<unk>"]) == []
