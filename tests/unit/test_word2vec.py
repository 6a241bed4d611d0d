"""CBOW and skip-gram, simple and with negative sampling: derivatives, the fused kernel, training."""

import numpy as np
import pytest
from fake_device import FAKE

from lexloom.backend import get_backend
from lexloom.batches import Shuffled
from lexloom.context_batches import ContextBatches, NegativeSampler, create_contexts
from lexloom.gradient_check import check_model, dense_gradient
from lexloom.kernels import cpu, pool, reference
from lexloom.models.word2vec import CBOW, FusedNegativeSampling, SimpleCBOW, SimpleSkipGram, SkipGram
from lexloom.optimizers import AdaGrad, Adam
from lexloom.trainer import Trainer

SIZE, DIMENSION = 9, 4
CONTEXTS = np.array([[1, 2, 2, 5], [-1, 3, -1, 1], [-1, -1, -1, -1], [8, 0, 1, 2]], np.int32)
TARGETS = np.array([4, 4, 0, 8], np.int32)
CBOW_WORDS = np.array([[4, 1, 1, 0], [4, -1, 2, 8], [0, 5, -1, 3], [8, 4, 1, 0]], np.int32)
SKIP_GRAM_WORDS = np.stack([CONTEXTS, CONTEXTS[::-1] - 1, np.full_like(CONTEXTS, 7)], axis=2).clip(-1)
BATCHES = {
    SimpleCBOW: (CONTEXTS, TARGETS),
    SimpleSkipGram: (TARGETS, CONTEXTS),
    CBOW: (CONTEXTS, CBOW_WORDS),
    SkipGram: (TARGETS, SKIP_GRAM_WORDS),
}
SAMPLING = [CBOW, SkipGram]


@pytest.fixture(autouse=True)
def _one_thread_afterwards():
    yield
    pool.set_threads(1)


def build(kind, backend=None, dtype=np.float64):
    backend = backend or get_backend()
    model = kind(SIZE, DIMENSION, np.random.default_rng(0), backend, dtype)
    rng = np.random.default_rng(1)  # tables of size 1 and without zeros, where every derivative counts
    for parameter in model.parameters():
        parameter.data = backend.to_device(rng.normal(size=parameter.data.shape).astype(dtype))
    return model


def loss_and_gradients(model, batch):
    loss, carry, cache = model.loss(batch)
    assert carry is None
    model.backward(cache)
    return float(loss), [dense_gradient(parameter) for parameter in model.parameters()]


@pytest.mark.parametrize("kind", BATCHES)
def test_derivatives(kind):
    model = build(kind)
    check_model(model, BATCHES[kind])
    assert all(dense_gradient(parameter).any() for parameter in model.parameters())


@pytest.mark.parametrize("kind", SAMPLING)
def test_derivatives_of_the_fused_kernel(kind):
    check_model(FusedNegativeSampling(build(kind)), BATCHES[kind])


@pytest.mark.parametrize("kind", SAMPLING)
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float64, 1e-12), (np.float32, 2e-5)])
def test_fused_equals_layers(kind, dtype, tolerance):
    by_layers = loss_and_gradients(build(kind, dtype=dtype), BATCHES[kind])
    fused = loss_and_gradients(FusedNegativeSampling(build(kind, dtype=dtype)), BATCHES[kind])
    assert fused[0] == pytest.approx(by_layers[0], rel=tolerance)
    for ours, expected in zip(fused[1], by_layers[1], strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance)


def test_cbow_by_hand():
    model = build(CBOW)
    hidden = model.W_in.data[[3, 1]].mean(axis=0)
    scores = model.W_out.data[[4, 2, 8]] @ hidden
    expected = np.log(1 + np.exp(-scores[0])) + np.log(1 + np.exp(scores[1:])).sum()
    assert model.loss((CONTEXTS[1:2], CBOW_WORDS[1:2]))[0] == pytest.approx(expected, rel=1e-12)


def test_a_context_that_is_absent_changes_nothing():
    model = build(SkipGram)
    present = CONTEXTS[1] >= 0
    with_absent = loss_and_gradients(model, (TARGETS[1:2], SKIP_GRAM_WORDS[1:2]))
    model = build(SkipGram)
    without = loss_and_gradients(model, (TARGETS[1:2], SKIP_GRAM_WORDS[1:2, present]))
    assert with_absent[0] == pytest.approx(without[0], rel=1e-12)
    for one, other in zip(with_absent[1], without[1], strict=True):
        np.testing.assert_allclose(one, other, atol=1e-15)


