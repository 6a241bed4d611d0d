"""Callbacks for progress, validation, early stopping and weight averaging.

`TrainingLog` and `Checkpoint` have modules of their own.
"""

import logging
import math
from collections.abc import Callable
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.jobs import jobs
from lexloom.kernels.tiles import Job
from lexloom.storage.state_trees import check_like
from lexloom.training.trainer import Callback, Trainer


class Report(Callback):
    """Passes the record of each epoch to a function.

    Parameters
    ----------
    report : callable
        Called with the record after each epoch.
    """

    def __init__(self, report: Callable[[dict[str, float]], None]):
        self.report = report

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Pass on the record."""
        self.report(record)


class Ticker(Callback):
    """Calls a function after each step, for example to advance a progress bar.

    Parameters
    ----------
    tick : callable
        Called with the number of steps since the last call. When training resumes, the first call counts the
        earlier steps as well.
    """

    def __init__(self, tick: Callable[[int], object]):
        self.tick = tick
        self.steps = 0

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Call the function."""
        self._catch_up(trainer)

    def after_fit(self, trainer: Trainer) -> None:
        """Call the function for a training that was resumed at its end."""
        self._catch_up(trainer)

    def _catch_up(self, trainer: Trainer) -> None:
        if trainer.position.steps > self.steps:
            self.tick(trainer.position.steps - self.steps)
            self.steps = trainer.position.steps


class Validation(Callback):
    """Measures the model after each epoch, and adds the result to the record.

    Parameters
    ----------
    name : str
        Key in the record.
    measure : callable
        Returns the measure of the model.
    limit : float
        A training with a larger measure has diverged.
    """

    def __init__(self, name: str, measure: Callable[[], float], limit: float = math.inf):
        self.name = name
        self.measure = measure
        self.limit = limit

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Add the measure to the record.

        Raises
        ------
        LexloomError
            If the measure is not finite, or above the limit.
        """
        value = record[self.name] = self.measure()
        if not math.isfinite(value) or value > self.limit:
            raise trainer.diverged(f"{self.name} of epoch {record['epoch']} is {value:.4g}")


class KeepBest(Callback):
    """Keeps the parameters of the best epoch, and stops when the measure no longer improves.

    Parameters
    ----------
    name : str
        Key of the measure in the records; less is better. A `Validation` before this callback adds it.
    patience : int, optional
        Stop after this many epochs in a row without improvement. By default, never stop.
    """

    def __init__(self, name: str, patience: int | None = None):
        self.name = name
        self.patience = patience
        self.best = math.inf
        self.waited = 0
        self.kept: list[Any] = []

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Copy the parameters if they are the best so far; otherwise count the epoch towards `patience`."""
        if record[self.name] < self.best:
            self.best = record[self.name]
            self.waited = 0
            self.kept = [parameter.data.copy() for parameter in trainer.model.parameters()]
            return
        self.waited += 1
        if self.patience is not None and self.waited >= self.patience:
            trainer.stop = True

    def state(self) -> dict[str, Any]:
        """Return the best measure and its parameters, and the number of epochs since."""
        return {"best": self.best, "waited": self.waited, "kept": self.kept}

    def restore(self, trainer: Trainer, state: dict[str, Any]) -> None:
        """Restore the best epoch so far."""
        kept = _data(trainer) if state["kept"] or trainer.position.epoch else []
        check_like(state, {"best": 0.0, "waited": 0, "kept": kept})
        self.best, self.waited, self.kept = state["best"], state["waited"], state["kept"]

    def after_fit(self, trainer: Trainer) -> None:
        """Load the parameters of the best epoch into the model."""
        for parameter, data in zip(trainer.model.parameters(), self.kept, strict=True):
            parameter.data[...] = data


class AveragedWeights(Callback):
    """Averages the weights over the steps, once a measure no longer improves.

    This is NT-ASGD (Merity, Keskar & Socher 2018, algorithm 1; Polyak & Juditsky 1992). Each step updates the
    current weights, as without averaging. After each epoch, the average is swapped into the model, so that
    callbacks after this one measure and keep the average; before the next epoch, the current weights are
    swapped back. After the last epoch the average stays. Put this callback before `Validation` and
    `KeepBest`.

    Averaging adds one pass over all weights to each step, including rows without a gradient.

    Parameters
    ----------
    name : str
        Key of the measure in the records; less is better.
    patience : int
        At least 1. Averaging starts after the first epoch for which `gets_worse` is true.
    """

    def __init__(self, name: str, patience: int):
        self.name = name
        self.patience = patience
        self.steps = 0
        self.means: list[Any] | None = None
        self.own: list[Any] | None = None

    def before_epoch(self, trainer: Trainer) -> None:
        """Swap the current weights back in, and start averaging when it is time."""
        parameters = trainer.model.parameters()
        if self.own is not None:
            for parameter, data in zip(parameters, self.own, strict=True):
                parameter.data[...] = data
            self.own = None
        measures = [record[self.name] for record in trainer.history]
        if self.means is None and gets_worse(measures, self.patience):
            logging.info("averaging the weights from epoch %d", trainer.position.epoch + 1)
            self.means = [_zeros(parameter.data) for parameter in parameters]

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Add the current weights to the average."""
        if self.means is None:
            return
        self.steps += 1
        arrays = _data(trainer)
        updates = (
            _update_mean(mean, array, self.steps) for mean, array in zip(self.means, arrays, strict=True)
        )
        jobs.of(*arrays).each_tile(*updates)

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Swap the average in (already done when resuming)."""
        if self.means is None or self.own is not None:
            return
        parameters = trainer.model.parameters()
        self.own = [parameter.data.copy() for parameter in parameters]
        for parameter, mean in zip(parameters, self.means, strict=True):
            parameter.data[...] = mean

    def state(self) -> dict[str, Any]:
        """Return the number of averaged steps, the average, and the current weights if swapped out."""
        return {"steps": self.steps, "means": self.means, "own": self.own}

    def restore(self, trainer: Trainer, state: dict[str, Any]) -> None:
        """Restore the average."""
        data = _data(trainer)
        means = None if state["means"] is None else [*map(_zeros, data)]
        check_like(state, {"steps": 0, "means": means, "own": None if state["own"] is None else data})
        self.steps, self.means, self.own = state["steps"], state["means"], state["own"]


def gets_worse(values: list[float], patience: int) -> bool:
    """Return whether the last value exceeds any value more than `patience` places before it."""
    earlier = values[: -patience - 1]
    return bool(earlier) and values[-1] > min(earlier)


def _data(trainer: Trainer) -> list[Any]:
    return [parameter.data for parameter in trainer.model.parameters()]


def _zeros(data: Any) -> Any:
    xp = backend_of(data).xp
    return xp.zeros(data.shape, xp.float64)


def _update_mean(mean: Any, data: Any, count: int) -> Job:
    """Return the job that adds an array to the mean of count - 1 arrays."""

    def work(tile: slice) -> None:
        difference = data[tile] - mean[tile]
        difference *= 1 / count
        mean[tile] += difference

    return Job.on(data, work)
