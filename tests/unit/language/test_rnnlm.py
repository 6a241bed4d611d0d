import math

import numpy as np
import pytest
from fake_device import FAKE

from lexloom.errors import ArtifactError, LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm, perplexity, rnnlm_from_artifact
from lexloom.nn.gradient_check import check_model
from lexloom.nn.recurrent import CELLS
from lexloom.storage.artifacts import Artifact
from lexloom.training.batches import PADDING
from lexloom.training.optimizers import SGD
from lexloom.training.randomness import random_stream
from lexloom.training.trainer import Trainer

CPU = get_backend("cpu")
BATCH = (np.array([[1, 2, 1], [0, 3, 3]]), np.array([[2, 1, 4], [3, 3, PADDING]]))


def small_model(backend=CPU, dtype=np.float64, **options):
    options = {"cell": "lstm", "embedding": 4, "hidden": 4, **options}
    return build_rnnlm(5, random_stream(3, "init"), backend, dtype=dtype, **options)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
def test_gradients_with_repeated_ids_padding_and_a_carried_state(cell, tied, layers):
    model = small_model(cell=cell, tied=tied, layers=layers)
    _, carry, _ = model.loss(BATCH)
    check_model(model, BATCH, carry)


def test_gradients_with_dropout():
    check_model(small_model(dropout=0.5), BATCH, seed=1)


SOME = np.array([0.2, 1, 0.5, 0.3, 0.4])
ALL = {"dropout": 0.2, "input_dropout": 0.4, "output_dropout": 0.5, "word_dropout": 0.3, "weight_drop": 0.4}


@pytest.mark.parametrize("tied", [False, True])
def test_gradients_with_sampled_words(tied):
    check_model(small_model(tied=tied, dropout=0.5, inclusion=SOME), BATCH, seed=1)


@pytest.mark.parametrize("locked", [False, True])
def test_gradients_with_all_dropout_rates(locked):
    model = small_model(layers=2, tied=True, locked_dropout=locked, **ALL)
    _, carry, _ = model.loss(BATCH)
    check_model(model, BATCH, carry, seed=1)


@pytest.mark.parametrize("name", ALL)
def test_each_rate_changes_training_but_not_evaluation(name):
    plain, dropping = small_model(layers=2), small_model(layers=2, **{name: 0.5})
    rng = np.random.default_rng(0)
    assert plain.loss(BATCH)[0] == dropping.loss(BATCH)[0]
    assert plain.loss(BATCH, rng=rng)[0] != dropping.loss(BATCH, rng=rng)[0]


def test_sampling_words_changes_training_but_not_evaluation():
    plain, sampled = small_model(), small_model(inclusion=SOME)
    ids, rng = np.arange(5), np.random.default_rng(0)
    assert plain.loss(BATCH)[0] == sampled.loss(BATCH)[0]
    assert plain.loss(BATCH, rng=rng)[0] != sampled.loss(BATCH, rng=rng)[0]
    np.testing.assert_array_equal(plain.log_probabilities(ids), sampled.log_probabilities(ids))


def test_separate_rates_before_and_after_the_recurrent_layers():
    def losses(**options):
        return small_model(**options).loss(BATCH, rng=np.random.default_rng(0))[0]

    assert losses(dropout=0.3) == losses(dropout=0.3, input_dropout=0.3, output_dropout=0.3)
    assert losses(layers=1, dropout=0.3, input_dropout=0, output_dropout=0) == losses(layers=1)
    assert losses(layers=2, dropout=0.3, input_dropout=0, output_dropout=0) != losses(layers=2)


class Penalized:
    """A model whose loss includes the penalties, by their formulas."""

    def __init__(self, model):
        self.model = model
        self.parameters, self.backward = model.parameters, model.backward

    def loss(self, batch, carry=None, rng=None):
        loss, after, cache = self.model.loss(batch, carry, rng)
        x, _ = self.model.embedding.forward(batch[0])
        for layer, state in zip(self.model.recurrent, carry, strict=True):
            (x, _), _ = layer.forward(x, state)
        change = np.mean((x[:, 1:] - x[:, :-1]) ** 2)
        return loss + 2 * np.mean(x**2) + 3 * change, after, cache


def test_gradients_include_penalties_that_are_not_in_the_loss():
    model = small_model(layers=2, activation_penalty=2.0, change_penalty=3.0)
    loss, carry, _ = model.loss(BATCH)
    assert loss == small_model(layers=2).loss(BATCH)[0]
    check_model(Penalized(model), BATCH, carry)


def test_a_plain_rnn_starts_with_larger_input_and_smaller_recurrent_weights():
    model = build_rnnlm(50, np.random.default_rng(0), CPU, cell="rnn", layers=2, embedding=40, hidden=40)
    first, second = model.recurrent
    spread = [weight.data.std() * 40**0.5 for weight in (first.Wx, first.Wh, second.Wx, second.Wh)]
    np.testing.assert_allclose(spread, [5, 0.5, 1, 0.5], rtol=0.1)


def test_a_tied_table_is_one_parameter():
    tied, free = small_model(tied=True), small_model(tied=False)
    assert len(tied.parameters()) == len(free.parameters()) - 1
    with pytest.raises(LexloomError, match=r"tied: embedding and hidden are 4 and 3"):
        small_model(tied=True, hidden=3)


