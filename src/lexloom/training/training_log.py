"""What a training does, line by line while it runs, for its artifact afterwards, and read again."""

import csv
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.storage.artifacts import Dataset
from lexloom.storage.atomic_files import write_lines
from lexloom.training.gradients import global_norm
from lexloom.training.trainer import Callback, Trainer


class TrainingLog(Callback):
    """Adds a line to a CSV file after every so many steps, and keeps the numbers.

    A device is waited for only at these steps. A line has `step`, counted over all epochs; `epochs`, how many
    were read; `loss`, the mean since the line before; the measures; `learning_rate` and `gradient_norm`
    (global, before clipping) of that step; and the speed, without the time between epochs. The speed is
    measured, so it stands in the CSV file alone: the rest is the same for the same training. A training that
    goes on from a checkpoint writes again the lines up to there.

    Parameters
    ----------
    path : path
        The CSV file.
    interval : int
        Steps from line to line.
    unit : str
        What the speed counts, like "tokens"; its column is `{unit}_per_s`.
    units : float
        How many of them a step reads.
    measures : mapping of str to callable, optional
        More columns: functions of the loss.
    """

    def __init__(
        self,
        path: str | Path,
        interval: int,
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
        """Return the columns by the names `steps/{column}`, but for the speed."""
        return {
            f"steps/{name}": Dataset(np.array([record[name] for record in self.records]), ("interval",))
            for name in self.columns
        }

    def before_fit(self, trainer: Trainer) -> None:
        """Begin the file, and the time."""
        self._write_all()
        self.last_time = time.perf_counter()

    def before_update(self, trainer: Trainer) -> None:
        """Measure the gradient of a step that gets a line."""
        if (trainer.position.steps + 1) % self.interval == 0:
            self.norm = global_norm(trainer.model.parameters())

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Add a line where it is due."""
        self.total = self.total + loss
        self.timed_steps += 1
        if trainer.position.steps % self.interval == 0:
            self._add_line(trainer)
        self._take_time()

    def after_epoch(self, trainer: Trainer, record: dict[str, float]) -> None:
        """Leave out the time between epochs."""
        self.last_time = time.perf_counter()

    def state(self) -> dict[str, Any]:
        """Return the lines, and the sum of losses since the last."""
        return {"records": self.records, "total": self.total}

    def restore(self, state: dict[str, Any]) -> None:
        """Write the lines again."""
        self.records, self.total = state["records"], state["total"]
        self._write_all()

    def _add_line(self, trainer: Trainer) -> None:
        trainer.check_losses()
        position, loss = trainer.position, float(self.total) / self.interval
        values = {"step": position.steps, "epochs": position.epoch + position.step / position.batches}
        values |= {"loss": loss} | {name: measure(loss) for name, measure in self.measures.items()}
        values |= {"learning_rate": position.learning_rate, "gradient_norm": float(self.norm)}
        self._take_time()
        values[self.speed] = self.timed_steps * self.units / self.seconds
        self.total, self.timed_steps, self.seconds = 0.0, 0, 0.0
        self.records.append(values)
        try:
            with open(self.path, "a", encoding="utf-8") as file:
                file.write(self._line(values) + "\n")
        except OSError as error:
            raise self._unwritten(error) from error

    def _write_all(self) -> None:
        try:
            write_lines(self.path, [",".join((*self.columns, self.speed)), *map(self._line, self.records)])
        except OSError as error:
            raise self._unwritten(error) from error

    def _line(self, values: dict[str, float]) -> str:
        return ",".join(f"{values[name]:.6g}" if name != "step" else str(values[name]) for name in values)

    def _unwritten(self, error: OSError) -> LexloomError:
        return LexloomError(f"{self.path}: could not be written: {error}")

    def _take_time(self) -> None:
        now = time.perf_counter()
        self.seconds += now - self.last_time
        self.last_time = now


def read_log(path: str | Path, names: Sequence[str]) -> list[np.ndarray]:
    """Return columns, each (L,), of a CSV file of L lines that a `TrainingLog` wrote.

    Raises
    ------
    LexloomError
        When the file has no line, or one without a number in such a column.
    """
    with open(path, encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    try:
        columns = [np.array([float(line[name]) for line in lines]) for name in names]
    except (KeyError, TypeError, ValueError):
        lines = []
    if not lines:
        raise LexloomError(
            f"{path}: not the log of a training, of a line or more, with {', '.join(names)} in each; "
            "the training that writes it mends it"
        )
    return columns
