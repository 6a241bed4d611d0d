import numpy as np
from fake_device import FAKE

from lexloom.kernels.backend import get_backend
from lexloom.lessons.two_layer_net import build_two_layer_net
from lexloom.nn.gradient_check import check_model
from lexloom.training.batches import Shuffled
from lexloom.training.optimizers import SGD
from lexloom.training.trainer import Trainer

CPU = get_backend("cpu")


def build(backend=CPU, dtype=np.float64, hidden=4):
    return build_two_layer_net(2, hidden, 3, np.random.default_rng(0), backend, dtype)


def points(count=6):
    rng = np.random.default_rng(1)
    return rng.normal(size=(count, 2)), rng.integers(0, 3, count)


def test_derivatives():
    check_model(build(), points())


def test_it_learns_classes_that_no_line_separates():
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, (300, 2)).astype(np.float32)
    classes = (x[:, 0] * x[:, 1] > 0).astype(int)
    model = build(dtype=np.float32, hidden=10)
    trainer = Trainer(model, SGD(), learning_rate=2.0)
    trainer.fit(200, Shuffled((x, classes), 30, rng))
    scores, _ = model.scores(x)
    assert np.mean(scores.argmax(axis=1) == classes) > 0.95


def test_it_runs_on_a_device():
    x, classes = points()
    loss, _, cache = build(FAKE).loss((x, classes))
    build(FAKE).backward(cache)
    np.testing.assert_allclose(float(loss), build().loss((x, classes))[0])
