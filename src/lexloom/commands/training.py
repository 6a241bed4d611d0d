"""What the scripts that train have in common: progress, checkpoints, a line each epoch, and the result."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.commands.script import progress
from lexloom.settings.execution import Resuming
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.training.callbacks import Report, Ticker
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.trainer import Callback, Trainer

Record = dict[str, float]


@dataclass(frozen=True)
class Work:
    """How much a training reads, for its progress bar.

    Attributes
    ----------
    unit : str
    of_epoch : float
        Units that an epoch reads.
    of_step : float
        Units that a step reads.
    """

    unit: str
    of_epoch: float
    of_step: float


@dataclass(frozen=True)
class Result:
    """What a training makes.

    Attributes
    ----------
    kind : str
        Of the artifact.
    output : path
        Where it is written.
    datasets : callable
        The history of the training -> the datasets of the artifact.
    provenance : Provenance
    """

    kind: str
    output: str | Path
    datasets: Callable[[list[Record]], dict[str, Any]]
    provenance: Provenance


def run_training(
    trainer: Trainer,
    epochs: int,
    batches: Callable[[int], Sequence],
    *,
    work: Work,
    result: Result,
    resuming: Resuming,
    callbacks: Callable[[Checkpoint], list[Callback]],
) -> None:
    """Train from the last checkpoint to the end, and write the result.

    Parameters
    ----------
    trainer, epochs, batches
        See `Trainer.fit`.
    work : Work
    result : Result
    resuming : Resuming
    callbacks : callable
        The checkpoint -> the callbacks called before it.
    """
    minutes, keep_finished = resuming.checkpoint_minutes, resuming.keep_finished
    with Checkpoint(result.output, result.provenance, minutes, keep_finished) as checkpoint:
        with progress(total=epochs * work.of_epoch, unit=work.unit, desc="train") as bar:
            ticker = Ticker(lambda steps: bar.update(steps * work.of_step))
            history = trainer.fit(epochs, batches, [ticker, *callbacks(checkpoint), checkpoint])
        write_artifact(result.output, result.kind, result.datasets(history), result.provenance)


def log_epochs(describe: Callable[[Record], str]) -> Report:
    """Return the callback that logs a line for each epoch, made from its record."""
    return Report(lambda record: logging.info(describe(record)))
