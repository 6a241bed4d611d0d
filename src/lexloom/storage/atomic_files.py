"""Files written whole or not at all."""

import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path

from lexloom.errors import LexloomError


@contextmanager
def replacing(path: str | Path) -> Iterator[str]:
    """Give the name of a file next to `path` to write to; it takes the name `path` when the block ends.

    So nobody reads half a file. When the block fails, the new file is removed and an older one stays. The
    folder is made where it is missing.

    Raises
    ------
    LexloomError
        When the path names something that is not a file, such as a device or a folder.
    """
    path = Path(path)
    if path.exists() and not path.is_file():
        raise LexloomError(f"{path}: not a file, and so not replaced; choose another output")
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(prefix=_prefix(path), dir=path.parent)
    os.close(handle)
    try:
        yield beside
        os.chmod(beside, 0o644)
        os.replace(beside, path)
    except BaseException:
        os.unlink(beside)
        raise


def remove_leftovers(path: str | Path) -> None:
    """Remove the files next to `path` that `replacing` left there when its program was killed."""
    path = Path(path)
    for beside in path.parent.glob(f"{escape(_prefix(path))}*"):
        beside.unlink()


def _prefix(path: Path) -> str:
    return f".{path.name}."


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write lines as UTF-8."""
    with replacing(path) as beside, open(beside, "w", encoding="utf-8", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)
