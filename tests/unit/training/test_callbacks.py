"""Progress, validation and keeping the best epoch on a parabola; averaging on a small language model."""

import numpy as np
import pytest
from fake_device import FAKE
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import Interrupted, LexloomError
from lexloom.kernels.backend import backend_of, get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.nn.parameter import Parameter
from lexloom.training.batches import Windows
from lexloom.training.callbacks import AveragedWeights, KeepBest, Report, Ticker, Validation, gets_worse
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.optimizers import SGD
from lexloom.training.trainer import Callback, Trainer


class Parabola:
    """(w - batch)^2 with the gradient 2 (w - batch)."""

    def __init__(self):
        self.w = Parameter("w", np.zeros(1))

    def parameters(self):
        return [self.w]

    def loss(self, batch, carry=None, rng=None):
        difference = self.w.data[0] - batch
        return difference**2, None, difference

    def backward(self, cache):
        self.w.add_grad(np.array([2 * cache]))


def on_parabola(model=None):
    return Trainer(model or Parabola(), SGD(), 0.1)


def test_the_best_epoch_is_kept():
    model, measures = Parabola(), iter([3.0, 1.0, 2.0])
    kept = []

    class Remember(Callback):
        def after_epoch(self, trainer, record):
            kept.append(model.w.data.copy())

    callbacks = [Validation("valid", lambda: next(measures)), KeepBest("valid"), Remember()]
    history = on_parabola(model).fit(3, lambda epoch: [1.0], callbacks)
    assert [record["valid"] for record in history] == [3.0, 1.0, 2.0]
    assert model.w.data == kept[1] != kept[2]


def test_patience_counts_epochs_in_a_row_without_a_better_one():
    measures = iter([5.0, 6.0, 4.0, 4.0, 7.0, 1.0])
    callbacks = [Validation("valid", lambda: next(measures)), KeepBest("valid", patience=2)]
    assert len(on_parabola().fit(6, lambda epoch: [1.0], callbacks)) == 5


def test_patience_does_not_undo_the_stop_of_another_callback():
    measures = iter([1.0, 2.0, 3.0])

    class StopAtTheSecond(Callback):
        def after_epoch(self, trainer, record):
            trainer.stop = record["epoch"] == 2

    callbacks = [
        Validation("valid", lambda: next(measures)),
        StopAtTheSecond(),
        KeepBest("valid", patience=5),
    ]
    assert len(on_parabola().fit(3, lambda epoch: [1.0], callbacks)) == 2


@pytest.mark.parametrize("measure", [np.nan, np.inf, 11.0])
def test_a_measure_that_is_not_finite_or_too_large_stops_with_a_hint(measure):
    callbacks = [Validation("valid", lambda: measure, limit=10.0), KeepBest("valid")]
    with pytest.raises(LexloomError, match=f"valid of epoch 1 is {measure:.4g}; lower learning_rate"):
        on_parabola().fit(2, lambda epoch: [1.0], callbacks)


def test_ticks_and_reports():
    ticks, records = [], []
    on_parabola().fit(
        2, lambda epoch: [1.0, 1.0], [Ticker(lambda steps: ticks.extend([1] * steps)), Report(records.append)]
    )
    assert len(ticks) == 4
    assert [record["epoch"] for record in records] == [1, 2]


WINDOWS = Windows(np.random.default_rng(0).integers(0, 5, 40), batch=2, steps=5, before=0)
MEASURES = [3.0, 2.0, 4.0, 5.0, 1.0, 6.0]
"""With a patience of 1, the third measure triggers averaging, which starts in the fourth epoch."""


class Weights(Callback):
    """Records the weights after each step, and those that callbacks see after each epoch."""

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
    """Train with these measures; return the recorded weights and the final ones."""
    shape = {"embedding": 3, "hidden": 3, "dtype": np.float64}
    model = build_rnnlm(5, np.random.default_rng(1), backend or get_backend(), **shape)
    trainer = Trainer(model, SGD(), 0.5)

    def measure():
        during(trainer)
        return measures[trainer.position.epoch]

    recorded = Weights()
    trainer.fit(len(measures), lambda epoch: WINDOWS, [*before, Validation("v", measure), recorded, *last])
    return recorded, weights(trainer)


def averaged(patience=1):
    return AveragedWeights("v", patience)


@pytest.mark.parametrize("backend", [None, FAKE])
def test_averaging_does_not_change_the_steps_and_epochs_end_with_the_average(backend):
    plain, _ = fit()
    recorded, end = fit(averaged(), backend=backend)
    np.testing.assert_allclose(recorded.by_step, plain.by_step, rtol=1e-12)
    np.testing.assert_allclose(recorded.by_epoch[:3], plain.by_epoch[:3], rtol=1e-12)
    first = 3 * len(WINDOWS)
    for epoch in (3, 4, 5):
        mean = np.mean(plain.by_step[first : (epoch + 1) * len(WINDOWS)], axis=0)
        np.testing.assert_allclose(recorded.by_epoch[epoch], mean, rtol=1e-10)
        assert not np.allclose(recorded.by_epoch[epoch], plain.by_epoch[epoch], rtol=1e-3)
    np.testing.assert_array_equal(end, recorded.by_epoch[-1])


def test_the_best_mean_is_kept():
    recorded, end = fit(averaged(), last=[KeepBest("v")])
    np.testing.assert_array_equal(end, recorded.by_epoch[4])


def first_by_the_paper(values, n):
    """Algorithm 1 with a check after each epoch: return the number of epochs before averaging, or None."""
    logs = []
    for t, v in enumerate(values):
        if t > n and v > min(logs[: t - n]):
            return t + 1
        logs.append(v)
    return None


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.integers(1, 5))
def test_averaging_starts_as_in_the_paper(values, patience):
    begins = [k for k in range(1, len(values) + 1) if gets_worse(values[:k], patience)]
    assert next(iter(begins), None) == first_by_the_paper(values, patience)


@pytest.mark.parametrize("epoch", [2, 3, 4, 5])
def test_a_training_interrupted_in_validation_ends_with_the_same_bits(tmp_path, epoch):
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
    recorded, recorded_end = again(False)
    np.testing.assert_array_equal(recorded.by_epoch, expected.by_epoch[epoch:])
    np.testing.assert_array_equal(recorded_end, end)
