"""The only training loop. It knows nothing of a model but `loss`, `backward` and `parameters`."""

import math
from collections.abc import Callable, Sequence, Sized
from typing import Any, Protocol

import numpy as np

from lexloom.backend import backend_of
from lexloom.errors import LexloomError
from lexloom.optimizers import clip_global_norm
from lexloom.parameter import Parameter
from lexloom.schedules import constant


class Model(Protocol):
    """What a trainer needs of a model."""

    def parameters(self) -> list[Parameter]:
        """Return every parameter once."""

    def loss(
        self, batch: Any, carry: Any = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, Any, Any]:
        """Return the mean loss of a batch, what the next batch continues from, and the cache."""

    def backward(self, cache: Any) -> None:
        """Add the gradients of the loss to the parameters."""


class Callback:
    """What happens beside training; each method does nothing until a subclass says otherwise."""

    def after_step(self, trainer: "Trainer", step: int, loss: float) -> None:
        """Follow a step; `loss` may still be on the device."""

    def after_epoch(self, trainer: "Trainer", record: dict[str, float]) -> None:
        """Follow an epoch; what is added to `record` stands in the history and is seen by later callbacks."""

    def after_fit(self, trainer: "Trainer") -> None:
        """Follow the last epoch."""


class Trainer:
    """Trains a model by stochastic gradient descent.

    Parameters
    ----------
    model : Model
    optimizer : see `lexloom.optimizers`
    learning_rate : float
        Before the schedule's factor.
    schedule : callable
        (step, steps) -> factor on the learning rate; see `lexloom.schedules`.
    clip : float, optional
        Largest global norm of the gradient (Pascanu, Mikolov & Bengio 2013).
    rng : numpy.random.Generator, optional
        What the model draws from while it trains (dropout, negatives).

    Attributes
    ----------
    history : list of dict
        By epoch: `epoch` from 1, `loss` (mean over the steps), `learning_rate` (of the last step), and what
        callbacks added.
    stop : bool
        A callback sets it to end the training after the epoch.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Any,
        learning_rate: float,
        schedule: Callable[[int, int], float] = constant,
        clip: float | None = None,
        rng: np.random.Generator | None = None,
    ):
        self.model = model
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.rng = rng
        self.history: list[dict[str, float]] = []
        self.stop = False

    def fit(
        self, epochs: int, batches: Callable[[int], Sequence | Sized], callbacks: Sequence[Callback] = ()
    ) -> list[dict[str, float]]:
        """Train for some epochs and return the history.

        Parameters
        ----------
        epochs : int
        batches : callable
            (epoch from 0) -> the batches of that epoch, sized and iterable. The carry starts anew with each
            epoch.
        callbacks : sequence of Callback
            Called in this order.

        Raises
        ------
        LexloomError
            When the loss of an epoch, or a parameter at the end, is no finite number.
        """
        for epoch in range(epochs):
            record = self._epoch(epoch, epochs, batches(epoch), callbacks)
            for callback in callbacks:
                callback.after_epoch(self, record)
            self.history.append(record)
            if self.stop:
                break
        for callback in callbacks:
            callback.after_fit(self)
        for parameter in self.model.parameters():
            if not backend_of(parameter.data).xp.isfinite(parameter.data).all():
                raise self.diverged(f"{parameter.name} holds a number that is not finite")
        return self.history

    def _epoch(
        self, epoch: int, epochs: int, batches: Any, callbacks: Sequence[Callback]
    ) -> dict[str, float]:
        total, carry, count, rate = 0.0, None, len(batches), self.learning_rate
        for step, batch in enumerate(batches, start=epoch * count):
            rate = self.learning_rate * self.schedule(step, epochs * count)
            loss, carry = self.step(batch, carry, rate)
            total = total + loss
            for callback in callbacks:
                callback.after_step(self, step, loss)
        mean = float(total) / max(1, count)
        if not math.isfinite(mean):
            raise self.diverged(f"the loss of epoch {epoch + 1} is {mean}")
        return {"epoch": epoch + 1, "loss": mean, "learning_rate": rate}

    def step(self, batch: Any, carry: Any, learning_rate: float) -> tuple[Any, Any]:
        """Make one update and return the loss before it and the carry."""
        loss, carry, cache = self.model.loss(batch, carry, self.rng)
        self.model.backward(cache)
        parameters = self.model.parameters()
        if self.clip is not None:
            clip_global_norm(parameters, self.clip)
        self.optimizer.step(parameters, learning_rate)
        return loss, carry

    def diverged(self, finding: str) -> LexloomError:
        """Return the error that says how the training went astray, and what helps."""
        return LexloomError(f"training: {finding}; lower learning_rate ({self.learning_rate}) or set clip")


class Report(Callback):
    """Hands each epoch's record to a function, such as a logger's `info` or a progress bar."""

    def __init__(self, report: Callable[[dict[str, float]], None]):
        self.report = report

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Report the record."""
        self.report(record)


class Ticker(Callback):
    """Calls a function after each step, such as a progress bar's `update`."""

    def __init__(self, tick: Callable[[], None]):
        self.tick = tick

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Tick."""
        self.tick()


class Validation(Callback):
    """Adds a measure of the model to each epoch's record; one that is no finite number ends the training."""

    def __init__(self, name: str, measure: Callable[[], float]):
        self.name = name
        self.measure = measure

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Measure the model as it is."""
        record[self.name] = self.measure()
        if not math.isfinite(record[self.name]):
            raise trainer.diverged(f"{self.name} of epoch {record['epoch']} is {record[self.name]}")


class KeepBest(Callback):
    """Keeps the parameters of the epoch with the least value of a measure, and stops when it stays away.

    Parameters
    ----------
    name : str
        The measure, a key of the records; a `Validation` before this callback adds it.
    patience : int, optional
        Stop after so many epochs in a row without a new least value.
    """

    def __init__(self, name: str, patience: int | None = None):
        self.name = name
        self.patience = patience
        self.best = math.inf
        self.waited = 0
        self.kept: list[Any] = []

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Copy the parameters when they are the best so far; count how long they are not."""
        if record[self.name] < self.best:
            self.best = record[self.name]
            self.waited = 0
            self.kept = [parameter.data.copy() for parameter in trainer.model.parameters()]
            return
        self.waited += 1
        if self.patience is not None and self.waited >= self.patience:
            trainer.stop = True

    def after_fit(self, trainer: Trainer) -> None:
        """Put the best parameters back."""
        for parameter, data in zip(trainer.model.parameters(), self.kept, strict=True):
            parameter.data[...] = data
