"""Simple CBOW and skip-gram: derivatives, a device, training."""

import numpy as np
import pytest
from fake_device import FAKE

from lexloom.kernels.backend import get_backend
from lexloom.lessons.simple_word2vec import SimpleCBOW, SimpleSkipGram
from lexloom.nn.gradient_check import check_model, dense_gradient
from lexloom.training.batches import Shuffled
from lexloom.training.optimizers import AdaGrad, Adam
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import create_contexts

CPU = get_backend("cpu")
CONTEXTS = np.array([[1, 2, 2, 5], [-1, 3, -1, 1], [-1, -1, -1, -1], [8, 0, 1, 2]], np.int32)
TARGETS = np.array([4, 4, 0, 8], np.int32)
BATCHES = {SimpleCBOW: (CONTEXTS, TARGETS), SimpleSkipGram: (TARGETS, CONTEXTS)}


def build(kind, backend=CPU):
    return kind(9, 4, np.random.default_rng(0), backend, np.float64)


@pytest.mark.parametrize("kind", BATCHES)
def test_derivatives(kind):
    model = build(kind)
    check_model(model, BATCHES[kind])
    assert all(dense_gradient(parameter).any() for parameter in model.parameters())


@pytest.mark.parametrize("kind", BATCHES)
def test_models_run_on_a_device(kind):
    model = build(kind, FAKE)
    loss, _, cache = model.loss(BATCHES[kind])
    model.backward(cache)
    assert float(loss) == pytest.approx(float(build(kind).loss(BATCHES[kind])[0]), rel=1e-12)
    AdaGrad().step(model.parameters(), 0.1)


@pytest.mark.parametrize("kind", BATCHES)
def test_training_finds_classes(kind):
    """A text whose words come in runs of one class: ids 0 to 3, or 4 to 7."""
    rng = np.random.default_rng(0)
    runs = np.repeat(rng.integers(0, 2, 100), 20)
    ids = (4 * runs + rng.integers(0, 4, len(runs))).astype(np.int32)
    contexts = create_contexts(ids, 2)
    arrays = (contexts, ids) if kind is SimpleCBOW else (ids, contexts)
    model = kind(8, 5, np.random.default_rng(0), CPU)
    Trainer(model, Adam(), 0.01).fit(6, Shuffled(arrays, 50, np.random.default_rng(1)))
    unit = model.W_in.data / np.linalg.norm(model.W_in.data, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    np.testing.assert_array_equal(cosines.argmax(axis=1) // 4, np.arange(8) // 4)
