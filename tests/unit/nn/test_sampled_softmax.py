from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.nn.gradient_check import dense_gradient
from lexloom.nn.layers import Linear
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.nn.sampled_softmax import SampledSoftmaxOutput, inclusion_probabilities
from lexloom.nn.softmax_losses import SoftmaxOutput

X = np.random.default_rng(1).normal(size=(3, 4))
TARGETS = np.array([2, -1, 2])


def output():
    rng = np.random.default_rng(2)
    W, b = Parameter("W", rng.normal(size=(6, 4))), Parameter("b", rng.normal(size=6))
    return Linear(W, b, transposed=True)


class FixedDraw:
    """A generator that draws a fixed set of words."""

    def __init__(self, drawn):
        self.drawn = np.array(drawn)

    def random(self, size):
        assert size == len(self.drawn)
        return np.where(self.drawn, 0, 1 - 1e-16)


@given(st.lists(st.integers(0, 10**9), min_size=1, max_size=50), st.integers(1, 60))
def test_inclusion_probabilities_add_up_to_the_number_of_samples(counts, samples):
    counts = np.array(counts)
    inclusion = inclusion_probabilities(counts, samples)
    assert ((inclusion > 0) & (inclusion <= 1)).all()
    assert inclusion.sum() == pytest.approx(min(samples, len(counts)))
    assert (np.diff(inclusion[np.argsort(counts)]) >= 0).all()
    uncertain = inclusion < 1
    factors = inclusion[uncertain] / np.maximum(counts[uncertain], 1) ** 0.75
    np.testing.assert_allclose(factors, factors[:1].repeat(len(factors)))


def test_the_mean_of_the_partition_over_all_draws_is_the_partition():
    inclusion = np.array([0.1, 0.9, 0.3, 1, 0.5, 0.7])
    loss = SampledSoftmaxOutput(output(), inclusion)
    scores, _ = output().forward(X[:1])
    mean = 0
    for drawn in product([False, True], repeat=6):
        estimate, _ = loss.forward(X[:1], TARGETS[:1], FixedDraw(drawn))
        mean += np.where(drawn, inclusion, 1 - inclusion).prod() * np.exp(estimate + scores[0, 2])
    assert mean == pytest.approx(np.exp(scores).sum(), rel=1e-12)


def test_a_sample_of_all_words_equals_the_softmax():
    plain, sampled = output(), output()
    every = inclusion_probabilities(np.arange(6), 6)
    rng = np.random.default_rng(0)
    results = []
    for loss, arguments in ((SoftmaxOutput(plain), ()), (SampledSoftmaxOutput(sampled, every), (rng,))):
        value, cache = loss.forward(X, TARGETS, *arguments)
        results.append((value, loss.backward(cache), *map(dense_gradient, loss.parameters())))
    for expected, array in zip(*results, strict=True):
        np.testing.assert_allclose(array, expected, rtol=1e-12, atol=1e-15)


def test_only_words_that_were_drawn_and_targets_have_gradients():
    loss = SampledSoftmaxOutput(output(), np.full(6, 0.5))
    _, cache = loss.forward(X, TARGETS, FixedDraw([False, True, False, False, True, False]))
    loss.backward(cache)
    W, b = loss.parameters()
    assert isinstance(W.grad, RowGrad)
    np.testing.assert_array_equal(W.grad.rows, [1, 2, 4])
    np.testing.assert_array_equal(b.grad != 0, [False, True, True, False, True, False])
