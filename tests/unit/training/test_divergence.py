"""A training that diverged is an error, whatever diverged."""

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import NO_WORD
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm_training import measures, new_model, new_trainer, windows
from lexloom.settings.base import Optimizer
from lexloom.settings.mistakes import checked
from lexloom.settings.rnnlm import Cell, Rnnlm
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.divergence import loss_limits
from lexloom.vectors.train import Learned
from lexloom.vectors.word2vec_training import Training

V = 20  # and a word that does not occur
IDS = np.random.default_rng(0).zipf(1.5, 300).clip(max=V).astype(np.int32) - 1
COUNTS = np.bincount(IDS, minlength=V + 1)
TINY = {"epochs": 2, "batch": 5}


def language_model(cell, valid=IDS[:200], **options):
    """Train, and return the history and the loss of the kept model on the text it was trained on."""
    settings = checked(Rnnlm, {"cell": cell, "embedding": 8, "hidden": 8, "steps": 10, **TINY, **options})
    model = new_model(settings, COUNTS, NO_WORD, 1, get_backend())
    batches = lambda epoch: windows(settings, model, IDS, 1, epoch)  # noqa: E731
    callbacks = measures(settings, model, valid) if valid is not None else []
    history = new_trainer(settings, model, 1).fit(settings.epochs, batches, callbacks)
    return history, -model.log_probabilities(IDS).mean(), model.loss_limits


def vectors(model, callbacks=(), **options):
    settings = checked(Learned, {"model": model, "dimension": 8, "block": 5, "samples": 5, **TINY, **options})
    words = list(map(str, range(V + 1)))
    training = Training(settings, IDS, words, COUNTS, settings.window, 1, get_backend(), Tokenizer())
    history = training.trainer.fit(settings.epochs, training.batches, callbacks)
    assert np.isfinite(training.vectors()).all()
    last = training.batches(settings.epochs - 1)
    loss = np.mean([training.trainer.model.loss(batch)[0] for batch in last])
    return history, loss, training.trainer.limits


TRAININGS = {
    **{
        f"{cell} by {name}": (language_model, cell, name)
        for cell in get_args(Cell)
        for name in get_args(Optimizer)
    },
    **{
        f"{model} by {name}": (vectors, model, name)
        for model in ("cbow", "skip-gram")
        for name in get_args(Optimizer)
    },
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", TRAININGS)
def test_the_largest_learning_rate_diverges_and_says_what_to_lower(name):
    train, model, optimizer = TRAININGS[name]
    with pytest.raises(LexloomError, match=r"^training: .*; lower learning_rate \(1000.0\), or set clip .*$"):
        train(model, optimizer=optimizer, learning_rate=1000.0)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@given(name=st.sampled_from(sorted(TRAININGS)), clip=st.sampled_from([0.25, None]), exponent=st.floats(-3, 3))
def test_a_training_ends_with_finite_numbers_and_more_than_nothing_or_as_an_error(name, clip, exponent):
    train, model, optimizer = TRAININGS[name]
    options = {"clip": clip} if train is language_model else {}
    try:
        history, loss, limits = train(model, optimizer=optimizer, learning_rate=10**exponent, **options)
    except LexloomError as error:
        message = str(error)
        assert "lower learning_rate" in message
        assert exponent > -1, message
        return
    assert all(math.isfinite(value) for record in history for value in record.values())
    assert loss < limits.end + 1


def test_a_training_that_diverged_keeps_no_state_from_which_it_would_fail_again(tmp_path):
    with (
        pytest.raises(LexloomError, match="the loss at the end is"),
        Checkpoint(tmp_path / "v.h5", keep_finished=True) as checkpoint,
    ):
        vectors("cbow", [checkpoint], optimizer="adam", learning_rate=3.0)
    assert list(tmp_path.iterdir()) == []


def test_a_valid_text_has_the_limit_of_the_model():
    model = new_model(checked(Rnnlm, {"cell": "rnn", **TINY}), COUNTS, NO_WORD, 1, get_backend())
    validation, _ = measures(checked(Rnnlm, TINY), model, IDS)
    assert validation.limit == pytest.approx(math.exp(model.loss_limits.ever))


def test_a_text_of_other_words_is_no_divergence():
    """The valid perplexity may be far above the size of the vocabulary though the training is sound."""
    history, *_ = language_model("lstm", valid=np.full(50, V), learning_rate=0.3, epochs=60)
    assert history[-1]["valid_perplexity"] > 1000 * V


@pytest.mark.parametrize("model", ["cbow", "skip-gram"])
@pytest.mark.parametrize("dimension", [8, 500, 5000])
@pytest.mark.parametrize("epochs", [1, 2, 4])
def test_a_few_large_updates_are_no_divergence(model, dimension, epochs):
    vectors(model, dimension=dimension, epochs=epochs, batch=1024, block=64, samples=64)


def test_the_limits_are_a_thousand_times_the_size_of_the_vocabulary_and_its_tenth_power():
    limits = loss_limits(math.log(50))
    assert math.exp(limits.end) == pytest.approx(1000 * 50)
    assert limits.ever == 10 * limits.end
