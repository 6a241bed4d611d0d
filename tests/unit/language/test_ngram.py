"""The n-gram model: a probability distribution after any words, and what a plain reference says."""

import math
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.corpus.vocabulary import NO_WORD
from lexloom.errors import LexloomError
from lexloom.language.ngram import NGramLM, count_ngrams, discounts_of

V = 6
ENDS = st.sampled_from([NO_WORD, 0])
TEXTS = st.lists(st.integers(0, V - 1), min_size=1, max_size=60).map(np.array)


def build(ids, order, end, vocabulary=V):
    return NGramLM(count_ngrams(ids, vocabulary, order, end), end)


class Reference:
    """Kneser-Ney smoothing as it is explained: dictionaries and recursion, one n-gram at a time."""

    def __init__(self, ids, order, end):
        self.order, self.end = order, end
        occurrences = [Counter() for _ in range(order + 1)]
        for place in range(len(ids)):
            words = (*self.context(ids[:place], order - 1), int(ids[place]))
            for k in range(1, len(words) + 1):
                occurrences[k][words[-k:]] += 1
        self.counts = [Counter() for _ in range(order + 1)]
        self.counts[order] = occurrences[order]
        for k in range(1, order):
            before = defaultdict(set)
            for longer in occurrences[k + 1]:
                before[longer[1:]].add(longer[0])
            for gram, count in occurrences[k].items():
                self.counts[k][gram] = len(before[gram]) or count
        self.discounts = [discounts_of(np.array([*counts.values(), 0])) for counts in self.counts]

    def context(self, history, length):
        """Return at most `length` last words, none before the last sentence end, and one before the text."""
        words = [int(word) for word in history]
        if self.end != NO_WORD:
            words = [self.end, *words]
            last = len(words) - 1 - words[::-1].index(self.end)
            words = words[last:]
        return tuple(words[len(words) - length :] if length < len(words) else words) if length else ()

    def probability(self, word, history):
        return self.backed_off(word, self.context(history, self.order - 1))

    def backed_off(self, word, context):
        below = self.backed_off(word, context[1:]) if context else 1 / V
        k = len(context) + 1
        followers = {gram[-1]: count for gram, count in self.counts[k].items() if gram[:-1] == context}
        if not followers:
            return below
        discounts = {w: self.discounts[k][min(count, 3)] for w, count in followers.items()}
        own = followers[word] - discounts[word] if word in followers else 0
        return (own + sum(discounts.values()) * below) / sum(followers.values())


@given(TEXTS, st.integers(1, 4), ENDS, st.lists(st.integers(0, V - 1), max_size=8))
@settings(deadline=None)
def test_probabilities_are_those_of_the_reference_and_sum_to_one(ids, order, end, history):
    model, reference = build(ids, order, end), Reference(ids, order, end)
    distribution = model.distribution(history)
    expected = [reference.probability(word, history) for word in range(V)]
    np.testing.assert_allclose(distribution, expected, rtol=1e-12)
    assert distribution.sum() == pytest.approx(1, rel=1e-12)
    assert distribution.min() > 0


@given(TEXTS, TEXTS, st.integers(1, 4), ENDS)
@settings(deadline=None)
def test_a_text_is_scored_word_by_word_from_what_stands_before(train, ids, order, end):
    model = build(train, order, end)
    expected = [math.log(model.distribution(ids[:place])[word]) for place, word in enumerate(ids)]
    np.testing.assert_allclose(model.log_probabilities(ids), expected, rtol=1e-12)


def test_discounts_that_a_text_can_tell_are_those_of_the_reference_too():
    ids = np.minimum(np.random.default_rng(0).geometric(0.3, 4000) - 1, V - 1)
    model, reference = build(ids, 3, 0), Reference(ids, 3, 0)
    assert reference.discounts[3].tolist() != [0, 0.5, 1, 1.5]
    for history in ([], [1], [3, 5], [5, 5], [0, 4, 4]):
        expected = [reference.probability(word, history) for word in range(V)]
        np.testing.assert_allclose(model.distribution(history), expected, rtol=1e-12)


def test_discounts_by_hand():
    counts = np.repeat([0, 1, 2, 3, 4, 9], [5, 40, 15, 8, 5, 2])
    y = 40 / (40 + 2 * 15)
    expected = [0, 1 - 2 * y * 15 / 40, 2 - 3 * y * 8 / 15, 3 - 4 * y * 5 / 8]
    np.testing.assert_allclose(discounts_of(counts), expected, rtol=1e-12)
    assert discounts_of(np.array([1, 1, 2])).tolist() == [0, 0.5, 1, 1.5]


def test_a_context_that_was_never_seen_is_passed_over():
    ids = np.array([1, 2, 3, 0, 1, 2, 4, 0])
    model = build(ids, 3, 0)
    np.testing.assert_array_equal(model.distribution([5, 2]), build(ids, 3, 0).distribution([4, 2]))
    np.testing.assert_array_equal(model.distribution([5, 5]), model.distribution([3, 5]))
    assert model.distribution([1, 2])[3] > model.distribution([5, 2])[3]


def test_no_context_reaches_beyond_the_sentence():
    ids = np.array([1, 2, 0, 3, 0, 4, 2, 0, 3, 1, 0])
    model = build(ids, 4, 0)
    np.testing.assert_array_equal(model.distribution([1, 2, 0]), model.distribution([]))
    np.testing.assert_array_equal(model.distribution([1, 2, 0, 3]), model.distribution([3]))
    across = build(ids, 4, NO_WORD)
    assert across.distribution([1, 2, 0])[3] > across.distribution([4, 1, 0])[3]


@pytest.mark.parametrize(("ids", "order"), [([], 2), ([1, 2], 0)])
def test_nothing_to_count_is_refused(ids, order):
    with pytest.raises(LexloomError, match="expected at least 1 of each"):
        count_ngrams(np.array(ids, np.int32), V, order)


def test_contexts_that_would_have_no_number_are_refused_before_the_work():
    with pytest.raises(
        LexloomError, match=r"a vocabulary of 4,294,967,296 words: .* set a smaller max_vocab"
    ):
        count_ngrams(np.array([0, 1]), 2**32, 2)


@given(TEXTS, TEXTS)
@settings(max_examples=10)
def test_ids_whose_pairs_need_more_than_32_bits_are_told_apart(train, ids):
    """A context and a word make one number: with ids near 100,000, one of 10,000,000,000."""
    first = 100_000 - V
    few, many = build(train, 3, NO_WORD), build(train.astype(np.int32) + first, 3, NO_WORD, 100_000)
    for level, other in zip(few.levels[1:], many.levels[1:], strict=True):
        np.testing.assert_array_equal(other.words - first, level.words)
        np.testing.assert_array_equal(other.shares, level.shares)
    found, others = few._walk(ids), many._walk(ids.astype(np.int32) + first)
    for (_, _, nodes), (_, _, other) in [*zip(found, others, strict=True)][1:]:
        np.testing.assert_array_equal(other, nodes)
