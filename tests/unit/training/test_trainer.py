import numpy as np
import pytest
from fake_device import FAKE

from lexloom.errors import LexloomError
from lexloom.nn.parameter import Parameter
from lexloom.training.callbacks import Ticker
from lexloom.training.divergence import LossLimits
from lexloom.training.optimizers import SGD
from lexloom.training.schedules import linear
from lexloom.training.trainer import Callback, Position, Trainer


class Parabola:
    """(w - batch)^2; the carry counts the batches of the epoch."""

    def __init__(self, start=0.0):
        self.w = Parameter("w", np.array([start]))
        self.carries = []

    def parameters(self):
        return [self.w]

    def loss(self, batch, carry=None, rng=None):
        self.carries.append(carry)
        difference = self.w.data[0] - batch
        return difference**2, (carry or 0) + 1, difference

    def backward(self, cache):
        self.w.add_grad(np.array([2 * cache]))


def trainer(model=None, learning_rate=0.1, **options):
    return Trainer(model or Parabola(), SGD(), learning_rate, **options)


def test_fit_equals_a_plain_loop():
    ours = Parabola()
    history = trainer(ours).fit(3, lambda epoch: [1.0, 2.0])
    w, losses = 0.0, []
    for _ in range(3):
        for batch in (1.0, 2.0):
            losses.append((w - batch) ** 2)
            w -= 0.1 * 2 * (w - batch)
    assert ours.w.data[0] == pytest.approx(w, rel=1e-12)
    assert [record["loss"] for record in history] == pytest.approx(np.reshape(losses, (3, 2)).mean(axis=1))
    assert [record["epoch"] for record in history] == [1, 2, 3]


def test_before_epoch_is_not_called_when_training_resumes_within_an_epoch():
    class Begins(Callback):
        def __init__(self, start):
            self.start, self.positions = start, []

        def before_fit(self, trainer):
            trainer.position = self.start

        def before_epoch(self, trainer):
            self.positions.append((trainer.position.epoch, trainer.position.steps))

    for start, expected in (
        (Position(), [(0, 0), (1, 2), (2, 4)]),
        (Position(epoch=1, step=1, steps=3), [(2, 4)]),
    ):
        begins = Begins(start)
        trainer().fit(3, lambda epoch: [1.0, 2.0], [begins])
        assert begins.positions == expected


def test_a_batch_weight_scales_the_update_of_its_batch():
    ours, plain = Parabola(), Parabola()
    history = trainer(ours, batch_weight=lambda batch: batch / 4).fit(1, lambda epoch: [1.0, 2.0])
    for batch in (1.0, 2.0):
        trainer(plain, learning_rate=0.1 * batch / 4).fit(1, lambda epoch, batch=batch: [batch])
    assert ours.w.data[0] == pytest.approx(plain.w.data[0], rel=1e-12)
    assert history[0]["learning_rate"] == 0.1


def test_the_carry_is_passed_on_within_an_epoch():
    model = Parabola()
    trainer(model).fit(2, lambda epoch: [1.0, 1.0, 1.0])
    assert model.carries == [None, 1, 2, None, 1, 2]


def test_the_schedule_runs_over_all_steps_of_all_epochs():
    rates = []

    class Spy(SGD):
        def step(self, parameters, learning_rate, scale=None):
            rates.append(learning_rate)
            super().step(parameters, learning_rate, scale)

    history = Trainer(Parabola(), Spy(), 0.1, schedule=linear).fit(2, lambda epoch: [1.0, 1.0])
    assert rates == pytest.approx([0.1, 0.075, 0.05, 0.025])
    assert [record["learning_rate"] for record in history] == pytest.approx([0.075, 0.025])


def test_clipping_bounds_the_step():
    model = Parabola(start=100.0)
    trainer(model, clip=0.5).fit(1, lambda epoch: [0.0])
    assert model.w.data[0] == pytest.approx(100 - 0.1 * 0.5)


def test_batches_are_requested_by_epoch():
    asked = []
    trainer().fit(3, lambda epoch: asked.append(epoch) or [1.0])
    assert asked == [0, 1, 2]


def test_a_loss_that_is_not_finite_stops_with_a_hint():
    with pytest.raises(
        LexloomError,
        match=r"the loss of step 1, in epoch 1, is inf; lower learning_rate \(0.1\), or set clip",
    ):
        trainer().fit(2, lambda epoch: [np.inf])


def test_on_the_host_the_error_names_the_step():
    asked = []
    with pytest.raises(LexloomError, match="the loss of step 5, in epoch 2, is nan"):
        trainer().fit(2, lambda epoch: [1.0, np.nan, 1.0] if epoch else [1.0] * 3, [Ticker(asked.append)])
    assert len(asked) == 4


def test_on_a_device_the_error_names_an_interval_of_steps():
    class Look(Callback):
        def after_step(self, trainer, step, loss):
            if trainer.position.steps in (2, 5):
                trainer.check_losses()

    model = Parabola()
    model.w.data = FAKE.to_device(model.w.data)
    model.backward = lambda cache: None
    batches = [FAKE.to_device(np.array(value)) for value in (1, 1, 1, np.nan, 1)]
    with pytest.raises(LexloomError, match="the loss of a step from 3 to 5, in epoch 1, is nan"):
        trainer(model).fit(1, lambda epoch: batches, [Look()])
    with pytest.raises(LexloomError, match="the loss of a step from 1 to 5, in epoch 1, is nan"):
        trainer(model).fit(1, lambda epoch: batches)


def test_a_large_loss_of_an_epoch_has_diverged():
    with pytest.raises(LexloomError, match="the mean loss of epoch 1 is 101; lower learning_rate"):
        trainer(limits=LossLimits(10.0, 100.0)).fit(1, lambda epoch: [101**0.5])


@pytest.mark.parametrize(("loss", "said"), [(np.nan, "nan"), (11.0, "11")])
def test_a_trained_model_of_no_use_has_diverged(loss, said):
    model = Parabola()
    losses = iter([1.0, loss])
    model.loss = lambda batch, carry=None, rng=None: (next(losses), None, 0.0)
    with pytest.raises(LexloomError, match=f"the loss at the end is {said}, far above"):
        trainer(model, limits=LossLimits(10.0, 100.0)).fit(1, lambda epoch: [1.0])


def test_a_trained_model_is_checked_on_the_last_batches():
    model = Parabola()
    model.loss = lambda batch, carry=None, rng=None: (batch, None, 0.0)
    with pytest.raises(LexloomError, match="the loss at the end is 20, far above"):
        trainer(model, limits=LossLimits(10.0, 100.0)).fit(1, lambda epoch: [1.0] * 10 + [20.0] * 10)


def test_a_parameter_that_is_not_finite_is_named():
    with pytest.raises(
        LexloomError, match="w has values that are not finite after step 1; lower learning_rate"
    ):
        trainer(learning_rate=np.inf).fit(1, lambda epoch: [1.0])
