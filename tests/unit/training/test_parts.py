"""Batches in parts give one gradient, to the bit, whoever computes the parts."""

import threading
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.language.rnnlm_training import new_model, new_trainer, windows
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.settings.rnnlm import Rnnlm
from lexloom.settings.word2vec import Word2vec
from lexloom.training.batches import WindowParts, Windows
from lexloom.training.parts import Agreement, InParts
from lexloom.training.ranks import Ranks
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import CBOW, SkipGram

CPU = get_backend()
IDS = np.random.default_rng(0).integers(0, 30, 400).astype(np.int32)
COUNTS = np.bincount(IDS)


class ThreadRanks(Ranks):
    """Ranks that are threads of this process."""

    def __init__(self, rank, places, barrier):
        self.rank, self.size, self.places, self.barrier = rank, len(places), places, barrier

    def gather(self, value):
        self.places[self.rank] = value
        self.barrier.wait()
        values = list(self.places)
        self.barrier.wait()
        return values

    def first(self, function):
        return self.gather(function() if self.rank == 0 else None)[0]

    def exchange(self, blocks):
        return np.stack([other[self.rank] for other in self.gather(blocks)])

    def collect(self, array):
        return np.stack(self.gather(array))


def on_ranks(size, work):
    """Return what `work` returns on each rank."""
    barrier, places, results = threading.Barrier(size, timeout=20), [None] * size, [None] * size

    def run(rank):
        try:
            results[rank] = work(ThreadRanks(rank, places, barrier))
        except LexloomError as error:
            results[rank] = error

    threads = [threading.Thread(target=run, args=[rank]) for rank in range(size)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    return results


class Stored:
    """A model whose gradients are given: those of part k are batch[k]."""

    def __init__(self, table, matrix):
        self.table, self.matrix = Parameter("table", table), Parameter("matrix", matrix)

    def parameters(self):
        return [self.table, self.matrix]

    def predictions(self, batch):
        return batch[0]

    def loss(self, batch, carry=None, rng=None):
        return float(rng.random()), (carry or 0) + 1, batch

    def backward(self, cache):
        _, rows, values, matrix = cache
        self.table.add_grad(RowGrad(rows.copy(), values.copy()))
        self.matrix.add_grad(matrix.copy())


NUMBERS = np.array([0.0, -0.0, 1e-8, 0.1, -0.3, 7.7, 1e8], np.float32)


@given(st.integers(0, 2**32 - 1), st.sampled_from([4, 8]))
@settings(max_examples=15, deadline=None)
def test_ranks_have_the_gradients_of_one_process_to_the_bit(seed, parts):
    rng = np.random.default_rng(seed)
    batch = [
        (
            int(rng.integers(0, 4)),
            rng.integers(0, 9, k),
            rng.choice(NUMBERS, (k, 3)),
            rng.choice(NUMBERS, (5, 3)),
        )
        for k in rng.integers(0, 7, parts)
    ]

    def work(ranks):
        model = Stored(np.zeros((9, 3), np.float32), np.zeros((5, 3), np.float32))
        split = InParts(model, parts, ranks)
        loss, carry, cache = split.loss(batch, [*range(parts)], np.random.default_rng(seed))
        split.backward(cache)
        grad = model.table.grad
        return loss, carry, grad.rows.tolist(), grad.values.tobytes(), model.matrix.grad.tobytes()

    (alone,) = on_ranks(1, work)
    assert alone[1] == [number + 1 for number in range(parts)]
    assert len(set(alone[2])) == len(alone[2])
    for size in (2, 4):
        assert on_ranks(size, work) == [alone] * size


def gradients(model, batch):
    loss, _, cache = model.loss(batch)
    model.backward(cache)
    grads = []
    for parameter in model.parameters():
        grad, parameter.grad = parameter.grad, None
        if isinstance(grad, RowGrad):
            dense = np.zeros_like(parameter.data)
            np.add.at(dense, grad.rows, grad.values)
            grad = dense
        grads.append(grad)
    return float(loss), grads


def same(one, other):
    assert one[0] == pytest.approx(other[0], rel=1e-9)
    for left, right in zip(one[1], other[1], strict=True):
        np.testing.assert_allclose(left, right, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("tied", [False, True])
def test_a_language_model_has_the_gradient_of_the_whole_batch(tied):
    shape = {"embedding": 6, "hidden": 6, "layers": 2, "tied": tied}
    model = build_rnnlm(30, np.random.default_rng(1), CPU, dtype=np.float64, **shape)
    batches = Windows(IDS[:33], batch=5, steps=4, before=0)  # the last ones have padding
    for place in range(len(batches)):
        split = gradients(InParts(model, 4), WindowParts(batches, 4)[place])
        same(split, gradients(model, batches[place]))


@pytest.mark.parametrize("kind", [CBOW, SkipGram])
def test_word_vectors_have_the_gradient_of_the_whole_batch(kind):
    model = kind(30, 4, np.random.default_rng(1), CPU, np.float64)
    model.W_out.data[:] = np.random.default_rng(2).normal(size=(30, 4))
    source = ContextBatches(IDS[:50], COUNTS, 2, Word2vec(batch=32, block=8, samples=5, parts=4), 1)
    for parts in source(0):
        side = source.window
        whole = type(parts[0])(
            np.concatenate([parts[0].ids[:side], *(p.ids[side:-side] for p in parts), parts[3].ids[-side:]]),
            np.concatenate([p.radii for p in parts]),
            np.concatenate([p.samples for p in parts]),
        )
        same(gradients(InParts(model, 4), parts), gradients(model, whole))


@pytest.mark.parametrize("samples", [None, 1, 5])
def test_a_training_ends_with_the_same_bytes_on_any_number_of_ranks(samples):
    chosen = Rnnlm(
        embedding=8, hidden=8, batch=4, parts=4, steps=5, epochs=2, dropout=0.3, word_dropout=0.1,
        weight_drop=0.2, locked_dropout=True, activation_penalty=1.0, change_penalty=1.0, clip=0.5,
        vary_steps=True, samples=samples,
    )  # fmt: skip
    ids = IDS[:101]  # the last stream has padding only, in the end

    def work(ranks):
        model = new_model(chosen, COUNTS, 0, 1, CPU)
        trainer = new_trainer(chosen, model, 1, ranks)
        history = trainer.fit(2, partial(windows, chosen, model, ids, 1), [Agreement(ranks)])
        return history, [parameter.data.tobytes() for parameter in model.parameters()]

    (alone,) = on_ranks(1, work)
    for size in (2, 4):
        assert on_ranks(size, work) == [alone] * size


def test_ranks_that_cannot_share_the_parts_are_refused():
    (error, *_) = on_ranks(2, lambda ranks: InParts(Stored(None, None), 1, ranks))
    assert isinstance(error, LexloomError)
    assert "parts: 1, which 2 processes cannot share" in str(error)


def test_ranks_with_other_weights_end_the_training():
    def work(ranks):
        trainer = new_trainer(
            Rnnlm(batch=4, parts=2), build_rnnlm(30, np.random.default_rng(ranks.rank), CPU), 1
        )
        Agreement(ranks).after_epoch(trainer, {"epoch": 3})

    (error, *_) = on_ranks(2, work)
    assert "rank 1" in str(error)
    assert "after epoch 3; run all on processors of the same kind" in str(error)


@pytest.mark.parametrize(
    ("group", "values"),
    [
        (Rnnlm, {"parts": 3}),
        (Rnnlm, {"batch": 10, "parts": 16}),
        (Word2vec, {"batch": 64, "block": 32, "parts": 4}),
    ],
)
def test_parts_are_a_power_of_two_and_none_is_empty(group, values):
    with pytest.raises(ValueError, match="parts"):
        group(**values)
