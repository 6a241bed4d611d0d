"""Measuring a model between epochs, and keeping the best one."""

import math
from collections.abc import Callable
from typing import Any

from lexloom.training.trainer import Callback, Trainer


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
