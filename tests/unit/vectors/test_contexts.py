"""Contexts and targets, negative samples, subsampling, and the batches of an epoch."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import LexloomError
from lexloom.kernels.reference.windows import contexts_around, targets_and_counts
from lexloom.settings.word2vec import Batches
from lexloom.vectors.contexts import ContextBatches, NegativeSampler, create_contexts


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


def test_samples_are_drawn_by_the_power_of_counts():
    counts = np.array([1000, 100, 10, 0])
    samples = NegativeSampler(counts).draw((500, 400), np.random.default_rng(0))
    assert samples.dtype == np.int32
    expected = counts**0.75 / (counts**0.75).sum()
    for word, share in enumerate(expected):
        error = np.sqrt(share * (1 - share) / samples.size)
        assert (samples == word).mean() == pytest.approx(share, abs=5 * error)


TEXT = np.arange(50, dtype=np.int32)  # every word once: an id tells its place in the text
SETTINGS = {"dynamic": False, "batch": 8, "samples": 5, "block": 4}


def batches_of(counts=None, window=3, seed=4, **changes):
    counts = np.ones(50, int) if counts is None else counts
    return ContextBatches(TEXT, counts, window, Batches(**SETTINGS | changes), seed)


def epoch(number=0, **changes):
    return list(batches_of(**changes)(number))


def targets_and_contexts(batches):
    """Return all targets and their contexts, as the readable models see them."""
    pairs = [
        (
            targets_and_counts(batch.ids, batch.radii)[0],
            contexts_around(batch.ids, batch.radii),
        )
        for batch in batches
    ]
    targets, contexts = (np.concatenate(arrays) for arrays in zip(*pairs, strict=True))
    return targets[targets >= 0], contexts[targets >= 0]


@given(batch=st.integers(1, 60), block=st.integers(1, 9), window=st.integers(1, 12))
def test_an_epoch_has_each_target_once_with_its_own_contexts(batch, block, window):
    block = min(batch, block)
    batches = epoch(batch=batch, block=block, window=window)
    for each in batches:
        assert each.samples.shape == (len(each.radii) / block, 5)
        assert len(each.ids) == len(each.radii) + 2 * window
    targets, contexts = targets_and_contexts(batches)
    np.testing.assert_array_equal(np.sort(targets), TEXT)
    np.testing.assert_array_equal(contexts, create_contexts(TEXT, window)[targets])


def test_dynamic_windows_have_every_radius():
    radii = np.concatenate([batch.radii for number in range(20) for batch in epoch(number, dynamic=True)])
    shares = np.bincount(radii) / len(radii)
    np.testing.assert_allclose(shares, [0, 1 / 3, 1 / 3, 1 / 3], atol=0.1)


def same(one, other):
    return all(
        np.array_equal(getattr(a, name), getattr(b, name))
        for a, b in zip(one, other, strict=True)
        for name in ("ids", "radii", "samples")
    )


def test_an_epoch_depends_on_its_number_and_the_seed_alone():
    first = epoch(0, dynamic=True)
    assert same(first, epoch(0, dynamic=True))
    assert not same(first, epoch(1, dynamic=True))
    assert not same(first, epoch(0, dynamic=True, seed=5))


def test_a_batch_does_not_depend_on_those_before_it():
    batches = batches_of(subsample=0.02)
    assert same([batches(1)[2]], [list(batches(1))[2]])


def test_subsampling_cuts_words_out_of_the_text():
    counts = np.where(TEXT % 2, 10**6, 1)
    targets, contexts = targets_and_contexts(epoch(counts=counts, subsample=1e-3))
    left = np.sort(targets)
    assert set(TEXT[::2]) <= set(left)
    assert len(left) < 45
    np.testing.assert_array_equal(contexts, left_contexts(left, targets))


def left_contexts(left, targets):
    contexts = create_contexts(left, 3)
    return contexts[np.searchsorted(left, targets)]


def test_subsampling_that_leaves_no_word_is_refused():
    with pytest.raises(LexloomError, match="no word of the text is kept"):
        epoch(subsample=1e-12)
