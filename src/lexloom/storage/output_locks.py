"""One program at a time on an output, also where several computers share a file system.

Before a program works on an output, it makes a file beside it, `.lexloom-{16 hex digits}.lock`, which says
what program that is. Only one can make it, on network file systems too. Others on the same computer see by
`flock` whether it still lives. To other computers `flock` may not reach: they see whether the time of the
file still changes, because its program sees to that every ten seconds.
"""

import fcntl
import hashlib
import logging
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from errno import ESTALE
from itertools import count
from pathlib import Path
from typing import BinaryIO, NamedTuple

from lexloom.errors import LexloomError
from lexloom.storage.atomic_files import failures_named, target_of
from lexloom.storage.signatures import in_words, own_signature, this_computer

LOOK = 1.0
"""Seconds between looks at the lock of another program."""
PATIENCE = 30
"""Looks at a program that lives. Slurm leaves a program as many seconds between SIGTERM and SIGKILL."""
SILENCE = 120
"""Looks without a sign of life after which a program on another computer counts as dead."""
BEAT = 10.0
"""Seconds between signs of life; while a library holds Python's lock, there may be none for longer."""

_RANKS = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID")


@contextmanager
def locked(*outputs: str | Path) -> Iterator[None]:
    """Let no other program write some outputs within the block.

    What this process has locked already stays so. Of the processes of an MPI program, the first one locks.

    Parameters
    ----------
    outputs : paths
        Their folders are made where they are missing.

    Raises
    ------
    LexloomError
        When a living program writes one of them, and still does after half a minute; or when an output cannot
        be written, as `replacing` would say later.
    """
    if any(os.environ.get(rank, "0") != "0" for rank in _RANKS):
        outputs = ()
    with ExitStack() as held:
        locks = [lock for output in outputs if held.enter_context(_held(lock := _lock_of(output), output))]
        if locks:
            held.enter_context(_renewed(locks))
        yield


def _lock_of(output: str | Path) -> Path:
    with failures_named(output):
        target, _ = target_of(Path(output))
    return _lock(target.parent, os.fsencode(target.name))


def _lock(folder: Path, name: bytes) -> Path:
    """Return the lock for a name, which may be as long as a name can be."""
    return folder / f".lexloom-{hashlib.sha256(name).hexdigest()[:16]}.lock"


@contextmanager
def _held(lock: Path, output: str | Path) -> Iterator[bool]:
    """Hold a lock in the block; gives whether it is new, rather than held by this process already."""
    with failures_named(output):
        file = _acquired(lock, output)
    try:
        yield file is not None
    finally:
        if file:
            with file, suppress(OSError):
                found = _found(lock)
                if found and found.is_own():
                    lock.unlink()


class _Found(NamedTuple):
    """A lock as it was found.

    Attributes
    ----------
    content : bytes
    renewed : int
        The time of the file.
    is_held : bool or None
        Whether its program lives; None where that cannot be told at once, as of one on another computer.
    """

    content: bytes
    renewed: int
    is_held: bool | None

    def is_own(self) -> bool:
        """Return whether this process made it."""
        return self.content.startswith(own_signature())


def _acquired(lock: Path, output: str | Path) -> BinaryIO | None:
    """Make a lock, once no living program holds it; None if this process does."""
    last, silent = None, 0
    for looks in count():
        if file := _made(lock):
            return file
        found = _found(lock)
        silent = silent + 1 if found == last else 0
        last = found
        if found and found.is_own():
            return None
        if found and (found.is_held is False or (found.is_held is None and silent >= SILENCE)):
            # Several may see this. One removes it: who holds the lock that is named after it.
            with _held(_lock(lock.parent, lock.name.encode() + found.content), output):
                if _found(lock) == found:
                    lock.unlink()
            continue
        if found and looks >= PATIENCE and (found.is_held or silent < PATIENCE):
            raise LexloomError(
                f"{output}: being written by {in_words(found.content)}; wait for its end or end it, "
                "then run this again"
            )
        if found and looks == 0:
            logging.info("%s: waiting for %s, which writes it", output, in_words(found.content))
        time.sleep(LOOK)
    raise AssertionError  # count() has no end


def _made(lock: Path) -> BinaryIO | None:
    """Make a lock with the signature of this process, unless there is one."""
    try:
        file = open(lock, "xb")  # noqa: SIM115
    except FileExistsError:
        return None
    try:
        file.write(own_signature())
        with suppress(OSError):  # a file system without locks
            fcntl.flock(file, fcntl.LOCK_EX)
            file.write(this_computer())  # others may now go by the lock
        file.flush()
    except BaseException:
        with suppress(OSError):
            lock.unlink()
        file.close()
        raise
    return file


def _found(lock: Path) -> _Found | None:
    """Look at a lock. To open it asks the server of a network file system, which `stat` may not do."""
    try:
        with open(os.open(lock, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb") as file:
            content, renewed = file.read(4096), os.fstat(file.fileno()).st_mtime_ns
            return _Found(content, renewed, _is_held(file) if content.endswith(this_computer()) else None)
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno == ESTALE:  # another computer removed it meanwhile
            return None
        raise


def _is_held(file: BinaryIO) -> bool | None:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return None
    return False


@contextmanager
def _renewed(locks: Sequence[Path]) -> Iterator[None]:
    """Give signs of life in the block."""
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(locks, ended), daemon=True)
    try:
        thread.start()
    except RuntimeError as error:  # what Python makes of a lack of memory
        raise MemoryError(str(error)) from error
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew(locks: Sequence[Path], ended: threading.Event) -> None:
    """Renew locks until the end, and end this program if another one took it for dead."""
    while not ended.wait(BEAT):
        for lock in locks:
            with suppress(OSError):
                found = _found(lock)
                if found and not found.is_own():
                    other = in_words(found.content)
                    logging.error("error: %s has taken over, since this program gave no sign of life", other)
                    os.kill(os.getpid(), signal.SIGTERM)
                    return
                os.utime(lock)
