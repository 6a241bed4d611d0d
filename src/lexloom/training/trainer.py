"""The training loop. All it needs of a model is `parameters`, `loss` and `backward`."""

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
from lexloom.storage.state_trees import check_like, map_arrays
from lexloom.training.divergence import LAST_BATCHES, NO_LIMITS, LossLimits
from lexloom.training.gradients import clip_factor
from lexloom.training.out_of_memory import out_of_memory
from lexloom.training.schedules import constant


class Model(Protocol):
    """The methods that a model must have."""

    def parameters(self) -> list[Parameter]:
        """Return all parameters, each once."""

    def loss(
        self, batch: Any, carry: Any = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, Any, Any]:
        """Return the mean loss of a batch, the carry for the next batch, and the cache."""

    def backward(self, cache: Any) -> None:
        """Add the gradients of the loss to `Parameter.grad`."""


class Batches(Protocol):
    """The batches of an epoch, by index."""

    def __len__(self) -> int:
        """Return the number of batches."""

    def __getitem__(self, index: int, /) -> Any:
        """Return a batch."""


class Callback:
    """Base class of callbacks. The trainer calls these methods; override the ones you need.

    Attributes
    ----------
    name : str
        The key of the measure in the records, if the callback adds or reads one.
    """

    name = ""

    def before_fit(self, trainer: "Trainer") -> None:
        """Act once, before training starts."""

    def before_epoch(self, trainer: "Trainer") -> None:
        """Act before the first step of an epoch, but not when training resumes within an epoch."""

    def before_update(self, trainer: "Trainer") -> None:
        """Act after the backward pass, before the optimizer step."""

    def after_step(self, trainer: "Trainer", step: int, loss: float) -> None:
        """Act after an optimizer step; `loss` may still be on the device."""

    def after_epoch(self, trainer: "Trainer", record: dict[str, float]) -> None:
        """Act after an epoch. Entries added to `record` are visible to later callbacks."""

    def after_fit(self, trainer: "Trainer") -> None:
        """Act once, after the last epoch."""

    def after_check(self, trainer: "Trainer") -> None:
        """Act once, after the trained model was found not to have diverged."""

    def state(self) -> Any:
        """Return what is needed to resume, as a state tree (see `lexloom.storage.state_trees`)."""

    def restore(self, trainer: "Trainer", state: Any) -> None:
        """Restore what `state` returned; arrays are on the device.

        A state comes from a file, so a callback that indexes with it or copies it checks it first, see
        `lexloom.storage.state_trees.check_like`.
        """


@dataclass
class Position:
    """How far training has come.

    Attributes
    ----------
    epoch : int
        Number of finished epochs.
    step, batches : int
        Number of steps made in the current epoch, and its number of batches.
    steps : int
        Number of steps made in all epochs.
    total : 0-d array or float
        Sum of the losses in the current epoch.
    learning_rate : float
        Learning rate of the last step, before its batch weight.
    carry : any
        Carry for the next batch.
    """

    epoch: int = 0
    step: int = 0
    batches: int = 0
    steps: int = 0
    total: Any = 0.0
    learning_rate: float = 0.0
    carry: Any = None


