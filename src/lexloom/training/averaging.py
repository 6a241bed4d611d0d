"""Averaged stochastic gradient descent, begun where a measure stops getting better."""

import logging
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.tiles import Job
from lexloom.training.trainer import Callback, Trainer


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
