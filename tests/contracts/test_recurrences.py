"""Recurrent layers on the CPU equal the reference, for any shape and any number of threads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent_cases import backward, forward, inputs, normal, reference, steps_of

from lexloom.kernels.cpu import recurrent as cpu_recurrent
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.cpu.recurrent import Cpu
from lexloom.nn.recurrent import CELLS

cpu = Cpu()


@pytest.fixture(autouse=True)
def _all_threads(monkeypatch):
    """Use several threads for work of any size, even more than there are cores."""
    monkeypatch.setattr(cpu_recurrent, "_PARALLEL_FLOPS", 0)
    monkeypatch.setattr(thread_pool, "_cores", lambda: 8)
    yield
    thread_pool.set_threads(1)


@pytest.mark.parametrize("direction", [forward, backward])
@pytest.mark.parametrize("cell", CELLS)
@given(st.integers(1, 4), st.integers(1, 45), st.integers(1, 150))
@settings(max_examples=40)
def test_steps_equal_the_reference_and_have_the_same_bits_on_threads(cell, direction, steps, streams, size):
    results = []
    for threads in (1, 2, 5):
        thread_pool.set_threads(threads)
        results.append(direction(cpu, cell, steps, streams, size))
    expected = direction(reference, cell, steps, streams, size)
    for one, two, five, right in zip(*results, expected, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, five)
        np.testing.assert_allclose(one, right, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_a_stream_does_not_depend_on_the_other_streams(cell):
    """So perplexity has the same bits with any batch size."""
    a, states, *weights = inputs(cell, 3, 47, 70)
    whole = steps_of(cpu, cell, a, states, *weights)
    for some in (slice(12, 25), slice(40, 43), slice(5, 6)):
        part = steps_of(cpu, cell, a[:, some], states[:, some], *weights)
        for all_streams, few in zip(whole, part, strict=True):
            np.testing.assert_array_equal(all_streams[:, some], few)


def in_another_form(array):
    """Return the numbers of an array as float64 with strides, neither of which the compiled code can read."""
    spread = np.zeros((*array.shape[:-1], 2 * array.shape[-1]))
    spread[..., ::2] = array
    return spread[..., ::2]


@pytest.mark.parametrize("cell", CELLS)
def test_arrays_of_any_layout_and_dtype_are_accepted(cell):
    a, states, Wh, biases = inputs(cell, 3, 8, 40)
    expected = steps_of(cpu, cell, a, states, Wh, biases)
    steps = steps_of(cpu, cell, a, *map(in_another_form, (states, Wh)), list(map(in_another_form, biases)))
    for part, right in zip(steps, expected, strict=True):
        np.testing.assert_array_equal(part, right)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("streams", [1, 7, 9])
def test_states_of_another_number_of_streams_are_refused(cell, streams):
    a, _, Wh, biases = inputs(cell, 3, 8, 40)
    _, states, _, _ = inputs(cell, 3, streams, 40)
    with pytest.raises(ValueError, match=rf"expected an array \(8, 40\), not \({streams}, 40\)"):
        steps_of(cpu, cell, a, states, Wh, biases)


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_another_number_of_steps_are_refused(cell):
    Wh, states = normal(40, 40 * CELLS[cell].gates), normal(8, 40)
    gates, h, dy = normal(3, 8, Wh.shape[1]), normal(3, 8, 40), normal(2, 8, 40)
    further = {
        "rnn": (states, h, Wh),
        "lstm": (states, states, gates, h, states, Wh),
        "gru": (states, gates, h, h, states, Wh),
    }
    with pytest.raises(ValueError, match=r"expected an array \(3, 8, 40\), not \(2, 8, 40\)"):
        getattr(cpu, f"{cell}_backward")(dy, *further[cell])


@pytest.mark.parametrize("cell", CELLS)
def test_weights_of_nan_give_states_of_nan(cell):
    a, states, Wh, biases = inputs(cell, 4, 8, 64)
    h = steps_of(cpu, cell, a, states, Wh * np.float32(np.nan), biases)[0 if cell == "rnn" else 1]
    assert np.isnan(h).all()
