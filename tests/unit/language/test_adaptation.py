"""Trained language models that adapt: by a neural cache, by learning what they read."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.dynamic_evaluation import Learning, fit_learning, gradient_rms
from lexloom.language.dynamic_evaluation import log_probabilities as dynamic_log_probabilities
from lexloom.language.neural_cache import NeuralCache, cache_log_probabilities, fit_cache, log_probabilities
from lexloom.language.rnnlm import build_rnnlm
from lexloom.training.randomness import random_stream

WORDS = 7
IDS = np.random.default_rng(0).integers(0, WORDS, 60)
CACHES = [NeuralCache(window, theta) for window in (1, 4, 100) for theta in (0.0, 3.0)]


def model_of(cell="lstm", dtype=np.float64, scale=4.0, **options):
    """Return a model whose scores are not all alike."""
    options = {"embedding": 5, "hidden": 5, **options}
    model = build_rnnlm(
        WORDS, random_stream(3, "init"), get_backend("cpu"), cell=cell, dtype=dtype, **options
    )
    for parameter in model.parameters():
        parameter.data *= scale
    return model


def by_hand(model, ids, cache):
    """Return the probabilities (L, V) of all words by a cache alone, from its formula, word by word."""
    states = np.concatenate([x for x, _, _ in model.stream(ids)])
    p = np.zeros((len(ids), WORDS))
    for t in range(1, len(ids)):
        for i in range(max(0, t - cache.window), t):
            p[t, ids[i]] += np.exp(cache.theta * states[t] @ states[i])
    return p / np.maximum(p.sum(axis=1, keepdims=True), 1e-300)


@pytest.mark.parametrize("cache", CACHES)
def test_a_cache_is_what_its_formula_says(cache):
    model = model_of()
    _, (cached,) = cache_log_probabilities(model, IDS, [cache])
    expected = by_hand(model, IDS, cache)[np.arange(len(IDS)), IDS]
    np.testing.assert_allclose(np.exp(cached[1:]), expected[1:], rtol=1e-10)


@given(st.integers(1, 70), st.integers(1, 5))
def test_a_cache_does_not_depend_on_how_many_words_are_read_at_once(steps, caches):
    model = model_of()
    plain, cached = cache_log_probabilities(model, IDS, CACHES[:caches])
    other, others = cache_log_probabilities(model, IDS, CACHES[:caches], steps)
    np.testing.assert_allclose(other, plain, rtol=1e-10)
    np.testing.assert_allclose(others, cached, rtol=1e-10)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_probabilities_of_all_words_have_the_sum_1(dtype):
    """The last word of a text but one is each word in turn; the last one, which is read first, stays."""
    model, cache = model_of(dtype=dtype), NeuralCache(20, 2.0)
    for length in (0, 1, 40):
        texts = [np.append(IDS[:length], [word, 3]) for word in range(WORDS)]
        p = np.exp([log_probabilities(model, text, cache, 0.4)[-2] for text in texts])
        assert p.sum() == pytest.approx(1, rel=1e-5 if dtype == np.float32 else 1e-12)


def test_a_cache_of_weight_0_is_the_model_and_speaks_not_at_the_first_word():
    model = model_of()
    plain = model.log_probabilities(IDS)
    cache = NeuralCache(10, 1.0)
    np.testing.assert_allclose(log_probabilities(model, IDS, cache, 0.0), plain, rtol=1e-12)
    assert log_probabilities(model, IDS, cache, 0.9)[0] == pytest.approx(plain[0])


def test_the_best_cache_is_chosen_with_the_best_weight():
    """A text that repeats the last word but one: to remember two words is best."""
    ids = np.tile([2, 5], 200)
    fitted = fit_cache(model_of(), ids, CACHES)
    reached = fitted.log_probabilities.mean()
    for cache in CACHES:
        for weight in (0.1, 0.5, 0.9):
            assert log_probabilities(model_of(), ids, cache, weight).mean() <= reached + 1e-6
    np.testing.assert_array_equal(
        log_probabilities(model_of(), ids, fitted.cache, fitted.weight), fitted.log_probabilities
    )


def test_states_far_apart_overflow_nothing():
    model = model_of(dtype=np.float32)
    values = log_probabilities(model, IDS, NeuralCache(50, 1000.0), 0.3)
    assert np.isfinite(values).all()


RATE, DECAY, STEPS = 0.5, 0.1, 7


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("decay", [0.0, 1.0])
def test_dynamic_evaluation_at_rate_0_is_the_model(tied, decay):
    model = model_of(tied=tied)
    rms = gradient_rms(model, IDS, STEPS)
    values = dynamic_log_probabilities(model, IDS, rms, Learning(0.0, decay, STEPS))
    np.testing.assert_allclose(values, model.log_probabilities(IDS), rtol=1e-10)


def gradients_of(model, ids):
    """Yield the losses of each window, and the dense gradients of each parameter after it."""
    carry = None
    for window in model.windows(ids, steps=STEPS):
        _, after, cache = model.loss(window, carry)
        losses, carry, _ = model.token_losses(window, carry)
        np.testing.assert_array_equal(np.array(after), np.array(carry))
        model.backward(cache)
        yield losses[0], {parameter.name: parameter.grad for parameter in model.parameters()}
        for parameter in model.parameters():
            parameter.grad = None


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_dynamic_evaluation_is_what_its_formula_says(cell):
    model = model_of(cell, tied=True, scale=2.0)
    squares = [{name: g**2 for name, g in gradients.items()} for _, gradients in gradients_of(model, IDS)]
    r = {name: np.sqrt(np.mean([each[name] for each in squares], axis=0)) for name in squares[0]}
    rms = gradient_rms(model, IDS, STEPS)
    for name, values in r.items():
        np.testing.assert_allclose(rms[name], values, rtol=1e-10)
    mean = np.concatenate([values.ravel() for values in r.values()]).mean()
    moving, trained = model_of(cell, tied=True, scale=2.0), model.parameters()
    expected = []
    for losses, gradients in gradients_of(moving, IDS):
        expected.append(-losses)
        for parameter, start in zip(moving.parameters(), trained, strict=True):
            name, w = parameter.name, parameter.data
            back = np.minimum(1, DECAY * r[name] / mean) * (start.data - w)
            parameter.data = w - RATE * gradients[name] / (r[name] + 3 * mean) + back
    values = dynamic_log_probabilities(model, IDS, rms, Learning(RATE, DECAY, STEPS))
    np.testing.assert_allclose(values, np.concatenate(expected), rtol=1e-9)
    assert np.abs(values - model.log_probabilities(IDS)).max() > 0.01


def test_dynamic_evaluation_leaves_the_model_as_it_is():
    model = model_of(tied=False)
    before = [parameter.data.copy() for parameter in model.parameters()]
    dynamic_log_probabilities(model, IDS, gradient_rms(model, IDS, 5), Learning(1.0, 0.0, 5))
    for parameter, data in zip(model.parameters(), before, strict=True):
        np.testing.assert_array_equal(parameter.data, data)
        assert parameter.grad is None


def test_a_model_learns_a_text_that_repeats_and_the_best_way_is_taken():
    model, ids = model_of(scale=1.0), np.tile([2, 5, 3], 60)
    rms = gradient_rms(model, ids, 5)
    candidates = {"learning_rate": [0.0, 0.05, 0.2], "decay": [0.0, 1.0]}
    learning = fit_learning(model, ids, rms, candidates, 5)
    assert learning == Learning(0.2, 0.0, 5)
    values = dynamic_log_probabilities(model, ids, rms, learning)
    assert values[-30:].mean() > model.log_probabilities(ids)[-30:].mean() + 0.5


def test_a_word_outside_the_cache_stays_possible_where_the_cache_was_always_right(monkeypatch):
    monkeypatch.setattr("lexloom.language.neural_cache.mixture_weights", lambda values: np.array([0.0, 1.0]))
    model = model_of()
    fitted = fit_cache(model, np.zeros(50, np.int32), CACHES)
    values = log_probabilities(model, np.array([0, 0, 3, 0]), fitted.cache, fitted.weight)
    assert np.isfinite(values).all()


def test_a_vocabulary_of_one_word_adapts():
    model = build_rnnlm(1, random_stream(3, "init"), get_backend(), embedding=4, hidden=4)
    ids = np.zeros(9, np.int32)
    rms, candidates = gradient_rms(model, ids, 3), {"learning_rate": [0.1], "decay": [0.1]}
    learning = fit_learning(model, ids, rms, candidates, 3)
    np.testing.assert_array_equal(dynamic_log_probabilities(model, ids, rms, learning), 0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_learning_that_diverges_is_no_choice():
    model = model_of(dtype=np.float32)
    rms = gradient_rms(model, IDS, 5)
    for rate in (1e3, 1e38):
        with pytest.raises(LexloomError, match="dynamic evaluation diverges; add a lower one"):
            dynamic_log_probabilities(model, IDS, rms, Learning(rate, 0.0, 5))
    chosen = fit_learning(model, IDS, rms, {"learning_rate": [1e38, 0.01], "decay": [0.0]}, 5)
    assert chosen.learning_rate == 0.01
    with pytest.raises(LexloomError, match="dynamic evaluation diverges"):
        fit_learning(model, IDS, rms, {"learning_rate": [1e38], "decay": [0.0]}, 5)
