"""Contexts and targets, negative samples, subsampling, and the batches of an epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.context_batches import ContextBatches, NegativeSampler, create_contexts
from lexloom.errors import LexloomError


@given(ids=st.lists(st.integers(0, 9), min_size=1, max_size=12), window=st.integers(1, 15))
def test_contexts_equal_a_naive_reading(ids, window):
    contexts = create_contexts(np.array(ids, np.int32), window)
    assert contexts.shape == (len(ids), 2 * window)
    assert contexts.dtype == np.int32
    for n in range(len(ids)):
        places = [*range(n - window, n), *range(n + 1, n + window + 1)]
        assert list(contexts[n]) == [ids[k] if 0 <= k < len(ids) else -1 for k in places]


@given(counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=50).filter(any))
def test_the_alias_table_holds_the_distribution(counts):
    sampler = NegativeSampler(np.array(counts))
    shares = sampler.own_share / len(counts)
    np.add.at(shares, sampler.alias, (1 - sampler.own_share) / len(counts))
    expected = np.array(counts) ** 0.75
    np.testing.assert_allclose(shares, expected / expected.sum(), rtol=0, atol=1e-12)


def test_samples_are_drawn_by_the_power_of_counts_and_never_the_word_itself():
    counts, words = np.array([1000, 100, 10, 0]), np.full(100_000, 1)
    drawn = NegativeSampler(counts).beside(words, 2, np.random.default_rng(0))
    np.testing.assert_array_equal(drawn[:, 0], words)
    samples = drawn[:, 1:]
    expected = counts**0.75 / (counts**0.75).sum()
    for word, share in [(-1, expected[1]), (0, expected[0]), (2, expected[2])]:
        error = np.sqrt(share * (1 - share) / samples.size)
        assert (samples == word).mean() == pytest.approx(share, abs=5 * error)
    assert not (samples == 1).any()
    assert not (samples == 3).any()


def test_an_absent_word_has_absent_samples():
    drawn = NegativeSampler(np.array([3, 4, 5])).beside(
        np.array([[-1, 2], [0, -1]]), 3, np.random.default_rng(0)
    )
    np.testing.assert_array_equal((drawn == -1).all(axis=2), [[True, False], [False, True]])


POSITIONS = np.arange(50, dtype=np.int32)  # every word once: an id tells its place in the text
CONTEXTS = create_contexts(POSITIONS, 3)


def epoch(number, predict="target", counts=None, subsample=0.0, seed=4):
    counts = np.ones(50, int) if counts is None else counts
    batches = ContextBatches(POSITIONS, CONTEXTS, counts, predict, 8, 2, subsample, seed)(number)
    found = list(batches)
    assert len(batches) == len(found)
    inputs, words = zip(*found, strict=True)
    return np.concatenate(inputs), np.concatenate(words)


def test_an_epoch_has_each_target_once_with_its_own_contexts():
    contexts, words = epoch(0)
    assert words.shape == (50, 3)
    np.testing.assert_array_equal(np.sort(words[:, 0]), POSITIONS)
    np.testing.assert_array_equal(contexts, CONTEXTS[words[:, 0]])
    targets, words = epoch(0, "contexts")
    assert words.shape == (50, 6, 3)
    np.testing.assert_array_equal(words[:, :, 0], CONTEXTS[targets])


def test_an_epoch_depends_on_its_number_and_the_seed_alone():
    first, again, second, reseeded = (
        np.concatenate(epoch(number, seed=seed), axis=1) for number, seed in [(0, 4), (0, 4), (1, 4), (0, 5)]
    )
    np.testing.assert_array_equal(first, again)
    for other in (second, reseeded):
        assert (first != other).any()


def test_subsampling_leaves_words_out_as_targets_and_as_contexts():
    counts = np.where(POSITIONS % 2, 10**6, 1)
    contexts, words = epoch(0, counts=counts, subsample=1e-3)
    targets = words[:, 0]
    assert set(POSITIONS[::2]) <= set(targets)
    assert len(targets) < 45
    expected = CONTEXTS[targets]
    expected[~np.isin(expected, targets)] = -1
    np.testing.assert_array_equal(contexts, expected)


def test_subsampling_that_leaves_no_word_is_refused():
    with pytest.raises(LexloomError, match="no word of the text stays"):
        epoch(0, subsample=1e-12)
