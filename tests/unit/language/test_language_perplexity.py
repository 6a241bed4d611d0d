"""Perplexity from the log probabilities of tokens: whole, by band, and of mixtures."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import LexloomError
from lexloom.language.bands import (
    frequency_bands,
    merge_small_bands,
    perplexity_by_band,
    position_bands,
)
from lexloom.language.mixtures import mix, mixture_weights
from lexloom.language.perplexity import perplexity_datasets, perplexity_of_tokens


def random_log_probabilities(models, tokens, seed=0):
    return np.log(np.random.default_rng(seed).uniform(0.001, 1, (models, tokens)))


def test_tokens_are_summed_in_double_precision():
    values = np.full(3_000_000, -0.1, np.float32)
    assert perplexity_of_tokens(values) == pytest.approx(np.exp(float(np.float32(0.1))), rel=1e-12)


@pytest.mark.parametrize(("value", "said"), [(-np.inf, "inf"), (-1e6, "inf"), (np.nan, "nan")])
def test_a_perplexity_that_is_not_finite_is_refused(value, said):
    with pytest.raises(LexloomError, match=f"test: the perplexity is {said}; train the model again"):
        perplexity_datasets({"test": np.array([-1.0, value])}, parameters=1, epochs=1)


def test_words_are_banded_by_how_often_train_has_them():
    counts = np.array([0, 1, 9, 10, 99, 100, 4321])
    bands, names = frequency_bands(np.array([6, 0, 1, 2, 3, 4, 5]), counts)
    assert bands.tolist() == [3, 0, 0, 0, 1, 1, 2]
    assert names == ["1+", "10+", "100+", "1,000+"]


def test_tokens_are_banded_by_their_place_in_the_sentence():
    bands, names = position_bands(np.array([5, 0, 0, 5, 5, 5, 5, 5, 0, 5]), sentence_end=0)
    assert bands.tolist() == [0, 1, 0, 0, 1, 2, 2, 3, 3, 0]
    assert names == ["1", "2", "3-4", "5-8"]
    assert position_bands(np.array([5]), sentence_end=0)[1] == ["1"]


@given(st.lists(st.integers(0, 4), min_size=1, max_size=50))
def test_the_bands_together_are_the_whole(bands):
    values = random_log_probabilities(1, len(bands))[0]
    sizes = np.bincount(bands)
    by_band = perplexity_by_band(values, np.array(bands))
    assert np.isnan(by_band).tolist() == (sizes == 0).tolist()
    whole = np.exp(np.nansum(np.log(by_band) * sizes) / len(bands))
    assert perplexity_of_tokens(values) == pytest.approx(whole, rel=1e-12)


def test_a_mixture_by_hand():
    mixed = mix(np.log([[0.5, 0.1], [0.25, 0.3]]), np.array([0.25, 0.75]))
    np.testing.assert_allclose(np.exp(mixed), [0.25 * 0.5 + 0.75 * 0.25, 0.25 * 0.1 + 0.75 * 0.3], rtol=1e-12)
    assert mix(np.full((2, 1), -2000.0), np.array([0.5, 0.5])) == pytest.approx(-2000)


@given(st.integers(1, 4), st.integers(1, 200), st.integers(0, 10**6))
def test_no_other_weights_are_better_than_those_fitted(models, tokens, seed):
    values = random_log_probabilities(models, tokens, seed)
    weights = mixture_weights(values)
    assert weights.sum() == pytest.approx(1)
    fitted = mix(values, weights).mean()
    for others in (*np.eye(models), *np.random.default_rng(seed).dirichlet(np.ones(models), 20)):
        assert fitted >= mix(values, others * 0.999 + 0.001 / models).mean() - 1e-4


def test_the_weights_are_those_by_which_the_text_was_drawn():
    rng = np.random.default_rng(1)
    models = rng.dirichlet(np.ones(30), 2)
    text = rng.choice(30, 40_000, p=0.7 * models[0] + 0.3 * models[1])
    np.testing.assert_allclose(mixture_weights(np.log(models[:, text])), [0.7, 0.3], atol=0.02)


@given(sizes=st.lists(st.integers(0, 60), min_size=1, max_size=8), least=st.integers(1, 50))
def test_small_bands_are_merged_with_those_beside_them_and_no_token_is_lost(sizes, least):
    bands = np.repeat(np.arange(len(sizes)), sizes)
    merged, names = merge_small_bands(bands, [f"{i}-{i}" for i in range(len(sizes))], least)
    counts = np.bincount(merged, minlength=len(names))
    assert counts.sum() == sum(sizes)
    assert (counts >= least).all() or len(names) == 1
    assert (np.diff(merged) >= 0).all()
    assert names[0].split("-")[0] == "0"
    assert names[-1].split("-")[-1] == str(len(sizes) - 1)


def test_names_of_merged_bands():
    bands = np.array([0, 1, 1, 2, 3, 3])
    assert merge_small_bands(bands, ["1", "2", "3-4", "5-8"], 2)[1] == ["1-2", "3-8"]
    assert merge_small_bands(bands, ["1+", "10+", "100+", "1,000+"], 3)[1] == ["1+", "100+"]
