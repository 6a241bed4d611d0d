"""The checksums of a person's files, kept so that a plan does not read gigabytes that nobody touched."""

import json
import os
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import cached_property
from pathlib import Path

from snakemake.exceptions import WorkflowError

from lexloom.commands.script import progress
from lexloom.corpus.text_files import why_not_regular
from lexloom.errors import LexloomError, printable
from lexloom.storage.atomic_files import write_lines
from lexloom.storage.checksums import file_sha256

_TICK = 2_000_000_000
"""Nanoseconds within which two changes of a file may get the same time, at most: two seconds, on FAT."""


class KnownChecksums:
    """Checksums of files, computed again where size, times or inode of a file have changed.

    One of the times is that of the last change (ctime), which nobody can set. So files that `cp -p`,
    `rsync -t` or `touch -d` gave an old date are seen, and so are links that point to another file.

    Parameters
    ----------
    path : path
        Where they are kept. The file is only a cache: it may be deleted, and need not be writable.
    """

    def __init__(self, path: str | Path):
        self._path = Path(path)

    def sha256(self, paths: Sequence[str]) -> dict[str, str]:
        """Return the sha256 of each of some files, by path.

        Raises
        ------
        WorkflowError
            When one cannot be read, or is a folder, a pipe or a device.
        """
        before = dict(self._known)
        try:
            digests = {path: self._sha256(path) for path in progress(paths, unit=" files", desc="checksums")}
        except OSError as error:
            raise WorkflowError(
                f"{printable(error.filename)}: {error.strerror}; expected a file to read"
            ) from error
        if self._known != before:
            self._keep()
        return digests

    def _sha256(self, path: str) -> str:
        if fault := why_not_regular(path):
            raise WorkflowError(f"{printable(path)}: {fault}; expected a file to read")
        stat = os.stat(path)
        stamp = f"{stat.st_size} {stat.st_mtime_ns} {stat.st_ctime_ns} {stat.st_ino}"
        known, _, digest = str(self._known.get(path)).rpartition(" ")
        if known == stamp:
            return digest
        settled = stat.st_ctime_ns < time.time_ns() - _TICK
        digest = file_sha256(path)
        if settled:
            self._known[path] = f"{stamp} {digest}"
        return digest

    @cached_property
    def _known(self) -> dict[str, object]:
        try:
            known = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            known = None
        return known if isinstance(known, dict) else {}

    def _keep(self) -> None:
        there = {path: entry for path, entry in self._known.items() if os.path.exists(path)}
        with suppress(LexloomError):
            write_lines(self._path, [json.dumps(there, indent=0)])