@pytest.mark.parametrize("layers", [2, 3])
def test_the_last_layer_of_a_tied_model_has_the_size_of_the_embedding(layers):
    model = small_model(tied=True, layers=layers, embedding=4, hidden=3)
    sizes = [layer.Wh.data.shape[0] for layer in model.recurrent]
    assert sizes == [3] * (layers - 1) + [4]
    check_model(model, BATCH)
    assert [layer.Wh.data.shape[0] for layer in small_model(layers=2, hidden=3).recurrent] == [3, 3]


def test_perplexity_by_hand():
    model = small_model()
    ids = np.array([1, 4, 0, 2, 2])
    product, carry = 1.0, None
    for known, word in zip([[], [1], [4], [0], [2]], ids, strict=True):
        scores, carry = model.next_scores(np.array(known), carry)
        p = np.exp(scores) / np.exp(scores).sum()
        product *= p[word]
    assert perplexity(model, ids) == pytest.approx(product ** (-1 / 5), rel=1e-12)


@pytest.mark.parametrize("steps", [1, 3, 50])
def test_perplexity_does_not_depend_on_how_many_tokens_are_read_at_once(steps):
    model = small_model(cell="gru", layers=2)
    ids = np.random.default_rng(0).integers(0, 5, 40)
    assert perplexity(model, ids, steps) == pytest.approx(perplexity(model, ids), rel=1e-12)


def test_perplexity_in_single_precision_is_nearly_independent_of_steps():
    model = small_model(dtype=np.float32, layers=2)
    ids = np.random.default_rng(0).integers(0, 5, 3000)
    perplexities = [perplexity(model, ids, steps) for steps in (1, 35, 500)]
    np.testing.assert_allclose(perplexities, perplexities[0], rtol=1e-6)


def test_perplexity_of_a_uniform_model_is_the_size_of_the_vocabulary():
    model = small_model()
    for parameter in model.parameters():
        parameter.data[...] = 0
    assert perplexity(model, np.arange(5)) == pytest.approx(5)


@pytest.mark.parametrize(("score", "expected"), [(1e4, math.inf), (np.nan, math.nan)])
def test_perplexity_of_infinite_and_undefined_losses(score, expected):
    model = small_model()
    model.output.b.data[1] = score
    assert perplexity(model, np.array([0, 2])) == pytest.approx(expected, nan_ok=True)


def test_evaluation_does_not_disturb_training():
    ids = np.random.default_rng(0).integers(0, 5, 60)

    def trained(evaluate):
        model = small_model(dropout=0.3)
        trainer = Trainer(model, SGD(), 0.5, rng=random_stream(1, "dropout"))
        carry = None
        for window in model.windows(ids, 2, 5):
            _, carry = trainer.step(window, carry, 0.5)
            if evaluate:
                perplexity(model, ids)
        return [parameter.data for parameter in model.parameters()]

    for plain, evaluated in zip(trained(False), trained(True), strict=True):
        np.testing.assert_array_equal(plain, evaluated)


@pytest.mark.parametrize("cell", CELLS)
def test_a_model_on_a_device_equals_the_one_on_the_host(cell):
    losses = []
    for backend in (CPU, FAKE):
        penalties = {"activation_penalty": 2.0, "change_penalty": 1.0}
        model = small_model(
            backend, cell=cell, layers=2, tied=True, inclusion=SOME, locked_dropout=True, **ALL, **penalties
        )
        trainer = Trainer(model, SGD(), 0.5, clip=0.2, rng=random_stream(1, "dropout"))
        losses.append([record["loss"] for record in trainer.fit(2, lambda epoch: [BATCH, BATCH])])
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_training_learns_a_text_with_memory():
    ids = np.tile([0, 1, 2, 0, 3, 4], 100)  # what follows 0 depends on the word before it
    model = small_model(dtype=np.float32, hidden=16)
    Trainer(model, SGD(), 2.0, clip=1.0).fit(30, lambda epoch: model.windows(ids, 4, 12))
    assert perplexity(model, ids) < 1.1


def stored(model, changed=None, **settings):
    """Return the artifact of a small model of one layer, with some arrays changed."""
    settings = {"layers": 1, "embedding": 4, "hidden": 4, "tokenizer": {"sentence_end": "c"}, **settings}
    datasets = {parameter.name: parameter.data for parameter in model.parameters()} | {"words": list("abcde")}
    return Artifact("rnnlm", datasets | (changed or {}), settings)


def test_a_stored_model_equals_the_original():
    model = small_model(tied=True, dtype=np.float32, before=2)
    restored = rnnlm_from_artifact(stored(model, cell="lstm", tied=True), CPU)
    ids = np.arange(5)
    assert perplexity(restored, ids) == perplexity(model, ids)
    assert math.isfinite(perplexity(model, ids))


@pytest.mark.parametrize("cell", CELLS)
def test_a_stored_model_whose_arrays_have_other_shapes_or_types_is_refused(cell):
    model = small_model(cell=cell, dtype=np.float32)
    for parameter in model.parameters():
        name, data = parameter.name, parameter.data
        for other in (data[:-1], data[..., :-1], data[None], data.astype(np.float64)):
            artifact = stored(model, {name: other}, cell=cell, tied=False)
            with pytest.raises(ArtifactError, match=r"has shape .*, expected "):
                rnnlm_from_artifact(artifact, CPU)
