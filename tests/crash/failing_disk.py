"""A layer under open, write, fsync, rename and unlink, which fails the n-th of these calls.

It must be imported before lexloom, whose own file class then stands on it. What C code opens by itself, such
as HDF5 when it reads, passes by.
"""

import builtins
import errno
import io
import os
import signal
from collections.abc import Callable
from typing import Any

KINDS = ("error", "full", "kill", "torn")
"""What happens at the n-th call: an I/O error, once; half of it is written, and the disk stays full; the
program is killed before it; half of it is written, or it is done, then the program is killed."""


class Disk:
    """Counts the calls, and fails one of them.

    Parameters
    ----------
    kind : str
        Of `KINDS`.
    at : int
        Which call fails, from 1; 0 for none.
    """

    def __init__(self, kind: str, at: int):
        self.kind, self.at, self.calls = kind, at, 0

    def call(self, function: Callable, *arguments: Any, content: Any = None, **options: Any) -> Any:
        """Do what a program asked for, or fail it; `content` is the last argument of a write."""
        self.calls += 1
        given = (*arguments, content) if content is not None else arguments
        if self.at == 0 or self.calls < self.at or (self.calls > self.at and self.kind != "full"):
            return function(*given, **options)
        if self.kind == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.kind == "error":
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if content is not None and self.calls == self.at:
            half = function(*arguments, memoryview(content).cast("B")[: memoryview(content).nbytes // 2])
            if self.kind == "full" and half:
                return half
        elif self.kind == "torn":
            function(*given, **options)
        if self.kind == "torn":
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


disk: Disk | None = None


class _File(io.FileIO):
    def write(self, content: Any) -> int:
        return super().write(content) if disk is None else disk.call(super().write, content=content)


def _open(file: Any, mode: str = "r", buffering: int = -1, *text: Any, **options: Any) -> Any:
    writes = any(letter in mode for letter in "wxa+")
    if disk is None or not isinstance(file, str | os.PathLike) or not writes:
        return _plain_open(file, mode, buffering, *text, **options)
    raw = disk.call(_File, file, mode.replace("b", "").replace("t", ""))
    buffered = io.BufferedRandom(raw) if "+" in mode else io.BufferedWriter(raw)
    options = {name: value for name, value in options.items() if name in ("encoding", "errors", "newline")}
    return buffered if "b" in mode else io.TextIOWrapper(buffered, *text, **options)


def _watched(function: Callable) -> Callable:
    def watched(*arguments: Any, **options: Any) -> Any:
        return function(*arguments, **options) if disk is None else disk.call(function, *arguments, **options)

    return watched


_plain_open = open
builtins.open = io.open = _open
io.FileIO = _File  # type: ignore[misc]
for _name in ("open", "replace", "rename", "unlink", "remove", "fsync", "mkdir"):
    setattr(os, _name, _watched(getattr(os, _name)))
