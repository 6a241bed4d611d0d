"""CBOW and skip-gram with negative sampling: derivatives, the fused kernels, training."""

import numpy as np
import pytest
from all_kernels import Cpu, Reference
from fake_device import FAKE
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.nn.gradient_check import check_model, dense_gradient
from lexloom.settings.mistakes import checked
from lexloom.settings.word2vec import Batches
from lexloom.storage.artifact_writing import write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.training.optimizers import AdaGrad
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatch, ContextBatches
from lexloom.vectors.train import Learned
from lexloom.vectors.word2vec import CBOW, FusedNegativeSampling, SkipGram
from lexloom.vectors.word2vec_training import Training

cpu = Cpu()
reference = Reference()

SIZE, DIMENSION = 9, 4
# A window of 2 around 4 positions, of which the last has no word; each 2 positions share 3 samples.
BATCH = ContextBatch(
    ids=np.array([-1, 3, 5, 4, 4, -1, 2, -1], np.int32),
    radii=np.array([2, 1, 2, 2], np.int32),
    samples=np.array([[1, 5, 1], [0, 4, 8]], np.int32),
)
SAMPLING = [CBOW, SkipGram]
KERNELS = ["cbow", "skip_gram"]


@pytest.fixture(autouse=True)
def _one_thread_afterwards():
    yield
    thread_pool.set_threads(1)


def build(kind, backend=None, dtype=np.float64, dimension=DIMENSION):
    backend = backend or get_backend()
    model = kind(SIZE, dimension, np.random.default_rng(0), backend, dtype, weight=0.6)
    rng = np.random.default_rng(1)  # values around 1, so that no derivative is negligible
    for parameter in model.parameters():
        parameter.data = backend.to_device(rng.normal(size=parameter.data.shape).astype(dtype))
    return model


def loss_and_gradients(model, batch):
    loss, carry, cache = model.loss(batch)
    assert carry is None
    model.backward(cache)
    return float(loss), [dense_gradient(parameter) for parameter in model.parameters()]


@pytest.mark.parametrize("kind", SAMPLING)
def test_derivatives(kind):
    model = build(kind)
    check_model(model, BATCH)
    assert all(dense_gradient(parameter).any() for parameter in model.parameters())


@pytest.mark.parametrize("kind", SAMPLING)
def test_derivatives_of_the_fused_kernel(kind):
    check_model(FusedNegativeSampling(build(kind)), BATCH)


@pytest.mark.parametrize("kind", SAMPLING)
@pytest.mark.parametrize(
    ("dtype", "dimension", "tolerance"),
    [(np.float64, 4, 1e-12), (np.float32, 4, 2e-5), (np.float32, 20, 2e-5)],
)
def test_fused_equals_layers(kind, dtype, dimension, tolerance):
    by_layers = loss_and_gradients(build(kind, dtype=dtype, dimension=dimension), BATCH)
    model = build(kind, dtype=dtype, dimension=dimension)
    fused = loss_and_gradients(FusedNegativeSampling(model), BATCH)
    assert fused[0] == pytest.approx(by_layers[0], rel=tolerance)
    for ours, expected in zip(fused[1], by_layers[1], strict=True):
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, expected, rtol=tolerance, atol=tolerance)


def by_hand(model, hidden, word, samples):
    true, others = model.W_out.data[word] @ hidden, model.W_out.data[samples] @ hidden
    return np.log(1 + np.exp(-true)) + 0.6 * np.log(1 + np.exp(others)).sum()


def test_cbow_by_hand():
    model = build(CBOW)
    of_first = by_hand(model, model.W_in.data[[3, 4, 4]].mean(axis=0), 5, [1, 5, 1])
    of_second = by_hand(model, model.W_in.data[[5, 4]].mean(axis=0), 4, [1, 5, 1])
    of_third = by_hand(model, model.W_in.data[[5, 4, 2]].mean(axis=0), 4, [0, 4, 8])
    expected = (of_first + of_second + of_third) / 3
    assert model.loss(BATCH)[0] == pytest.approx(expected, rel=1e-12)


