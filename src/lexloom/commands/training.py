"""What the scripts that train have in common: progress, checkpoints, a line each epoch, and the result."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.commands.script import progress
from lexloom.storage.artifacts import Provenance, write_artifact
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


def run_training(
    trainer: Trainer,
    epochs: int,
    batches: Callable[[int], Sequence],
    *,
    work: Work,
    output: str | Path,
    kind: str,
    datasets: Callable[[list[Record]], dict[str, Any]],
    provenance: Provenance,
    minutes: float,
    describe: Callable[[Record], str],
    before: Callable[[Checkpoint], list[Callback]] = lambda checkpoint: [],
    after: Sequence[Callback] = (),
) -> None:
    """Train from the last checkpoint to the end, and write the result.

    Parameters
    ----------
    trainer, epochs, batches
        See `Trainer.fit`.
    work : Work
    output : path
        The artifact to write.
    kind : str
        Of the artifact.
    datasets : callable
        The history of the training -> the datasets of the artifact.
    provenance : Provenance
    minutes : float
        From one checkpoint to the next.
    describe : callable
        The record of an epoch -> the line to log; it may add to the record.
    before : callable
        The checkpoint -> callbacks called before an epoch is described.
    after : sequence of Callback
        Called after that.
    """
    with Checkpoint(output, provenance, minutes) as checkpoint:
        with progress(total=epochs * work.of_epoch, unit=work.unit, desc="train") as bar:
            callbacks = [
                Ticker(lambda: bar.update(work.of_step)),
                *before(checkpoint),
                Report(lambda record: logging.info(describe(record))),
                *after,
                checkpoint,
            ]
            history = trainer.fit(epochs, batches, callbacks)
        write_artifact(output, kind, datasets(history), provenance)
