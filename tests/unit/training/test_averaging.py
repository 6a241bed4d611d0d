import numpy as np
import pytest
from fake_device import FAKE
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import Interrupted
from lexloom.kernels.backend import backend_of, get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.training.averaging import AveragedWeights, gets_worse
from lexloom.training.batches import Windows
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.optimizers import SGD
from lexloom.training.trainer import Callback, Trainer
from lexloom.training.validation import KeepBest, Validation

WINDOWS = Windows(np.random.default_rng(0).integers(0, 5, 40), batch=2, steps=5)
MEASURES = [3.0, 2.0, 4.0, 5.0, 1.0, 6.0]
"""With patience 1, the third is the first above one before the last: averaged from the fourth epoch on."""


class Weights(Callback):
    """Notes the weights after each step, and those that a callback sees after each epoch."""

    def __init__(self):
        self.by_step, self.by_epoch = [], []

    def after_step(self, trainer, step, loss):
        self.by_step.append(weights(trainer))

    def after_epoch(self, trainer, record):
        self.by_epoch.append(weights(trainer))


def weights(trainer):
    arrays = [parameter.data for parameter in trainer.model.parameters()]
    return np.concatenate([backend_of(array).to_host(array).ravel() for array in arrays])


def fit(*before, measures=MEASURES, during=lambda trainer: None, last=(), backend=None):
    """Train by the measures given; return the weights noted, and those at the end."""
    shape = {"embedding": 3, "hidden": 3, "dtype": np.float64}
    model = build_rnnlm(5, np.random.default_rng(1), backend or get_backend(), **shape)
    trainer = Trainer(model, SGD(), 0.5)

    def measure():
        during(trainer)
        return measures[trainer.position.epoch]

    noted = Weights()
    trainer.fit(len(measures), lambda epoch: WINDOWS, [*before, Validation("v", measure), noted, *last])
    return noted, weights(trainer)


def averaged(patience=1):
    return AveragedWeights("v", patience)


@pytest.mark.parametrize("backend", [None, FAKE])
def test_training_goes_on_from_the_weights_and_epochs_end_with_their_mean(backend):
    plain, _ = fit()
    found, end = fit(averaged(), backend=backend)
    np.testing.assert_allclose(found.by_step, plain.by_step, rtol=1e-12)
    np.testing.assert_allclose(found.by_epoch[:3], plain.by_epoch[:3], rtol=1e-12)
    first = 3 * len(WINDOWS)
    for epoch in (3, 4, 5):
        mean = np.mean(plain.by_step[first : (epoch + 1) * len(WINDOWS)], axis=0)
        np.testing.assert_allclose(found.by_epoch[epoch], mean, rtol=1e-10)
        assert not np.allclose(found.by_epoch[epoch], plain.by_epoch[epoch], rtol=1e-3)
    np.testing.assert_array_equal(end, found.by_epoch[-1])


def test_the_best_mean_is_kept():
    found, end = fit(averaged(), last=[KeepBest("v")])
    np.testing.assert_array_equal(end, found.by_epoch[4])


def first_by_the_paper(values, n):
    """Algorithm 1 with the epoch as interval: return after how many epochs the mean begins, or nothing."""
    logs = []
    for t, v in enumerate(values):
        if t > n and v > min(logs[: t - n]):
            return t + 1
        logs.append(v)
    return None


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 5))
def test_the_trigger_is_that_of_the_paper(values, patience):
    begins = [k for k in range(1, len(values) + 1) if gets_worse(values[:k], patience)]
    assert next(iter(begins), None) == first_by_the_paper(values, patience)


@pytest.mark.parametrize("epoch", [2, 3, 4, 5])
def test_ended_while_an_epoch_is_measured_it_goes_on_to_the_same_bits(tmp_path, epoch):
    expected, end = fit(averaged(), last=[KeepBest("v")])

    def again(asks):
        with Checkpoint(tmp_path / "lm.h5", minutes=1000) as checkpoint:

            def during(trainer):
                if asks and trainer.position.epoch == epoch:
                    checkpoint.signal = 15
                    checkpoint.end_if_asked(trainer)

            return fit(averaged(), during=during, last=[KeepBest("v"), checkpoint])

    with pytest.raises(Interrupted):
        again(True)
    found, found_end = again(False)
    np.testing.assert_array_equal(found.by_epoch, expected.by_epoch[epoch:])
    np.testing.assert_array_equal(found_end, end)
