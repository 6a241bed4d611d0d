"""Fetching a file from a mirror or its origins; it gets its name only after its checksum is right."""

import os
import shutil
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pooch
import requests

from lexloom.errors import LexloomError
from lexloom.storage.checksums import file_sha256

pooch.get_logger().setLevel("WARNING")


class _WrongContent(ValueError):
    """What came is complete but not the file that was asked for."""


@dataclass(frozen=True)
class Patience:
    """How long to try an address.

    Attributes
    ----------
    tries : int
        Where a further try can help: no connection, no answer, half an answer, 429 or 5xx.
    backoff : float
        Seconds of pause after the first failed try; they double with each further one.
    timeout : float
        Seconds to wait for a connection, and for each next part of an answer.
    """

    tries: int = 4
    backoff: float = 1.0
    timeout: float = 30.0


def download(
    path: str,
    sha256: str,
    origins: Iterable[str],
    target: str | Path,
    mirror: str | None = None,
    patience: Patience = Patience(),
    progressbar: Any = None,
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

    Returns
    -------
    failures : list of str
        A line for each place that was skipped, and why.

    Raises
    ------
    LexloomError
        When no place has the file: each place with its reason.
    """
    target = Path(target)
    places = ([_join(mirror, path)] if mirror else []) + list(origins)
    failures: list[str] = []
    for place in places:
        try:
            _with_retries(partial(_fetch, place, sha256, target, patience.timeout, progressbar), patience)
            return failures
        except (requests.RequestException, OSError, ValueError) as error:
            failures.append(f"{place}: {_reason(error)}")
    raise LexloomError(_nobody_has_it(path, failures))


def _join(mirror: str, path: str) -> str:
    return f"{mirror.rstrip('/')}/{path}" if _is_address(mirror) else str(Path(mirror).expanduser() / path)


def _is_address(place: str) -> bool:
    return "://" in place


def _with_retries(fetch: Callable[[], None], patience: Patience) -> None:
    for attempt in range(1, patience.tries + 1):
        try:
            fetch()
            return
        except requests.RequestException as error:
            if attempt == patience.tries or not _is_passing(error):
                raise
            time.sleep(patience.backoff * 2 ** (attempt - 1))


def _fetch(place: str, sha256: str, target: Path, timeout: float, progressbar: Any) -> None:
    get = pooch.HTTPDownloader(timeout=timeout, progressbar=progressbar)

    def downloader(address: str, temporary: str, _pooch: Any) -> None:
        if _is_address(address):
            get(address, temporary, None)
        else:
            shutil.copyfile(address, temporary)
        _check_content(temporary, sha256)
        os.chmod(temporary, 0o644)

    pooch.retrieve(place, f"sha256:{sha256}", target.name, target.parent, downloader=downloader)


def _check_content(file: str, sha256: str) -> None:
    digest = file_sha256(file)
    if digest == sha256:
        return
    with open(file, "rb") as content:
        start = content.read(100).lstrip().lower()
    if start.startswith((b"<!doctype html", b"<html")):
        raise _WrongContent("an HTML page came instead of the file, perhaps of a proxy or a sign-in")
    raise _WrongContent(f"its sha256 is {digest}, expected {sha256}")


def _is_passing(error: requests.RequestException) -> bool:
    if isinstance(error, requests.HTTPError):
        return error.response.status_code == 429 or error.response.status_code >= 500
    return isinstance(
        error, requests.ConnectionError | requests.Timeout | requests.exceptions.ChunkedEncodingError
    )


def _reason(error: Exception) -> str:
    if isinstance(error, requests.HTTPError):
        return f"the server answered {error.response.status_code} {error.response.reason}"
    if isinstance(error, requests.exceptions.SSLError):
        return f"no secure connection ({error})"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.exceptions.ChunkedEncodingError):
        return "the connection broke off before the end of the file"
    if isinstance(error, requests.ConnectionError):
        return f"the connection failed ({error})"
    if isinstance(error, FileNotFoundError):
        return "no such file"
    return str(error)


def _nobody_has_it(path: str, failures: list[str]) -> str:
    tried = "\n".join(f"  {failure}" for failure in failures)
    return f"{path}: could not be downloaded. Places tried:\n{tried}"
