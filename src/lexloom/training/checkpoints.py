"""Checkpoints: a training that was ended at any moment resumes, and ends with the bits it would have had.

A checkpoint is written next to the output of the training, as `{output}.checkpoint-{digest}.h5`. The digest
is that of everything on which the bits depend: settings, seed, checksums of the inputs and of the code,
versions of the libraries, and the device. So a training that was edited never continues from an outdated
checkpoint; and it overwrites none, so that training can still resume from there after reverting the edit.

The state at the end can be kept as well, as `{output}.finished-{digest}.h5`, for a caller that removes an
output when it is not sure of it. The next run then writes the output from there.
"""

import hashlib
import json
import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

from lexloom.errors import ArtifactError, Interrupted, LexloomError
from lexloom.storage.artifact_writing import Provenance, library_versions, write_artifact
from lexloom.storage.artifacts import Artifact, read_artifact
from lexloom.storage.atomic_files import remove_leftovers
from lexloom.storage.checksums import checksums, file_sha256
from lexloom.storage.state_trees import pack, unpack
from lexloom.training.checkpoint_files import (
    checkpoint_path,
    checkpoints_of,
    finished_of,
    finished_path,
    remove_files,
)
from lexloom.training.ranks import ALONE, Ranks
from lexloom.training.trainer import Callback, Trainer