def many(dtype=np.float32):
    """A batch of many tiles, with repeated and absent ids."""
    rng = np.random.default_rng(2)
    tables = rng.normal(size=(2, 500, 20)).astype(dtype)
    return (*tables, rng.integers(-1, 500, (700, 3), np.int32), rng.integers(-1, 500, (700, 2, 4), np.int32))


def flat(result):
    loss, grads, output_grads = result
    return [np.asarray(loss), *grads, *output_grads]


def test_kernel_equals_its_reference():
    arguments = many(np.float64)
    for ours, expected in zip(
        flat(cpu.negative_sampling(*arguments)), flat(reference.negative_sampling(*arguments)), strict=True
    ):
        np.testing.assert_allclose(ours, expected, rtol=1e-11, atol=1e-15)


def test_kernel_has_the_same_bits_on_threads():
    results = []
    for threads in (1, 2):
        pool.set_threads(threads)
        results.append(flat(cpu.negative_sampling(*many())))
    for one, two in zip(*results, strict=True):
        np.testing.assert_array_equal(one, two)


def test_drawing_equals_its_reference_and_has_the_same_bits_on_threads():
    rng = np.random.default_rng(4)
    words = rng.integers(-1, 50, 3000, np.int32)
    sampler = NegativeSampler(rng.integers(1, 100, 50))
    arguments = words, rng.random((3000, 4)), sampler.own_share, sampler.alias
    expected = reference.words_and_samples(*arguments)
    assert expected.dtype == np.int32
    for threads in (1, 2):
        pool.set_threads(threads)
        np.testing.assert_array_equal(cpu.words_and_samples(*arguments), expected)


def test_scores_beyond_the_range_of_exp_stay_finite():
    table = np.full((2, 1), 1e3, np.float32)
    loss, grads, _ = cpu.negative_sampling(table, table, np.array([[0]]), np.array([[[1, 0]]]))
    assert loss == 1e6
    assert np.isfinite(grads[1]).all()


def on_device(kind, fused):
    model = build(kind, FAKE)
    return FusedNegativeSampling(model) if fused else model


@pytest.mark.parametrize(
    ("kind", "fused"), [(kind, False) for kind in BATCHES] + [(kind, True) for kind in SAMPLING]
)
def test_models_run_on_a_device(kind, fused):
    model, batch = on_device(kind, fused), BATCHES[kind]
    loss, _, cache = model.loss(batch)
    model.backward(cache)
    assert float(loss) == pytest.approx(float(build(kind).loss(batch)[0]), rel=1e-12)
    AdaGrad().step(model.parameters(), 0.1)


def classes(tokens=6000):
    """A text whose words come in runs of one class: ids 0 to 3, or 4 to 7."""
    rng = np.random.default_rng(0)
    runs = np.repeat(rng.integers(0, 2, tokens // 20), 20)
    return (4 * runs + rng.integers(0, 4, len(runs))).astype(np.int32)


def nearest(vectors):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    cosines = unit @ unit.T
    np.fill_diagonal(cosines, -2)
    return cosines.argmax(axis=1)


@pytest.mark.parametrize("kind", SAMPLING)
def test_training_finds_classes(kind):
    ids = classes()
    predict = "target" if kind is CBOW else "contexts"
    batches = ContextBatches(ids, create_contexts(ids, 2), np.bincount(ids), predict, 64, 3, 0, seed=1)
    model = kind(8, 5, np.random.default_rng(0), get_backend())
    history = Trainer(FusedNegativeSampling(model), AdaGrad(), 0.2).fit(4, batches)
    assert history[-1]["loss"] < history[0]["loss"]
    np.testing.assert_array_equal(nearest(model.W_in.data) // 4, np.arange(8) // 4)


@pytest.mark.parametrize("kind", [SimpleCBOW, SimpleSkipGram])
def test_simple_models_find_classes(kind):
    ids = classes(2000)
    contexts = create_contexts(ids, 2)
    arrays = (contexts, ids) if kind is SimpleCBOW else (ids, contexts)
    model = kind(8, 5, np.random.default_rng(0), get_backend())
    Trainer(model, Adam(), 0.01).fit(6, Shuffled(arrays, 50, np.random.default_rng(1)))
    np.testing.assert_array_equal(nearest(model.W_in.data) // 4, np.arange(8) // 4)
