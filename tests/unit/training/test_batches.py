import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from lexloom.training.batches import PADDING, Shuffled, Windows, random_bounds

sizes = st.integers(1, 7)


@given(length=st.integers(1, 60), batch=sizes, steps=sizes)
def test_every_token_is_a_target_once_and_in_order(length, batch, steps):
    ids = np.arange(length)
    windows = list(Windows(ids, batch, steps, before=0))
    streams = np.concatenate([targets for _, targets in windows], axis=1)
    assert streams.shape[0] == batch
    np.testing.assert_array_equal(streams[streams != PADDING], ids)


@given(length=st.integers(1, 60), batch=sizes, steps=sizes, before=st.integers(-1, 60))
def test_the_input_is_the_token_before_the_target(length, batch, steps, before):
    ids = np.arange(length)
    for inputs, targets in Windows(ids, batch, steps, before):
        real = targets != PADDING
        np.testing.assert_array_equal(inputs[real], np.array([before, *ids])[targets[real]])


@given(length=st.integers(1, 60), batch=sizes, steps=sizes)
def test_windows_have_a_length_and_at_most_the_given_steps(length, batch, steps):
    windows = Windows(np.arange(length), batch, steps, before=0)
    assert len(list(windows)) == len(windows)
    assert all(inputs.shape[1] <= steps for inputs, _ in windows)


@given(length=st.integers(1, 300), batch=sizes, steps=st.integers(1, 30), seed=st.integers(0, 9))
def test_windows_of_random_lengths_hold_the_same_words(length, batch, steps, seed):
    ids = np.arange(length)
    fixed, drawn = (list(Windows(ids, batch, steps, 0, rng)) for rng in (None, np.random.default_rng(seed)))
    for one, other in zip(zip(*fixed, strict=True), zip(*drawn, strict=True), strict=True):
        np.testing.assert_array_equal(np.concatenate(one, axis=1), np.concatenate(other, axis=1))
    lengths = [inputs.shape[1] for inputs, _ in drawn]
    assert min(lengths) > 0
    assert all(length >= min(5, steps) for length in lengths[:-1])


def test_random_lengths_are_around_the_steps_or_half_the_steps():
    lengths = np.diff(random_bounds(10**6, 70, np.random.default_rng(0)))[:-1]
    half = lengths < 52
    assert abs(half.mean() - 0.05) < 0.005
    assert abs(lengths[~half].mean() - 70) < 0.3
    assert abs(lengths[~half].std() - 5) < 0.3
    assert abs(lengths[half].mean() - 35) < 1


def test_windows_accept_negative_indices():
    windows = Windows(np.arange(20), 2, 4, 0, np.random.default_rng(0))
    np.testing.assert_array_equal(windows[-1], windows[len(windows) - 1])


@given(length=st.integers(1, 40), batch=sizes)
def test_shuffled_batches_hold_every_row_once_and_keep_rows_together(length, batch):
    rows = np.arange(length)
    shuffled = Shuffled([rows, rows * 2], batch, np.random.default_rng(0))
    for epoch in range(2):
        batches = shuffled(epoch)
        assert sorted(np.concatenate([row for row, _ in batches])) == list(rows)
        assert all(np.array_equal(2 * row, double) for row, double in batches)


def test_each_epoch_has_its_own_order():
    shuffled = Shuffled([np.arange(50)], 50, np.random.default_rng(0))
    assert not np.array_equal(shuffled(0)[0][0], shuffled(1)[0][0])