class Trainer:
    """Trains a model with mini-batches.

    Parameters
    ----------
    model : Model
    optimizer : Optimizer
        See `lexloom.training.optimizers`.
    learning_rate : float
        Learning rate before the factor of the schedule.
    schedule : callable
        (step, steps) -> factor on the learning rate; see `lexloom.training.schedules`.
    clip : float, optional
        Largest global norm of the gradients (Pascanu, Mikolov & Bengio 2013).
    rng : numpy.random.Generator, optional
        Passed to `model.loss`, for example for dropout.
    batch_weight : callable, optional
        (batch) -> another factor on the learning rate, for batches of different sizes.
    limits : LossLimits
        Losses above which the training has diverged, see `lexloom.training.divergence`.

    Attributes
    ----------
    history : list of dict
        A record for each epoch: `epoch` (from 1), `loss` (mean over the steps), `learning_rate` (of the last
        step), and the entries that callbacks added.
    position : Position
    stop : bool
        Callbacks set it to True to end training after the current epoch.
    saved : Path or None
        File with the last good state, if a callback writes one; error messages name it.
    """

    def __init__(
        self,
        model: Model,
        optimizer: Any,
        learning_rate: float,
        *,
        schedule: Callable[[int, int], float] = constant,
        clip: float | None = None,
        rng: np.random.Generator | None = None,
        batch_weight: Callable[[Any], float] = lambda batch: 1.0,
        limits: LossLimits = NO_LIMITS,
    ):
        self.model = model
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.clip = clip
        self.rng = rng
        self.batch_weight = batch_weight
        self.limits = limits
        self.history: list[dict[str, float]] = []
        self.position = Position()
        self.stop = False
        self.saved: Path | None = None
        self.callbacks: Sequence[Callback] = ()
        self._batches: Callable[[int], Batches] = lambda epoch: ()
        self._finite_steps = 0

    def fit(
        self, epochs: int, batches: Callable[[int], Batches], callbacks: Sequence[Callback] = ()
    ) -> list[dict[str, float]]:
        """Train the model and return the history.

        Parameters
        ----------
        epochs : int
        batches : callable
            (epoch, from 0) -> sequence of batches. Each epoch starts without a carry. To resume exactly,
            batches must depend on nothing but the epoch and the index.
        callbacks : sequence of Callback
            Called in this order.

        Returns
        -------
        history : list of dict

        Raises
        ------
        LexloomError
            If an update does not fit in memory; or if the training diverged, see
            `lexloom.training.divergence`. On a device, losses are checked only
            when `check_losses` is called, so the message names an interval of steps.
        """
        keep_freed_memory()
        self.callbacks, self._batches = callbacks, batches
        self.position = Position()
        for callback in callbacks:
            callback.before_fit(self)
        while self.position.epoch < epochs and not self.stop:
            record = self._epoch(epochs, batches(self.position.epoch))
            for callback in callbacks:
                callback.after_epoch(self, record)
            if self.history and record.keys() != self.history[-1].keys():
                raise LexloomError(f"{self.saved}: its epochs have other measures; delete it to start anew")
            self.history.append(record)
            self.position = Position(epoch=self.position.epoch + 1, steps=self.position.steps)
        for callback in callbacks:
            callback.after_fit(self)
        self.check_parameters()
        if math.isfinite(self.limits.end):
            self._check_end(batches(self.position.epoch - 1))
        for callback in callbacks:
            callback.after_check(self)
        return self.history

    def _epoch(self, epochs: int, batches: Batches) -> dict[str, float]:
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
            loss, position.carry = self._step_within_memory(batch, position.carry, rate)
            position.total = position.total + loss
            position.step += 1
            position.steps += 1
            if isinstance(loss, float | np.generic | np.ndarray):
                self.check_losses()
            for callback in self.callbacks:
                callback.after_step(self, step, loss)
        self.check_losses()
        mean = float(position.total) / max(1, position.batches)
        self.check_loss(f"the mean loss of epoch {position.epoch + 1}", mean)
        return {"epoch": position.epoch + 1, "loss": mean, "learning_rate": position.learning_rate}

    def _step_within_memory(self, batch: Any, carry: Any, learning_rate: float) -> tuple[Any, Any]:
        try:
            return self.step(batch, carry, learning_rate)
        except MemoryError:
            pass
        raise out_of_memory(self.model, batch, self.rng)

    def step(self, batch: Any, carry: Any, learning_rate: float) -> tuple[Any, Any]:
        """Make one update. Return the loss before the update, and the carry."""
        loss, carry, cache = self.model.loss(batch, carry, self.rng)
        self.model.backward(cache)
        for callback in self.callbacks:
            callback.before_update(self)
        parameters = self.model.parameters()
        scale = None if self.clip is None else clip_factor(parameters, self.clip)
        self.optimizer.step(parameters, learning_rate, scale)
        return loss, carry

    def state(self) -> dict[str, Any]:
        """Return all that is needed to resume exactly, as a state tree.

        Arrays are not copied, so write them to a file before the next step.
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
        """Restore what `state` returned, with arrays on the host.

        Raises
        ------
        ValueError, or another error of Python or NumPy
            If it is not the state of such a training.
        """
        self._check(state)
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
        for callback, callback_state in zip(self.callbacks, state["callbacks"], strict=True):
            callback.restore(self, callback_state)

    def _check(self, state: dict[str, Any]) -> None:
        """Check what compiled code relies on: the shapes of all arrays; and that numbers are numbers."""
        data = {parameter.name: parameter.data for parameter in self.model.parameters()}
        check_like(state["parameters"], data)
        check_like(state["optimizer"]["steps"], 0)
        for name, slots in state["optimizer"]["state"].items():
            check_like(slots, self.optimizer.new_state(data[name]))
        position = state["position"]
        if position["carry"] is not None:
            _, carry, _ = self.model.loss(self._batches(0)[0])
            check_like(position["carry"], carry)
        check_like(position | {"carry": None, "total": float(position["total"])}, vars(Position()))
        names = [callback.name for callback in self.callbacks if callback.name]
        needed = dict.fromkeys(["loss", "learning_rate", *names], 0.0)
        for record in state["history"]:
            check_like(record, needed | dict.fromkeys(record, 0.0) | {"epoch": 0})
        if len(state["history"]) != position["epoch"]:
            raise ValueError("as many records as epochs are expected")
        check_like(state["stop"], False)
        if state["stop"] and position["epoch"] == 0:
            raise ValueError("a training stops after an epoch at the earliest")

    def check_losses(self) -> None:
        """Check that all losses of the current epoch are finite; waits for the device.

        Raises
        ------
        LexloomError
            If one is not.
        """
        total, position = float(self.position.total), self.position
        if not math.isfinite(total):
            first = self._finite_steps + 1
            steps = f"step {first}" if first == position.steps else f"a step from {first} to {position.steps}"
            raise self.diverged(f"the loss of {steps}, in epoch {position.epoch + 1}, is {total}")
        self._finite_steps = position.steps

    def check_loss(self, name: str, loss: float) -> None:
        """Check a mean loss that is going to be recorded.

        Raises
        ------
        LexloomError
            If it is not a number, or above `limits.ever`.
        """
        if not loss <= self.limits.ever:
            raise self.diverged(f"{name} is {loss:.4g}")

    def _check_end(self, batches: Batches) -> None:
        """Check that the trained model is not far worse than one that knows nothing."""
        losses = [self.model.loss(batches[place])[0] for place in range(len(batches))[-LAST_BATCHES:]]
        mean = float(sum(losses)) / len(losses)
        if not mean <= self.limits.end:
            raise self.diverged(
                f"the loss at the end is {mean:.4g}, far above that of a model that knows nothing"
            )

    def check_parameters(self) -> None:
        """Check that all parameters and the state of the optimizer are finite.

        Raises
        ------
        LexloomError
            If one is not.
        """
        for parameter in self.model.parameters():
            for array in (parameter.data, *self.optimizer.state.get(parameter.name, {}).values()):
                if not backend_of(array).xp.isfinite(array).all():
                    raise self.diverged(
                        f"{parameter.name} has values that are not finite after step {self.position.steps}"
                    )

    def diverged(self, finding: str) -> LexloomError:
        """Return the error for a training that diverged, with advice."""
        saved = f"; the last good checkpoint is {self.saved}" if self.saved else ""
        return LexloomError(
            f"training: {finding}; lower learning_rate ({self.learning_rate}), "
            f"or set clip where the model has it{saved}"
        )
