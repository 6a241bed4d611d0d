"""The files of checkpoints: which ones next to an output let its training resume."""

from collections.abc import Iterable
from glob import escape
from pathlib import Path

from lexloom.errors import LexloomError


def beside(output: Path, suffix: str) -> Path:
    """Return the path next to an output that has its name without .h5, and a suffix.

    Raises
    ------
    LexloomError
        If the output is a folder; better before the training than after it.
    """
    if output.is_dir():
        raise LexloomError(f"{output}: a folder; choose another output")
    return output.with_name(_name(output) + suffix)


def checkpoint_path(output: Path, digest: str) -> Path:
    """Return where the checkpoint of a training is."""
    return beside(output, f".checkpoint-{digest}.h5")


def finished_path(output: Path, digest: str) -> Path:
    """Return where the state at the end of a training is kept until its output is accepted."""
    return beside(output, f".finished-{digest}.h5")


def checkpoints_of(output: Path) -> list[Path]:
    """Return the checkpoints of all trainings with this output."""
    return _beside(output, "checkpoint")


def finished_of(output: Path) -> list[Path]:
    """Return the states at the end of all trainings with this output."""
    return _beside(output, "finished")


def remove_files(paths: Iterable[Path]) -> None:
    """Remove checkpoints or states, which another training with this output may have removed."""
    for path in paths:
        path.unlink(missing_ok=True)


def _beside(output: Path, what: str) -> list[Path]:
    return sorted(output.parent.glob(f"{escape(_name(output))}.{what}-*.h5"))


def _name(output: Path) -> str:
    """Return the name of an output without .h5; no other suffix, or model.1 and model.2 would share files."""
    return output.name.removesuffix(".h5")
