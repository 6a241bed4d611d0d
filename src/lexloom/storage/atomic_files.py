"""Files written whole or not at all.

An output is first a temporary file in its folder, `.lexloom-{16 hex digits}-{host}.tmp`. It takes the name of
the output when it is complete. The program that writes it holds a lock on it (`flock`), which ends with the
program. So whoever writes to the folder next can tell what a killed program left there from what another
program is still writing, and removes the former.
"""

import fcntl
import io
import os
import re
import secrets
import socket
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from errno import EINVAL, ENOTSUP
from pathlib import Path

from lexloom.errors import LexloomError

_HOST = re.sub(r"[^\w.-]", "_", socket.gethostname())
_TEMPORARY = re.compile(r"\.lexloom-[0-9a-f]{16}-(?P<host>[\w.-]*)\.tmp")
_SECONDS_OF_ANOTHER_HOST = 7 * 24 * 3600


@contextmanager
def replacing(path: str | Path) -> Iterator[io.BufferedRandom]:
    """Give a new file to write to; it takes the name `path` when the block ends.

    So nobody reads half a file, and a power failure after the block loses nothing. When the block fails, the
    new file is removed and an older one stays. The folder is made where it is missing.

    Permissions and symbolic links are as if `open` had written the file: a new one has the permissions that
    the umask leaves, an older one keeps its own, a write-protected one is refused, and a link stays and leads
    to the new content. Other hard links to an older file keep the old content.

    Parameters
    ----------
    path : path

    Yields
    ------
    file : binary file
        For reading and writing.

    Raises
    ------
    LexloomError
        When the path names something that is not a file, such as a device or a folder, or when writing fails.
        Other errors of the block are passed on.
    """
    path = Path(path)
    with failures_named(path):
        target, older = target_of(path)
        remove_leftovers(target.parent)
        file = _temporary_file(path, target.parent, older)
    try:
        yield file
        with failures_named(path):
            file.flush()
            os.fsync(file.fileno())
            os.replace(file.name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(file.name)
        raise
    finally:
        with suppress(OSError, LexloomError):  # of a buffer that could not be written
            file.close()
    with failures_named(path):
        _sync_folder(target.parent)


def write_lines(path: str | Path, lines: Iterable[str]) -> None:
    """Write lines as UTF-8; errors as of `replacing`."""
    with replacing(path) as file:
        file.writelines(f"{line}\n".encode() for line in lines)


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files in a folder whose programs were killed.

    A lock may not reach across a network file system. So a file of another computer goes only after a week
    without a change. Where there are no locks at all, nothing goes.
    """
    entries: list[Path] = []
    with suppress(OSError):  # of a folder that cannot be listed
        entries = list(folder.iterdir())
    for entry in entries:
        name = _TEMPORARY.fullmatch(entry.name)
        with suppress(OSError):  # of a file that is locked, or that another program removed meanwhile
            if name and (name["host"] == _HOST or _age(entry) > _SECONDS_OF_ANOTHER_HOST):
                _remove_unlocked(entry)


@contextmanager
def failures_named(path: str | Path) -> Iterator[None]:
    """Turn an OSError of the block into a LexloomError that says which output could not be written."""
    try:
        yield
    except OSError as error:
        raise LexloomError(f"{path}: could not be written: {error.strerror or error}") from error


class _Output(io.FileIO):
    """A file whose failures to write name the output that it will be."""

    def __init__(self, name: Path, mode: int, output: Path):
        super().__init__(name, "x+", opener=lambda path, flags: os.open(path, flags, mode))
        self.output = output

    def write(self, content: object) -> int:
        with failures_named(self.output):
            return super().write(content)  # type: ignore[arg-type]


def target_of(path: Path) -> tuple[Path, os.stat_result | None]:
    """Return the file that an output is, or leads to as a symbolic link, and what is known of an older one.

    Its folder is made where it is missing.

    Raises
    ------
    LexloomError
        When that is not a file, or a link leads to no folder.
    OSError
        When it may not be written.
    """
    older = _older(path)
    return _target(path, older is None), older


def _older(path: Path) -> os.stat_result | None:
    """Return what is known of a file that may be replaced; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(status.st_mode):
        raise LexloomError(f"{path}: not a file, and so not replaced; choose another output")
    os.close(os.open(path, os.O_WRONLY))
    return status


def _target(path: Path, is_new: bool) -> Path:
    """Return the file that takes the content."""
    target = Path(os.path.realpath(path))
    if is_new and not path.is_symlink():
        target.parent.mkdir(parents=True, exist_ok=True)
    if not target.parent.is_dir():
        raise LexloomError(f"{path}: a link to {target}, whose folder does not exist; choose another output")
    return target


def _temporary_file(path: Path, folder: Path, older: os.stat_result | None) -> io.BufferedRandom:
    """Return a new file, locked, with the permissions of the older one."""
    while True:
        name = folder / f".lexloom-{secrets.token_hex(8)}-{_HOST}.tmp"
        file = _Output(name, 0o666 if older is None else 0o600, path)
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if name.exists():
            break
        file.close()  # before it was locked, a program that started just then took it for a leftover
    if older is not None:
        with suppress(PermissionError):
            os.fchown(file.fileno(), older.st_uid, older.st_gid)
        os.fchmod(file.fileno(), stat.S_IMODE(older.st_mode))
    return io.BufferedRandom(file)


def _age(path: Path) -> float:
    return time.time() - path.lstat().st_mtime


def _remove_unlocked(path: Path) -> None:
    with open(os.open(path, os.O_RDWR | os.O_NOFOLLOW), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _sync_folder(folder: Path) -> None:
    """Make the new name in a folder last through a power failure, where the file system can."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (EINVAL, ENOTSUP):
            raise
    finally:
        os.close(handle)
