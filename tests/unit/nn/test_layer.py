import numpy as np
import pytest

from lexloom.nn.layer import Chain, Layer
from lexloom.nn.layers import Dropout, Linear, MatMul, Tanh
from lexloom.nn.parameter import Parameter


def parameter(name, *shape):
    return Parameter(name, np.random.default_rng(0).normal(size=shape))


def test_a_chain_equals_its_layers_called_by_hand():
    first, second = Linear(parameter("W", 3, 2), parameter("b", 2)), MatMul(parameter("V", 2, 4))
    chain, tanh = Chain(first, Tanh(), second), Tanh()
    x, dy = np.random.default_rng(1).normal(size=(5, 3)), np.ones((5, 4))
    y, cache = chain.forward(x)
    hidden, first_cache = first.forward(x)
    hidden, tanh_cache = tanh.forward(hidden)
    expected, second_cache = second.forward(hidden)
    np.testing.assert_array_equal(y, expected)
    dx = chain.backward(dy, cache)
    by_hand = first.backward(tanh.backward(second.backward(dy, second_cache), tanh_cache), first_cache)
    np.testing.assert_array_equal(dx, by_hand)


def test_a_shared_parameter_is_listed_once():
    W = parameter("W", 3, 3)
    assert Chain(MatMul(W), Tanh(), Chain(MatMul(W, transposed=True))).parameters() == [W]


def test_random_layers_draw_in_order_from_the_generator_that_the_chain_gets():
    x = np.ones((4, 50))
    y, _ = Chain(Dropout(0.5), Tanh(), Chain(Dropout(0.5))).forward(x, np.random.default_rng(0))
    rng = np.random.default_rng(0)
    once, _ = Dropout(0.5).forward(x, rng)
    twice, _ = Dropout(0.5).forward(np.tanh(once), rng)
    np.testing.assert_array_equal(y, twice)


def test_without_a_generator_nothing_is_dropped():
    x = np.ones((4, 50))
    assert Chain(Dropout(0.5), Dropout(0.5)).forward(x)[0] is x


def test_a_layer_has_no_parameters_unless_it_says_so():
    assert Layer().parameters() == []
    with pytest.raises(NotImplementedError):
        Layer().forward(np.ones(1))
    with pytest.raises(NotImplementedError):
        Layer().backward(np.ones(1), None)
