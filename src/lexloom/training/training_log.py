"""The log of a training: a CSV file written during training, and datasets for the artifact."""

import csv
import math
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.storage.artifact_writing import Dataset
from lexloom.storage.atomic_files import failures_named, write_lines
from lexloom.storage.state_trees import check_like
from lexloom.training.gradients import global_norm
from lexloom.training.trainer import Callback, Trainer


class TrainingLog(Callback):
    """Writes a line to a CSV file at regular intervals, and keeps the numbers for the artifact.

    The columns are

    - `step`: number of steps in all epochs;
    - `epochs`: number of epochs, with the fraction of the current one;
    - `loss`: mean loss since the previous line;
    - one column for each of `measures`;
    - `learning_rate` and `gradient_norm` (global, before clipping) of this step;
    - `{unit}_per_s`: speed, without the time between epochs.

    The speed is not reproducible, so it is left out of the artifact. When training resumes from a checkpoint,
    the file is written again up to that point. On a device, the log waits for the losses only when it writes
    a line.

    Parameters
    ----------
    path : path, optional
        The CSV file; None keeps the numbers only.
    interval : int
        Number of steps between lines.
    unit : str
        Unit of the speed, such as "tokens".
    units : float
        Units in a step.
    measures : mapping of str to callable, optional
        More columns, computed from the loss.
    """

    def __init__(
        self,
        path: str | Path | None,
        interval: int,
        *,
        unit: str,
        units: float,
        measures: Mapping[str, Callable[[float], float]] | None = None,
    ):
        self.path, self.interval, self.units, self.measures = path, interval, units, measures or {}
        self.speed = f"{unit}_per_s"
        self.columns = ("step", "epochs", "loss", *self.measures, "learning_rate", "gradient_norm")
        self.records: list[dict[str, float]] = []
        self.total: Any = 0.0
        self.norm: Any = 0.0
        self.timed_steps, self.seconds, self.last_time = 0, 0.0, 0.0

    def datasets(self) -> dict[str, Dataset]:
        """Return the columns, except the speed, as datasets named `steps/{column}`."""
        return {
            f"steps/{name}": Dataset(np.array([record[name] for record in self.records]), ("interval",))
            for name in self.columns
        }

    def before_fit(self, trainer: Trainer) -> None:
        """Start the file and the clock."""
        self._write_all()
        self.last_time = time.perf_counter()

    def before_update(self, trainer: Trainer) -> None:
        """Compute the gradient norm if this step gets a line."""
        if (trainer.position.steps + 1) % self.interval == 0:
            self.norm = global_norm(trainer.model.parameters())

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Write a line if one is due."""
        self.total = self.total + loss
        self.timed_steps += 1
        if trainer.position.steps % self.interval == 0:
            self._add_line(trainer)
        self._update_clock()

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Restart the clock, to leave out the time between epochs."""
        self.last_time = time.perf_counter()

    def after_fit(self, trainer: Trainer) -> None:
        """Write the file again, without the lines of another training with this output that still ran."""
        self._write_all()

    def state(self) -> dict[str, Any]:
        """Return the lines, and the sum of the losses since the last line."""
        return {"records": self.records, "total": self.total}

    def restore(self, trainer: Trainer, state: dict[str, Any]) -> None:
        """Restore the lines, and write them to the file again."""
        example = dict.fromkeys((*self.columns, self.speed), 0.0) | {"step": 0}
        check_like(state["records"], [example] * len(state["records"]))
        float(state["total"])
        self.records, self.total = state["records"], state["total"]
        self._write_all()

    def _add_line(self, trainer: Trainer) -> None:
        trainer.check_losses()
        position, loss, norm = trainer.position, float(self.total) / self.interval, float(self.norm)
        trainer.check_loss(f"the mean loss of {self.interval} steps up to {position.steps}", loss)
        if not math.isfinite(norm):
            raise trainer.diverged(f"the norm of the gradients of step {position.steps} is {norm}")
        values = {"step": position.steps, "epochs": position.epoch + position.step / position.batches}
        values |= {"loss": loss} | {name: measure(loss) for name, measure in self.measures.items()}
        values |= {"learning_rate": position.learning_rate, "gradient_norm": norm}
        self._update_clock()
        values[self.speed] = self.timed_steps * self.units / self.seconds
        self.total, self.timed_steps, self.seconds = 0.0, 0, 0.0
        self.records.append(values)
        if self.path:
            with failures_named(self.path), open(self.path, "a", encoding="utf-8") as file:
                file.write(self._line(values) + "\n")

    def _write_all(self) -> None:
        if self.path:
            write_lines(self.path, [",".join((*self.columns, self.speed)), *map(self._line, self.records)])

    def _line(self, values: dict[str, float]) -> str:
        return ",".join(f"{values[name]:.6g}" if name != "step" else str(values[name]) for name in values)

    def _update_clock(self) -> None:
        now = time.perf_counter()
        self.seconds += now - self.last_time
        self.last_time = now


def read_log(path: str | Path, names: Sequence[str]) -> list[np.ndarray]:
    """Read columns of a CSV file that a `TrainingLog` wrote.

    Parameters
    ----------
    path : path
    names : sequence of str
        Names of the columns.

    Returns
    -------
    columns : list of (L,) float64 arrays

    Raises
    ------
    LexloomError
        If the file is not such a text, has no lines, or a line has no number in one of the columns.
    """
    try:
        with open(path, encoding="utf-8", newline="") as file:
            lines = list(csv.DictReader(file))
        columns = [np.array([float(line[name]) for line in lines]) for name in names]
    except (KeyError, TypeError, ValueError, csv.Error):
        lines = []
    if not lines:
        raise LexloomError(
            f"{path}: not a complete training log; expected at least one line, with numbers for "
            f"{', '.join(names)} in every line. Run the training again to rewrite the file"
        )
    return columns
