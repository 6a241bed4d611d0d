"""What can be added to a training: progress, validation, keeping the best epoch, averaging the weights."""

import logging
import math
from collections.abc import Callable
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.tiles import Job
from lexloom.training.trainer import Callback, Trainer


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
        self.ticks = 0

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Tick."""
        self.ticks += 1
        self.tick()

    def state(self) -> int:
        """Return how often it ticked."""
        return self.ticks

    def restore(self, state: int) -> None:
        """Tick for the steps that an earlier run made."""
        while self.ticks < state:
            self.ticks += 1
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

    def state(self) -> dict[str, Any]:
        """Return the parameters of the best epoch, and how long it is past."""
        return {"best": self.best, "waited": self.waited, "kept": self.kept}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the best epoch so far."""
        self.best, self.waited, self.kept = state["best"], state["waited"], state["kept"]

    def after_fit(self, trainer: Trainer) -> None:
        """Put the best parameters back."""
        for parameter, data in zip(trainer.model.parameters(), self.kept, strict=True):
            parameter.data[...] = data


class AveragedWeights(Callback):
    """Takes the mean of the weights over the steps, once a measure of the model no longer gets better.

    NT-ASGD (Merity, Keskar & Socher 2018, algorithm 1; Polyak & Juditsky 1992). Training goes on from the
    weights themselves, and the mean takes part in nothing, until an epoch ends: then it stands in the model,
    for the callbacks after this one to measure and keep, and after the last epoch for good. So this callback
    comes before them. A step costs one pass over all weights more, also over rows that took no part in it.

    Parameters
    ----------
    name : str
        The measure, a key of the records; less is better.
    patience : int
        From 1. The mean begins after the first epoch for whose measure `gets_worse` holds: a few worse epochs
        in a row are no reason yet.
    """

    def __init__(self, name: str, patience: int):
        self.name = name
        self.patience = patience
        self.steps = 0
        self.means: list[Any] | None = None
        self.own: list[Any] | None = None

    def before_epoch(self, trainer: Trainer) -> None:
        """Put the weights themselves back, and begin the mean where it is time."""
        parameters = trainer.model.parameters()
        if self.own is not None:
            for parameter, data in zip(parameters, self.own, strict=True):
                parameter.data[...] = data
            self.own = None
        measures = [record[self.name] for record in trainer.history]
        if self.means is None and gets_worse(measures, self.patience):
            logging.info("the weights are averaged from epoch %d on", trainer.position.epoch + 1)
            self.means = [_zeros(parameter.data) for parameter in parameters]

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Take the weights into the mean."""
        if self.means is None:
            return
        self.steps += 1
        arrays = [parameter.data for parameter in trainer.model.parameters()]
        jobs = [_taking_in(*pair, self.steps) for pair in zip(self.means, arrays, strict=True)]
        backend_of(*arrays).kernels.each_tile(*jobs)

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Let the mean stand in the model; it does already where a training goes on from here."""
        if self.means is None or self.own is not None:
            return
        parameters = trainer.model.parameters()
        self.own = [parameter.data.copy() for parameter in parameters]
        for parameter, mean in zip(parameters, self.means, strict=True):
            parameter.data[...] = mean

    def state(self) -> dict[str, Any]:
        """Return the mean, over how many steps it is, and the weights where the mean stands in the model."""
        return {"steps": self.steps, "means": self.means, "own": self.own}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up the mean."""
        self.steps, self.means, self.own = state["steps"], state["means"], state["own"]


def gets_worse(values: list[float], patience: int) -> bool:
    """Return whether the last value is above one that stands more than `patience` places before it."""
    earlier = values[: -patience - 1]
    return bool(earlier) and values[-1] > min(earlier)


def _zeros(data: Any) -> Any:
    xp = backend_of(data).xp
    return xp.zeros(data.shape, xp.float64)


def _taking_in(mean: Any, data: Any, count: int) -> Job:
    """Return the job that makes a mean of count - 1 arrays that of count."""

    def take_in(tile: slice) -> None:
        difference = data[tile] - mean[tile]
        difference *= 1 / count
        mean[tile] += difference

    return Job.on(data, take_in)
