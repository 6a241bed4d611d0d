import numpy as np
import pytest
from fake_device import FAKE

from lexloom.kernels.backend import get_backend
from lexloom.lessons.feed_forward import build_feed_forward_lm, left_contexts, perplexity
from lexloom.nn.gradient_check import check_model
from lexloom.training.batches import Shuffled
from lexloom.training.optimizers import Adam
from lexloom.training.trainer import Trainer

CPU = get_backend("cpu")
IDS = np.array([1, 0, 2, 1, 1, 3])


def build(backend=CPU, dtype=np.float64, context=2):
    rng = np.random.default_rng(0)
    return build_feed_forward_lm(4, context, rng, backend, embedding=3, hidden=5, dtype=dtype)


def test_contexts_are_the_words_before():
    contexts, targets = left_contexts(np.array([5, 6, 7]), 2)
    np.testing.assert_array_equal(contexts, [[-1, -1], [-1, 5], [5, 6]])
    np.testing.assert_array_equal(targets, [5, 6, 7])


def test_derivatives():
    check_model(build(), left_contexts(IDS, 2))


def test_perplexity_by_hand_for_any_batch_size():
    model = build()
    scores, _ = model.scores(left_contexts(IDS, 2)[0])
    p = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
    expected = np.exp(-np.mean(np.log(p[range(len(IDS)), IDS])))
    for batch in (1, 4, 500):
        assert perplexity(model, IDS, 2, batch) == pytest.approx(expected, rel=1e-12)


def test_perplexity_overflows_to_infinity():
    model = build()
    model.output.b.data[1] = 1e4
    assert perplexity(model, np.array([0, 2]), 2) == np.inf


def test_the_order_of_the_context_counts():
    """CBOW cannot learn this: the next word is the first of the two words before it."""
    rng = np.random.default_rng(0)
    contexts = rng.integers(0, 4, (400, 2))
    model = build(dtype=np.float32)
    Trainer(model, Adam(), learning_rate=0.02).fit(15, Shuffled((contexts, contexts[:, 0]), 20, rng))
    scores, _ = model.scores(np.array([[0, 3], [3, 0]]))
    np.testing.assert_array_equal(scores.argmax(axis=1), [0, 3])


def test_it_runs_on_a_device():
    batch = left_contexts(IDS, 2)
    model = build(FAKE)
    loss, _, cache = model.loss(batch)
    model.backward(cache)
    np.testing.assert_allclose(float(loss), build().loss(batch)[0])
