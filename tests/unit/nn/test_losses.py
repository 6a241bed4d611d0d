import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from layer_cases import loss_cases
from scipy.special import log_softmax

from lexloom.nn.gradient_check import check_loss, dense_gradient
from lexloom.nn.losses import NegativeSampling
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.nn.softmax_losses import SoftmaxCrossEntropy

NAMES = sorted(loss_cases())


@pytest.mark.parametrize("name", NAMES)
def test_derivatives(name):
    case = loss_cases()[name]
    check_loss(case.layer, *case.inputs)


@pytest.mark.parametrize("name", NAMES)
def test_passes_have_no_side_effects(name):
    case = loss_cases()[name]
    inputs = copy.deepcopy(case.inputs)
    loss, cache = case.forward(*case.inputs)
    dscores = case.layer.backward(cache)
    case.forward(case.inputs[0] + 1, case.inputs[1][..., ::-1])
    np.testing.assert_array_equal(case.layer.backward(cache), dscores)
    assert case.forward(*case.inputs)[0] == loss
    for array, kept in zip(case.inputs, inputs, strict=True):
        np.testing.assert_array_equal(array, kept)


@pytest.mark.parametrize("name", NAMES)
def test_single_precision_is_kept_and_agrees_with_double(name):
    single, double = loss_cases(np.float32)[name], loss_cases()[name]
    loss, cache = single.forward(*single.inputs)
    expected, _ = double.forward(*double.inputs)
    assert single.layer.backward(cache).dtype == np.float32
    grads = [parameter.grad for parameter in single.layer.parameters()]
    arrays = [grad.values if isinstance(grad, RowGrad) else grad for grad in grads]
    assert {array.dtype for array in arrays} <= {np.dtype(np.float32)}
    np.testing.assert_allclose(loss, expected, rtol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 6), st.integers(1, 7))
def test_softmax_cross_entropy_is_the_mean_over_tokens_without_padding(seed, tokens, words):
    rng = np.random.default_rng(seed)
    scores, targets = rng.normal(size=(tokens, words)) * 5, rng.integers(-1, words, tokens)
    loss, _ = SoftmaxCrossEntropy().forward(scores, targets)
    kept = [-log_softmax(row)[target] for row, target in zip(scores, targets, strict=True) if target >= 0]
    np.testing.assert_allclose(loss, np.mean(kept) if kept else 0, atol=1e-12)


def test_huge_scores_stay_finite():
    value, cache = SoftmaxCrossEntropy().forward(np.array([[1e4, -1e4]] * 2, np.float32), np.array([0, 1]))
    assert 1000 < value < np.inf
    assert np.isfinite(SoftmaxCrossEntropy().backward(cache)).all()


def test_huge_products_stay_finite():
    loss = NegativeSampling(Parameter("W", np.array([[1e2], [-1e2]], np.float32)))
    value, cache = loss.forward(np.full((1, 1), 1e2, np.float32), np.array([[1, 0]]))
    assert 1000 < value < np.inf
    assert np.isfinite(loss.backward(cache)).all()


def test_padding_alone_has_a_loss_of_0():
    value, cache = SoftmaxCrossEntropy().forward(np.ones((2, 2)), np.full(2, -1))
    assert value == 0
    assert not SoftmaxCrossEntropy().backward(cache).any()


def test_negative_sampling_by_hand():
    W = Parameter("W", np.log(np.array([[2.0], [3.0], [5.0]])))
    loss = NegativeSampling(W)
    value, cache = loss.forward(np.ones((2, 1)), np.array([[0, 1, 1], [2, -1, 0]]))
    expected = -(np.log(2 / 3) + 2 * np.log(1 / 4) + np.log(5 / 6) + np.log(1 / 3)) / 2
    np.testing.assert_allclose(value, expected)
    with_absent, _ = loss.forward(np.ones((3, 1)), np.array([[0, 1, 1], [2, -1, 0], [-1, 0, 1]]))
    assert with_absent == value
    loss.backward(cache)
    np.testing.assert_allclose(
        dense_gradient(W)[:, 0], [(2 / 3 - 1 + 2 / 3) / 2, 2 * 3 / 4 / 2, (5 / 6 - 1) / 2]
    )
