import numpy as np
import pytest

from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.lessons.experiments import (
    SENTENCE,
    gradients_through_time,
    lowest_loss,
    orthogonal,
    read_sentence,
    recurrent_layer,
    spiral,
    train_bare,
)
from lexloom.nn.recurrent import LSTM, RNN
from lexloom.training.batches import Windows
from lexloom.training.optimizers import SGD
from lexloom.training.trainer import Trainer


def test_the_bare_loop_and_the_trainer_give_the_same_bits():
    windows = Windows(np.random.default_rng(0).integers(0, 7, 60), batch=3, steps=4, before=0)
    bare, model = (
        build_rnnlm(
            7,
            np.random.default_rng(1),
            get_backend("cpu"),
            cell="rnn",
            embedding=5,
            hidden=6,
            dtype=np.float64,
        )
        for _ in range(2)
    )
    losses = train_bare(bare, windows, epochs=3, learning_rate=0.5)
    history = Trainer(model, SGD(), 0.5).fit(3, lambda epoch: windows)
    assert losses == [record["loss"] for record in history]
    for one, other in zip(bare.parameters(), model.parameters(), strict=True):
        np.testing.assert_array_equal(one.data, other.data)


def test_words_are_numbered_in_order_of_appearance():
    ids, words = read_sentence(SENTENCE)
    assert words == ["you", "say", "goodbye", "and", "i", "hello", "."]
    np.testing.assert_array_equal(ids, [0, 1, 2, 3, 4, 1, 5, 6])


def test_the_spiral_has_equal_arms_within_the_unit_circle():
    x, classes = spiral(np.random.default_rng(0), arms=3, points=50)
    np.testing.assert_array_equal(np.bincount(classes), [50, 50, 50])
    assert np.linalg.norm(x, axis=1).max() <= 1


def test_the_lowest_loss_by_hand():
    """After 0 or (1, 2) in any order, 3 or 4 with one half each; after 5, always 3; -1 does not count."""
    assert lowest_loss(np.array([0, 0, 5]), np.array([3, 4, 3])) == pytest.approx(2 / 3 * np.log(2))
    known = np.array([[1, 2], [2, 1], [5, 5]])
    assert lowest_loss(known, np.array([3, 4, 3])) == pytest.approx(2 / 3 * np.log(2))
    assert lowest_loss(np.array([0, 5]), np.array([[3, 4], [3, -1]])) == pytest.approx(2 / 3 * np.log(2))


@pytest.mark.parametrize("gates", [1, 4])
def test_orthogonal_has_equal_singular_values(gates):
    W = orthogonal(np.random.default_rng(0), 6, gates, 1.4)
    np.testing.assert_allclose(np.linalg.svd(W, compute_uv=False), 1.4)


@pytest.mark.parametrize("cell", [RNN, LSTM])
def test_gradients_through_time_are_those_of_one_long_window(cell):
    layer = recurrent_layer(cell, np.random.default_rng(0), 4, 1.2, 1.0)
    x = np.random.default_rng(1).normal(size=(2, 6, 4))
    norms = gradients_through_time(layer, x, limit=0.1)
    (y, _), cache = layer.forward(x)
    for parameter in layer.parameters():
        parameter.grad = None
    dy = np.zeros_like(y)
    dy[:, -1] = 8**-0.5
    _, dstate = layer.backward(dy, cache)
    np.testing.assert_allclose(norms["state"][-1], np.linalg.norm(np.array(dstate)))
    everything = np.concatenate([parameter.grad.ravel() for parameter in layer.parameters()])
    np.testing.assert_allclose(norms["parameters"][-1], np.linalg.norm(everything))
    np.testing.assert_allclose(norms["clipped"], np.minimum(norms["parameters"], 0.1))


def test_a_small_weight_makes_the_gradient_vanish():
    layer = recurrent_layer(RNN, np.random.default_rng(0), 4, 0.5, 0.0)
    norms = gradients_through_time(layer, np.zeros((1, 8, 4)), limit=1.0)
    np.testing.assert_allclose(norms["state"], 0.5 ** np.arange(9))
