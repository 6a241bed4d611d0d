"""What comes later in a text changes no score of what comes before, whatever scores it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import NO_WORD, word_before_text
from lexloom.kernels.backend import get_backend
from lexloom.language import dynamic_evaluation, neural_cache
from lexloom.language.gradient_lags import lag_norms
from lexloom.language.ngram import NGramLM, count_ngrams
from lexloom.language.rnnlm import build_rnnlm
from lexloom.language.train import METHODS, train_language_model
from lexloom.language.trained import LanguageModel
from lexloom.nn.recurrent import CELLS
from lexloom.training.randomness import random_stream

V = 5
TRAIN = np.random.default_rng(0).integers(0, V, 80)
ENDS = (0, NO_WORD)
LEARNING = dynamic_evaluation.Learning(0.05, 0.01, steps=3)
CACHE = neural_cache.NeuralCache(window=4, theta=2.0)


def rnn(end, cell="lstm", **options):
    """Return a model whose scores are far from alike."""
    options = {"embedding": 4, "hidden": 4, "dtype": np.float64, **options}
    model = build_rnnlm(V, random_stream(3, "init"), get_backend(), cell=cell, before=end, **options)
    for parameter in model.parameters():
        parameter.data *= 4
    return model


def ngram(end):
    return NGramLM(count_ngrams(TRAIN, V, 3, end), end)


def dynamic(end):
    model = rnn(end)
    rms = dynamic_evaluation.gradient_rms(model, TRAIN, LEARNING.steps)
    return lambda ids: dynamic_evaluation.log_probabilities(model, ids, rms, LEARNING)


def cache(end):
    model = rnn(end)
    return lambda ids: neural_cache.log_probabilities(model, ids, CACHE, weight=0.4, steps=3)


PLAIN = {
    **{cell: lambda end, cell=cell: rnn(end, cell) for cell in CELLS},
    "tied": lambda end: rnn(end, layers=2, tied=True),
    "sampled": lambda end: rnn(end, inclusion=np.full(V, 0.5)),
    "ngram": ngram,
}
WAYS = {
    **{name: lambda end, build=build: build(end).log_probabilities for name, build in PLAIN.items()},
    "windows of two words": lambda end: lambda ids: rnn(end).log_probabilities(ids, steps=2),
    "cache": cache,
    "dynamic": dynamic,
}
TEXTS = st.lists(st.integers(0, V - 1), min_size=1, max_size=12).map(lambda ids: np.array(ids, np.int32))


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("way", WAYS)
@given(text=TEXTS, one=TEXTS, other=TEXTS)
def test_no_score_depends_on_what_follows(way, end, text, one, other):
    score = WAYS[way](end)
    alone = score(text)
    for later in (one, other):
        longer = score(np.concatenate([text, later]))
        np.testing.assert_allclose(longer[: len(text)], alone, rtol=1e-9)


@pytest.mark.parametrize("end", ENDS)
@pytest.mark.parametrize("model", PLAIN)
@given(text=TEXTS)
def test_the_score_of_a_text_is_the_product_of_what_is_predicted_word_by_word(model, end, text):
    model, carry, known, expected = PLAIN[model](end), None, text[:0], []
    for word in text:
        scores, carry = model.next_scores(known, carry)
        expected.append(scores[word] - np.log(np.exp(scores).sum()))
        known = np.array([word])
    np.testing.assert_allclose(model.log_probabilities(text), expected, rtol=1e-9)


@pytest.mark.parametrize("end", ENDS)
def test_training_begins_a_text_as_scoring_does(end):
    model = rnn(end)
    (window,) = model.windows(TRAIN, batch=1, steps=len(TRAIN))
    losses, _, _ = model.token_losses(window)
    np.testing.assert_allclose(-losses[0], model.log_probabilities(TRAIN), rtol=1e-9)
    inputs, targets = model.windows(TRAIN, batch=4, steps=20)[0]
    np.testing.assert_array_equal(inputs[:, 0], [end, *TRAIN[[19, 39, 59]]])
    np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])


def test_gradients_of_a_word_do_not_depend_on_what_follows():
    model, other = rnn(NO_WORD), np.append(TRAIN[:8], 1)
    np.testing.assert_allclose(lag_norms(model, TRAIN[:9], 7), lag_norms(model, other, 7), rtol=1e-9)


def test_no_word_has_a_vector_of_zeros_that_is_not_trained():
    model = rnn(NO_WORD)
    _, _, cache = model.loss(model.windows(np.array([3, 3]), steps=2)[0])
    model.backward(cache)
    assert model.embedding.W.grad.rows.tolist() == [3]


SENTENCES = ["the cat sleeps", "a dog runs", "the dog sleeps"] * 4


@pytest.mark.parametrize("end", ["<eos>", None])
@pytest.mark.parametrize("method", METHODS)
def test_lines_are_scored_without_knowledge_of_the_lines_that_follow(method, end, tmp_path):
    sizes = {"order": 3} if method == "ngram" else {"embedding": 4, "hidden": 4, "epochs": 1}
    model = train_language_model(SENTENCES, method, tokenizer=Tokenizer(sentence_end=end), **sizes)
    path = tmp_path / "text.txt"
    path.write_text("cat\n", encoding="utf-8")
    (alone,) = model.score(path)
    for later in ("dog", "the", "the dog runs"):
        path.write_text(f"cat\n{later}\n", encoding="utf-8")
        for first, _ in (model.score(path), model.score(f"cat\n{later}")):
            np.testing.assert_allclose(first.log_probabilities, alone.log_probabilities, rtol=1e-6)


def test_the_first_line_is_scored_as_one_after_a_sentence_end():
    first, later = train_language_model(SENTENCES, "ngram", order=3).score("the cat sleeps\n" * 2)
    np.testing.assert_array_equal(first.log_probabilities, later.log_probabilities)


def test_a_text_begins_after_a_sentence_end_or_after_no_word():
    assert word_before_text(["the", "cat", "<eos>"], "<eos>") == 2
    assert word_before_text(["the", "cat"], None) == NO_WORD


@pytest.mark.parametrize("build", [rnn, ngram])
def test_text_is_generated_from_nothing_where_there_are_no_sentence_ends(build):
    model = LanguageModel(build(NO_WORD), list("abcde"), Tokenizer(sentence_end=None))
    assert len(list(model.generate(tokens=5))) == 5
