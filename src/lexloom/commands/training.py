"""What the scripts that train have in common: progress, checkpoints, a line each epoch, and the result."""

import argparse
import logging
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from lexloom.commands.script import progress, run
from lexloom.errors import LexloomError
from lexloom.settings.execution import Resuming
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.training.callbacks import Report, Ticker
from lexloom.training.checkpoints import Checkpoint, Follower
from lexloom.training.parts import Agreement
from lexloom.training.ranks import ALONE, Ranks, started_ranks
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
    callbacks: Callable[[Checkpoint | Follower], list[Callback]],
    ranks: Ranks = ALONE,
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
    ranks : Ranks
        The first of them writes; all must call this.
    """
    with _checkpoint(result, resuming, ranks) as checkpoint:
        with progress(total=epochs * work.of_epoch, unit=work.unit, desc="train") as bar:
            ticker = Ticker(lambda steps: bar.update(steps * work.of_step))
            chosen = [ticker, *callbacks(checkpoint), Agreement(ranks), checkpoint]
            history = trainer.fit(epochs, batches, chosen)
        if ranks.rank == 0:
            write_artifact(result.output, result.kind, result.datasets(history), result.provenance)


def _checkpoint(result: Result, resuming: Resuming, ranks: Ranks) -> Checkpoint | Follower:
    if ranks.rank:
        return Follower(ranks)
    minutes, keep_finished = resuming.checkpoint_minutes, resuming.keep_finished
    return Checkpoint(result.output, result.provenance, minutes, keep_finished, ranks)


def run_ranks(main: Callable[..., None], options: argparse.Namespace) -> None:
    """Call `main` with the options and the ranks as `run` does, on each rank; where one fails, all end.

    The first rank alone writes the log and says how the training goes. The others only say what they fail of.
    """
    try:
        ranks = started_ranks()
    except LexloomError as error:
        sys.exit(f"error: {error}")
    if ranks.rank:
        options.log = None
        logging.disable(logging.WARNING)
    try:
        run(partial(main, ranks=ranks), options)
    except SystemExit as end:
        if end.code:
            ranks.abort(int(end.code))
        raise


def log_epochs(describe: Callable[[Record], str]) -> Report:
    """Return the callback that logs a line for each epoch, made from its record."""
    return Report(lambda record: logging.info(describe(record)))
