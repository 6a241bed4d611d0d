"""The only training loop. It knows nothing of a model but `loss`, `backward` and `parameters`."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of
from lexloom.kernels.cpu.machine.memory import keep_freed_memory
from lexloom.nn.parameter import Parameter
from lexloom.storage.state_trees import map_arrays
from lexloom.training.gradients import clip_factor
from lexloom.training.schedules import constant


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

    def before_fit(self, trainer: "Trainer") -> None:
        """Go before the first step."""

    def before_epoch(self, trainer: "Trainer") -> None:
        """Go before the first step of an epoch."""

    def before_update(self, trainer: "Trainer") -> None:
        """Stand between the gradients of a step and its update."""

    def after_step(self, trainer: "Trainer", step: int, loss: float) -> None:
        """Follow a step; `loss` may still be on the device."""

    def after_epoch(self, trainer: "Trainer", record: dict[str, float]) -> None:
        """Follow an epoch; what is added to `record` stands in the history and is seen by later callbacks."""

    def after_fit(self, trainer: "Trainer") -> None:
        """Follow the last epoch."""

    def state(self) -> Any:
        """Return what this callback needs to resume, as a state tree (see `lexloom.storage.state_trees`)."""

    def restore(self, state: Any) -> None:
        """Take up a state as `state` returned it, with arrays on the device."""


@dataclass
class Position:
    """Where a training stands.

    Attributes
    ----------
    epoch : int
        Finished epochs.
    step, batches : int
        Steps made in the epoch after these, and how many it has.
    steps : int
        Steps made in all epochs.
    total : 0-d array or float
        Sum of the losses of the epoch.
    learning_rate : float
        Of the last step, before the weight of its batch.
    carry : any
        What the next batch continues from.
    """

    epoch: int = 0
    step: int = 0
    batches: int = 0
    steps: int = 0
    total: Any = 0.0
    learning_rate: float = 0.0
    carry: Any = None


class Trainer:
    """Trains a model by stochastic gradient descent.

    Parameters
    ----------
    model : Model
    optimizer : see `lexloom.training.optimizers`
    learning_rate : float
        Before the schedule's factor.
    schedule : callable
        (step, steps) -> factor on the learning rate; see `lexloom.training.schedules`.
    clip : float, optional
        Largest global norm of the gradient (Pascanu, Mikolov & Bengio 2013).
    rng : numpy.random.Generator, optional
        What the model draws from while it trains (dropout, negatives).
    batch_weight : callable, optional
        (batch) -> factor on the learning rate of its update, beside the schedule's; for batches of unlike
        sizes.

    Attributes
    ----------
    history : list of dict
        By epoch: `epoch` from 1, `loss` (mean over the steps), `learning_rate` (of the last step), and what
        callbacks added.
    position : Position
    stop : bool
        A callback sets it to end the training after the epoch.
    saved : Path or None
        The file with the last good state, where a callback keeps one; errors name it.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Any,
        learning_rate: float,
        schedule: Callable[[int, int], float] = constant,
        clip: float | None = None,
        rng: np.random.Generator | None = None,
        batch_weight: Callable[[Any], float] = lambda batch: 1.0,
    ):
        self.model = model
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.rng = rng
        self.batch_weight = batch_weight
        self.history: list[dict[str, float]] = []
        self.position = Position()
        self.stop = False
        self.saved: Path | None = None
        self.callbacks: Sequence[Callback] = ()
        self._finite_steps = 0

    def fit(
        self, epochs: int, batches: Callable[[int], Sequence], callbacks: Sequence[Callback] = ()
    ) -> list[dict[str, float]]:
        """Train for some epochs and return the history.

        Parameters
        ----------
        epochs : int
        batches : callable
            (epoch from 0) -> the batches of that epoch, a sequence. The carry starts anew with each epoch. A
            training that may be interrupted needs batches that depend on epoch and place alone.
        callbacks : sequence of Callback
            Called in this order.

        Raises
        ------
        LexloomError
            When a loss, or a parameter at the end, is no finite number. The step of the loss is known where
            losses are on the host; elsewhere to an interval, as `check_losses` is called.
        """
        keep_freed_memory()
        self.callbacks = callbacks
        self.position = Position()
        for callback in callbacks:
            callback.before_fit(self)
        while self.position.epoch < epochs and not self.stop:
            record = self._epoch(epochs, batches(self.position.epoch))
            for callback in callbacks:
                callback.after_epoch(self, record)
            self.history.append(record)
            self.position = Position(epoch=self.position.epoch + 1, steps=self.position.steps)
        for callback in callbacks:
            callback.after_fit(self)
        self.check_parameters()
        return self.history

    def _epoch(self, epochs: int, batches: Any) -> dict[str, float]:
        position = self.position
        position.batches = len(batches)
        if position.step == 0:
            for callback in self.callbacks:
                callback.before_epoch(self)
        while position.step < position.batches:
            batch = batches[position.step]
            step = position.epoch * position.batches + position.step
            factor = self.schedule(step, epochs * position.batches)
            position.learning_rate = self.learning_rate * factor
            rate = position.learning_rate * self.batch_weight(batch)
            loss, position.carry = self.step(batch, position.carry, rate)
            position.total = position.total + loss
            position.step += 1
            position.steps += 1
            if isinstance(loss, float | np.generic | np.ndarray):
                self.check_losses()
            for callback in self.callbacks:
                callback.after_step(self, step, loss)
        self.check_losses()
        mean = float(position.total) / max(1, position.batches)
        return {"epoch": position.epoch + 1, "loss": mean, "learning_rate": position.learning_rate}

    def step(self, batch: Any, carry: Any, learning_rate: float) -> tuple[Any, Any]:
        """Make one update and return the loss before it and the carry."""
        loss, carry, cache = self.model.loss(batch, carry, self.rng)
        self.model.backward(cache)
        for callback in self.callbacks:
            callback.before_update(self)
        parameters = self.model.parameters()
        scale = None if self.clip is None else clip_factor(parameters, self.clip)
        self.optimizer.step(parameters, learning_rate, scale)
        return loss, carry

    def state(self) -> dict[str, Any]:
        """Return everything that determines how training continues, as a state tree.

        The arrays are those in use: write them before the next step.
        """
        return {
            "parameters": {parameter.name: parameter.data for parameter in self.model.parameters()},
            "optimizer": {"steps": self.optimizer.steps, "state": self.optimizer.state},
            "rng": None if self.rng is None else self.rng.bit_generator.state,
            "position": vars(self.position),
            "history": self.history,
            "stop": self.stop,
            "callbacks": [callback.state() for callback in self.callbacks],
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Take up a state as `state` returned it, with arrays on the host; the next step follows it."""
        parameters = self.model.parameters()
        backend = backend_of(parameters[0].data)
        if self.rng is not None:
            self.rng.bit_generator.state = state["rng"]
        state = map_arrays(lambda name, array: backend.to_device(array), state | {"rng": None})
        for parameter in parameters:
            parameter.data[...] = state["parameters"][parameter.name]
        self.optimizer.steps, self.optimizer.state = state["optimizer"]["steps"], state["optimizer"]["state"]
        self.position = Position(**state["position"])
        self.history, self.stop = state["history"], state["stop"]
        self._finite_steps = self.position.steps
        for callback, kept in zip(self.callbacks, state["callbacks"], strict=True):
            callback.restore(kept)

    def check_losses(self) -> None:
        """Raise the error of a loss that is no finite number; waits for the device.

        Raises
        ------
        LexloomError
        """
        total, position = float(self.position.total), self.position
        if not math.isfinite(total):
            first = self._finite_steps + 1
            steps = f"step {first}" if first == position.steps else f"a step from {first} to {position.steps}"
            raise self.diverged(f"the loss of {steps}, in epoch {position.epoch + 1}, is {total}")
        self._finite_steps = position.steps

    def check_parameters(self) -> None:
        """Raise the error of a parameter or a number of the optimizer that is not finite.

        Raises
        ------
        LexloomError
        """
        for parameter in self.model.parameters():
            for array in (parameter.data, *self.optimizer.state.get(parameter.name, {}).values()):
                if not backend_of(array).xp.isfinite(array).all():
                    raise self.diverged(
                        f"{parameter.name} holds a number that is not finite after step {self.position.steps}"
                    )

    def diverged(self, finding: str) -> LexloomError:
        """Return the error that says how the training went astray, and what helps."""
        saved = f"; the last good checkpoint is {self.saved}" if self.saved else ""
        return LexloomError(
            f"training: {finding}; lower learning_rate ({self.learning_rate}), "
            f"or set clip where the model has it{saved}"
        )