_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Checkpoint(Callback):
    """Keeps the state of a training in a file, by time and before a signal ends the program.

    It is a context manager around the training and the writing of its output::

        with Checkpoint(output, provenance) as checkpoint:
            trainer.fit(epochs, batches, [..., checkpoint])
            write_artifact(output, kind, datasets, provenance)

    It comes last among the callbacks, because it keeps their states as well. Fitting resumes from the
    checkpoint, if there is one of the same training. Within the block, SIGTERM (of a scheduler's time
    limit), SIGHUP and Ctrl-C wait for the end of a step, and then write a checkpoint and end the program.
    Leaving the block without an error says that the output is complete: all its checkpoints are removed,
    except the state at the end, if that is kept.

    Parameters
    ----------
    output : path
        What the training makes.
    provenance : Provenance
        Of the output.
    minutes : float
        From one checkpoint to the next; 0 writes one after each step.
    keep_finished : bool
        Keep the state at the end.
    ranks : Ranks
        Only the first of them has a checkpoint. The others have a `Follower`.
    """

    def __init__(
        self,
        output: str | Path,
        provenance: Provenance = Provenance(),
        minutes: float = 10.0,
        keep_finished: bool = False,
        ranks: Ranks = ALONE,
    ):
        self.output, self.provenance = Path(output), provenance
        self.identity = {
            "settings": json.loads(json.dumps(dict(provenance.settings))),
            "inputs": checksums(provenance.inputs),
            "code": _code_checksums(),
            "libraries": library_versions(),
            "start": {"device": provenance.device, "seed": provenance.seed},
        }
        digest = hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()
        self.path = checkpoint_path(self.output, digest[:8])
        self.finished = finished_path(self.output, digest[:8])
        self.keep_finished, self.ranks = keep_finished, ranks
        self.seconds = 60 * minutes
        self.due = 0.0
        self.signal: int | None = None
        self._handlers: dict[int, Any] = {}

    def __enter__(self) -> "Checkpoint":
        remove_leftovers(self.output.parent)
        for number in _SIGNALS:
            if signal.getsignal(number) != signal.SIG_IGN:
                self._handlers[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        if kind is None:
            kept = {self.finished} if self.keep_finished else set()
            remove_files({*checkpoints_of(self.output), *finished_of(self.output)} - kept)

    def before_fit(self, trainer: Trainer) -> None:
        """Restore the trainer from the checkpoint of this training, and say which others are passed over.

        Raises
        ------
        LexloomError
            When a checkpoint is damaged.
        """
        self.due = time.monotonic() + self.seconds
        _continue(trainer, self.ranks.first(lambda: [*self._states()]))

    def after_step(self, trainer: Trainer, step: int, loss: float) -> None:
        """Write a checkpoint when it is due, and end the program if a signal asked for it."""
        if time.monotonic() >= self.due:
            self.save(trainer)
        self.end_if_asked(trainer)

    def after_check(self, trainer: Trainer) -> None:
        """Write the state at the end, if that is to be kept."""
        if self.keep_finished:
            self._write(trainer, self.finished)

    def end_if_asked(self, trainer: Trainer) -> None:
        """Write a checkpoint and end the program if a signal asked for it; call this within long work.

        Raises
        ------
        Interrupted
            To end the program.
        """
        if self.signal is not None:
            self.save(trainer)
            raise Interrupted(
                f"ended by {signal.Signals(self.signal).name} after step {trainer.position.steps}; "
                f"the same command continues from {self.path}",
                self.signal,
            )

    def save(self, trainer: Trainer) -> None:
        """Write a checkpoint over the last one, unless the training diverged.

        Raises
        ------
        LexloomError
            When a number is not finite, or the file cannot be written; the last checkpoint stays.
        """
        self._write(trainer, self.path)
        trainer.saved = self.path
        self.due = time.monotonic() + self.seconds

    def _write(self, trainer: Trainer, path: Path) -> None:
        trainer.check_losses()
        trainer.check_parameters()
        line, arrays = pack(trainer.state())
        datasets: dict[str, Any] = {f"arrays/{name}": array for name, array in arrays.items()}
        datasets |= {"state": [line], "identity": [json.dumps(self.identity)]}
        write_artifact(path, "checkpoint", datasets, replace(self.provenance, inputs=()))

    def _states(self) -> Iterator[tuple[Path, Artifact]]:
        """Read the states of this training."""
        # In this order: a training that ends just now writes the second before it removes the first.
        for path in (*checkpoints_of(self.output), *finished_of(self.output)):
            try:
                line = _read(path, ["identity"])["identity"][0]
                with _refusing(path):
                    differing = _differences(json.loads(line), self.identity)
                if differing:
                    logging.info("%s: not continued, for it is of other %s", path, differing)
                else:
                    yield path, _read(path)
            except FileNotFoundError:  # removed by another training with this output, at its end
                continue

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.signal == number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number


class Follower(Callback):
    """Has the place of the `Checkpoint` on every rank but the first, and restores what that one read.

    A signal is for the first rank, which then ends the others.

    Parameters
    ----------
    ranks : Ranks
    """

    def __init__(self, ranks: Ranks):
        self.ranks = ranks

    def __enter__(self) -> "Follower":
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        return self

    def __exit__(self, *error: object) -> None:
        """Signals are for the first rank until the program ends."""

    def before_fit(self, trainer: Trainer) -> None:
        """Restore the trainer as the first rank does."""
        _continue(trainer, self.ranks.first(list))

    def end_if_asked(self, trainer: Trainer) -> None:
        """Only the first rank is asked."""


def _continue(trainer: Trainer, states: list[tuple[Path, Artifact]]) -> None:
    for path, checkpoint in states:
        arrays = {name.removeprefix("arrays/"): value for name, value in checkpoint.datasets.items()}
        with _refusing(path):
            trainer.restore(unpack(checkpoint["state"][0], arrays))
        trainer.saved = path
        logging.info("continuing from %s, after step %d", path, trainer.position.steps)


def _read(path: Path, names: list[str] | None = None) -> Artifact:
    try:
        return read_artifact(path, "checkpoint", names)
    except ArtifactError as error:
        if not path.exists():
            raise FileNotFoundError(path) from error
        raise LexloomError(f"{error}; delete it: the training then starts anew") from error


@contextmanager
def _refusing(path: Path) -> Iterator[None]:
    """Turn every error about what a checkpoint holds into one that names it: anybody can write a file."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as error:
        raise LexloomError(
            f"{path}: not the state of a training; delete it: the training then starts anew"
        ) from error


def _differences(other: dict[str, dict], own: dict[str, dict]) -> str:
    """Return what differs between two identities, in words; nothing where they are the same."""
    names = {
        group: [
            name
            for name in sorted(other[group].keys() | own[group].keys())
            if other[group].get(name) != own[group].get(name)
        ]
        for group in own
    }
    return ", ".join(
        f"{group} ({', '.join(name if name.isprintable() else repr(name) for name in differing)})"
        for group, differing in names.items()
        if differing
    )


def _code_checksums() -> dict[str, str]:
    """Return the sha256 of the running program and of each lexloom module that it has loaded, by name."""
    files = {
        name: file
        for name, module in sys.modules.items()
        if (name.partition(".")[0] == "lexloom" or name == "__main__")
        and (file := getattr(module, "__file__", None))
    }
    return {name: file_sha256(file) for name, file in sorted(files.items())}
