"""Regularization in training; test_layers.py checks the derivatives."""

import numpy as np
import pytest

from lexloom.nn.gradient_check import check_derivative
from lexloom.nn.layers import Dropout, Embedding
from lexloom.nn.parameter import Parameter
from lexloom.nn.recurrent import RNN
from lexloom.nn.regularization import PenalizedDropout, WeightDrop, WordDropout


def rng():
    return np.random.default_rng(0)


def test_locked_dropout_drops_the_same_at_all_steps_and_other_values_in_each_stream():
    y, _ = Dropout(0.25, locked=True).forward(np.ones((100, 7, 80), np.float32), rng())
    assert (y == y[:, :1]).all()
    assert abs(np.mean(y[:, 0] == 0) - 0.25) < 0.02
    assert (y[0, 0] != y[1, 0]).any()
    np.testing.assert_allclose(y.max(), 1 / 0.75)


def test_a_dropped_word_is_dropped_everywhere():
    ids = np.random.default_rng(1).integers(0, 1000, (20, 200))
    embedding = Embedding(Parameter("W", np.ones((1000, 3))))
    y, _ = WordDropout(embedding, 0.25).forward(ids, rng())
    dropped = y == 0
    assert (dropped == dropped[..., :1]).all()
    for word in range(50):
        assert len(set(y[ids == word].ravel())) == 1
    assert abs(dropped.mean() - 0.25) < 0.05
    np.testing.assert_allclose(y.max(), 1 / 0.75)


def test_weight_drop_uses_one_mask_for_all_steps_and_keeps_the_weights():
    """With an identity matrix as recurrent weights, a hidden state is dropped at all steps or at none."""
    size, steps = 200, 6
    layer = RNN(
        *(Parameter(name, data) for name, data in (("Wx", np.zeros((1, size))), ("Wh", np.eye(size)))),
        Parameter("b", np.zeros(size)),
    )
    start = np.full((1, size), 1e-3)
    (y, _), cache = WeightDrop(layer, 0.5).forward(np.zeros((1, steps, 1)), start, rng())
    kept = y[0, 0] != 0
    assert abs(kept.mean() - 0.5) < 0.1
    assert (y[0, :, ~kept] == 0).all()
    np.testing.assert_allclose(
        y[0, :, kept], np.tile(1e-3 * 2.0 ** np.arange(1, steps + 1), (kept.sum(), 1)), 0.01
    )
    WeightDrop(layer, 0.5).backward(np.ones_like(y), cache)
    assert (layer.Wh.grad[~kept, ~kept] == 0).all()
    assert (layer.Wh.grad[kept, kept] > 0).all()
    np.testing.assert_array_equal(layer.Wh.data, np.eye(size))


@pytest.mark.parametrize("steps", [1, 2, 5])
@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_penalties_have_the_gradients_of_their_formulas(rate, steps):
    layer = PenalizedDropout(Dropout(rate, locked=True), activation=3.0, change=5.0)
    h, dy = np.random.default_rng(1).normal(size=(2, 3, steps, 4))

    def objective():
        y, _ = layer.forward(h, rng())
        change = np.mean((h[:, 1:] - h[:, :-1]) ** 2) if steps > 1 else 0
        return np.sum(y * dy) + 3 * np.mean(y**2) + 5 * change

    kept = dy.copy(), h.copy()
    dh = layer.backward(dy, layer.forward(h, rng())[1])
    np.testing.assert_array_equal((dy, h), kept)
    check_derivative(objective, h, dh, "h")


@pytest.mark.parametrize("rate", [0.0, 0.5])
def test_nothing_is_dropped_in_evaluation_or_at_rate_0(rate):
    generator = None if rate else rng()
    x, ids = np.ones((2, 3, 4)), np.zeros((2, 3), int)
    embedding = Embedding(Parameter("W", np.ones((5, 4))))
    assert Dropout(rate, locked=True).forward(x, generator)[0] is x
    np.testing.assert_array_equal(WordDropout(embedding, rate).forward(ids, generator)[0], x)
    layer = RNN(
        *(Parameter(name, np.full((4, 4), 0.1)) for name in ("Wx", "Wh")), Parameter("b", np.zeros(4))
    )
    (plain, _), _ = layer.forward(x)
    np.testing.assert_array_equal(WeightDrop(layer, rate).forward(x, None, generator)[0][0], plain)
    if generator:
        assert generator.random() == rng().random()