def test_skip_gram_by_hand():
    model = build(SkipGram)
    pairs = [(5, 3, 0), (5, 4, 0), (5, 4, 0), (4, 5, 0), (4, 4, 0), (4, 5, 1), (4, 4, 1), (4, 2, 1)]
    losses = [by_hand(model, model.W_in.data[word], near, BATCH.samples[k]) for word, near, k in pairs]
    assert model.loss(BATCH)[0] == pytest.approx(np.mean(losses), rel=1e-12)


def many(dtype=np.float32, seed=2, dimension=20, block=64, samples=70):
    """Return kernel arguments for a batch of several blocks, with repeated and absent ids."""
    rng = np.random.default_rng(seed)
    tables = rng.normal(size=(2, 500, dimension)).astype(dtype) / 4
    ids, radii = rng.integers(-1, 500, 1300, np.int32), rng.integers(1, 11, 1280, np.int32)
    return (*tables, ids, radii, rng.integers(0, 500, (1280 // block, samples), np.int32), 0.1)


def flat(result):
    loss, grads, output_grads = result
    return [np.asarray(loss), *grads, *output_grads]


@pytest.mark.parametrize("name", KERNELS)
@given(
    seed=st.integers(0, 1000),
    dimension=st.integers(1, 40),
    block=st.sampled_from([1, 64, 640]),
    samples=st.sampled_from([1, 64, 65]),
)
@settings(max_examples=30)
def test_kernels_equal_their_references(name, seed, dimension, block, samples):
    arguments = many(seed=seed, dimension=dimension, block=block, samples=samples)
    exact = [array.astype(np.float64) for array in arguments[:2]]
    loss, *gradients = getattr(cpu, name)(*arguments)
    expected, *expected_gradients = getattr(reference, name)(*exact, *arguments[2:])
    assert loss == pytest.approx(float(expected), rel=1e-5)
    for ours, theirs in zip(gradients, expected_gradients, strict=True):
        np.testing.assert_allclose(dense(*ours), dense(*theirs), rtol=1e-4, atol=1e-6)


def dense(rows, values):
    """Return the full gradient. A kernel may list rows that no window reaches, with zeros."""
    table = np.zeros((500, values.shape[1]), values.dtype)
    np.add.at(table, rows, values)
    return table


@pytest.mark.parametrize("name", KERNELS)
def test_kernels_have_the_same_bits_on_threads(name, monkeypatch):
    monkeypatch.setattr(thread_pool, "_cores", lambda: 4)
    results = []
    for threads in (1, 2, 4):
        thread_pool.set_threads(threads)
        results.append(flat(getattr(cpu, name)(*many())))
    for others in results[1:]:
        for one, other in zip(results[0], others, strict=True):
            np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", KERNELS)
def test_a_result_is_not_overwritten_by_the_next(name):
    first = flat(getattr(cpu, name)(*many()))
    kept = [array.copy() for array in first]
    getattr(cpu, name)(*many(seed=3))
    for one, other in zip(first, kept, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", KERNELS)
def test_scores_beyond_the_range_of_exp_stay_finite(name):
    table = np.full((2, 16), 250, np.float32)
    ids, radii, samples = np.array([0, 1, 0]), np.array([1]), np.array([[1, 0]])
    loss, grads, output_grads = getattr(cpu, name)(table, table, ids, radii, samples, 1.0)
    assert loss == 2e6
    assert np.isfinite(grads[1]).all()
    assert np.isfinite(output_grads[1]).all()


@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("table", [0, 1])
def test_values_that_are_not_finite_make_the_loss_nan(name, table):
    arguments = many()
    arguments[table][arguments[2][10]] = np.nan
    assert np.isnan(getattr(cpu, name)(*arguments)[0])


def on_device(kind, fused):
    model = build(kind, FAKE)
    return FusedNegativeSampling(model) if fused else model


@pytest.mark.parametrize("kind", SAMPLING)
@pytest.mark.parametrize("fused", [False, True])
def test_models_run_on_a_device(kind, fused):
    model = on_device(kind, fused)
    loss, _, cache = model.loss(BATCH)
    model.backward(cache)
    assert float(loss) == pytest.approx(float(build(kind).loss(BATCH)[0]), rel=1e-12)
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


def trained(kind, ids, epochs=8, **changes):
    model = kind(8, 16, np.random.default_rng(0), get_backend(), weight=1 / 4)
    settings = Batches(**{"batch": 64, "samples": 4, "block": 8} | changes)
    batches = ContextBatches(ids, np.bincount(ids), 2, settings, seed=1)
    history = Trainer(FusedNegativeSampling(model), AdaGrad(), 0.2).fit(epochs, batches)
    return model, [record["loss"] for record in history]


@pytest.mark.parametrize("kind", SAMPLING)
def test_training_finds_classes(kind):
    model, losses = trained(kind, classes())
    assert losses[-1] < losses[0]
    np.testing.assert_array_equal(nearest(model.vectors()) // 4, np.arange(8) // 4)


@pytest.mark.parametrize("kind", SAMPLING)
def test_a_large_batch_does_not_hurt(kind):
    losses = {batch: trained(kind, classes(), batch=batch)[1][-1] for batch in (64, 1024)}
    assert losses[1024] < losses[64] + 0.05


def test_vectors_are_input_rows_or_sums_with_output_rows():
    model = build(CBOW)
    np.testing.assert_array_equal(model.vectors(), model.W_in.data)
    np.testing.assert_array_equal(model.vectors(add_contexts=True), model.W_in.data + model.W_out.data)


def test_take_up_copies_trained_tables_into_the_first_rows(tmp_path):
    old, new = build(CBOW), CBOW(SIZE + 2, DIMENSION, np.random.default_rng(3), get_backend(), np.float64)
    fresh = new.W_in.data[SIZE:].copy()
    tables = {table.name: table.data for table in old.parameters()}
    tables["words"] = [str(number) for number in range(SIZE)]
    write_artifact(tmp_path / "old.h5", "vectors", tables)
    new.take_up(read_artifact(tmp_path / "old.h5", "vectors"), "old.h5")
    for ours, theirs in zip(new.parameters(), old.parameters(), strict=True):
        np.testing.assert_array_equal(ours.data[:SIZE], theirs.data)
    np.testing.assert_array_equal(new.W_in.data[SIZE:], fresh)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"vectors": np.zeros((3, DIMENSION))}, "old.h5: has no W_in to continue from"),
        (
            {"W_in": np.zeros((3, 7)), "W_out": np.zeros((3, 7))},
            "old.h5: its vectors have dimension 7, not 4; set",
        ),
        ({"W_in": np.zeros((4, DIMENSION))}, "old.h5: 'words' has the size 3 by word, but 'W_in' has 4"),
        ({"words": ["a", "b", "a"]}, "old.h5: 'words' has a line twice"),
    ],
)
def test_take_up_refuses_unsuitable_vectors(tmp_path, tables, message):
    write_artifact(tmp_path / "old.h5", "vectors", {"words": ["a", "b", "c"]} | tables)
    with pytest.raises(LexloomError, match=message):
        build(SkipGram).take_up(read_artifact(tmp_path / "old.h5", "vectors"), "old.h5")


def test_a_word_that_occurs_more_often_than_32_bits_can_count_is_drawn_the_most():
    settings, counts = checked(Learned, {"model": "cbow"}), np.array([1, 2**33, 1])
    training = Training(settings, np.array([0, 1, 2]), list("abc"), counts, 2, 1, get_backend(), Tokenizer())
    drawn = training.batches.sampler.draw((100,), np.random.default_rng(0))
    assert drawn.tolist() == [1] * 100
