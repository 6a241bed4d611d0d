"""Fetching a file from a mirror or its origins; it gets its name only after its checksum is right."""

import hashlib
import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lexloom.corpus.http_answers import BadAnswer, read_answer
from lexloom.errors import LexloomError, middle_left_out, printable
from lexloom.storage.atomic_files import replacing

_PART = 2**16
_START = 1000
"""The number of bytes that tell a page from the file."""
_PLACES = 10
"""The number of failed places to list."""
_SHOWN = 300
"""The number of characters to show of a place, and of a reason, which may come from a server."""


@dataclass(frozen=True)
class Patience:
    """How long to try to get a file.

    Attributes
    ----------
    tries : int
        Of an address, where a further try can help: no connection, no answer, half an answer, 429 or 5xx.
    backoff : float
        Seconds of pause after the first failed try; they double with each further one.
    timeout : float
        Seconds until an answer begins.
    least_speed : float
        Bytes a second, below which an answer is too slow.
    longest_wait : float
        Seconds of pause that a server may ask for; if it asks for more, the next address is tried.
    """

    tries: int = 4
    backoff: float = 1.0
    timeout: float = 30.0
    least_speed: float = 20_000.0
    longest_wait: float = 60.0

    def seconds(self, size: int) -> float:
        """Return how long all addresses are tried together: for ten tries, or two whole answers."""
        return 10 * self.timeout + 2 * size / self.least_speed


def download(
    path: str,
    sha256: str,
    origins: Iterable[str],
    target: str | Path,
    mirror: str | None = None,
    patience: Patience = Patience(),
    progressbar: Any = None,
    *,
    size: int,
) -> list[str]:
    """Fetch a file from the first place that has it.

    The bytes stream into a temporary file next to the target, which is renamed once its checksum is right.
    Certificates of https addresses are always verified.

    Parameters
    ----------
    path : str
        Where the file lies under the mirror, like "ptb/ptb.train.txt".
    sha256 : str
        Its checksum in hexadecimal.
    origins : iterable of str
        Addresses, tried in turn after the mirror.
    target : path
    mirror : str, optional
        A folder, or an http(s) address, that has the file at `path`.
    patience : Patience
    progressbar : tqdm, optional
        Updated with the bytes that have come.
    size : int
        Size of the file in bytes; nothing beyond it is read.

    Returns
    -------
    failures : list of str
        A line for each place that was skipped, and why.

    Raises
    ------
    LexloomError
        When no place has the file: each place with its reason.
    """
    fetching = _Fetching(sha256, size, Path(target), patience, progressbar)
    failures: list[str] = []
    for place in ([_join(mirror, path)] if mirror else []) + list(origins):
        try:
            fetching.from_place(place)
            return failures
        except (BadAnswer, OSError) as error:
            failures.append(f"{_one_line(place)}: {_one_line(_reason(error))}")
    raise LexloomError(_nobody_has_it(path, failures))


class _Fetching:
    """Tries places until one has the file, or the time is over."""

    def __init__(self, sha256: str, size: int, target: Path, patience: Patience, progressbar: Any):
        self.sha256, self.size, self.target = sha256, size, target
        self.patience, self.progressbar = patience, progressbar
        self.ends = time.monotonic() + patience.seconds(size)

    def from_place(self, place: str) -> None:
        """Fetch the file from an address, with several tries, or from a folder."""
        if not _is_address(place):
            self._write(_file_parts(Path(place)))
            return
        pause = self.patience.backoff
        for attempt in range(1, self.patience.tries + 1):
            try:
                self._write(read_answer(place, self._timeout(), self.patience.least_speed))
                return
            except BadAnswer as error:
                wait = max(pause, error.wait)
                if not error.passing or attempt == self.patience.tries or not self._may_wait(wait):
                    raise
                time.sleep(wait)
                pause *= 2

    def _timeout(self) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise BadAnswer("not tried: the other places took all the time", passing=False)
        return min(self.patience.timeout, left)

    def _may_wait(self, seconds: float) -> bool:
        return seconds <= self.patience.longest_wait and time.monotonic() + seconds < self.ends

    def _write(self, parts: Iterator[bytes]) -> None:
        """Write the target from its parts, unless they are not those of the file."""
        digest, received, start = hashlib.sha256(), 0, b""
        if self.progressbar is not None:
            self.progressbar.reset(self.size)
        with replacing(self.target) as file:
            for part in parts:
                received += len(part)
                start = start or part[:_START]
                if received > self.size:
                    more = f"more than the {self.size} bytes of the file"
                    raise BadAnswer(_what_came(start) or more, passing=False)
                file.write(part)
                digest.update(part)
                if self.progressbar is not None:
                    self.progressbar.update(len(part))
            if digest.hexdigest() != self.sha256:
                other = f"its sha256 is {digest.hexdigest()}, expected {self.sha256}"
                raise BadAnswer(_what_came(start) or other, passing=False)


def _join(mirror: str, path: str) -> str:
    if _is_address(mirror):
        return f"{mirror.rstrip('/')}/{path}"
    return str(Path(os.path.expanduser(mirror), path))


def _is_address(place: str) -> bool:
    return "://" in place


def _file_parts(path: Path) -> Iterator[bytes]:
    if path.exists() and not path.is_file():
        raise BadAnswer("not a file", passing=False)
    with open(path, "rb") as file:
        while part := file.read(_PART):
            yield part


def _what_came(start: bytes) -> str:
    """Return what began so instead of the file, or nothing if that is unknown."""
    if start.startswith(b"\x1f\x8b"):
        return "a gzip file came instead of the file; unpack it, and use its folder as a mirror"
    if re.match(rb"(\xef\xbb\xbf)?\s*<", start) and re.search(rb"<(!doctype )?html", start, re.IGNORECASE):
        return "an HTML page came instead of the file, perhaps of a proxy or a sign-in"
    return ""


def _reason(error: Exception) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else str(error)


def _one_line(text: str) -> str:
    """Return a text, perhaps of a server, without passwords and so that it can do nothing to a terminal."""
    return middle_left_out(printable(re.sub(r"//[^/\s]*@", "//...@", text)), _SHOWN)


def _nobody_has_it(path: str, failures: list[str]) -> str:
    more = [f"and {len(failures) - _PLACES} more"] if len(failures) > _PLACES else []
    tried = "\n".join(f"  {line}" for line in failures[:_PLACES] + more)
    return f"{path}: could not be downloaded. Places tried:\n{tried}"
