"""Reading an answer over HTTP from a server that may be slow, broken or hostile."""

import logging
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from queue import Empty, Queue
from urllib.parse import urljoin, urlsplit

import requests
import urllib3
from requests.auth import HTTPBasicAuth
from requests.utils import get_auth_from_url

_PART = 2**16
_REDIRECTS = 5
_HEADERS = {"Accept-Encoding": "identity"}  # as the checksum is of the plain file

logging.getLogger("urllib3").setLevel(logging.ERROR)  # it warns, with a traceback, of a header that is none


class BadAnswer(Exception):
    """An answer without the file.

    Attributes
    ----------
    passing : bool
        Whether the same request may succeed later.
    wait : float
        The seconds until then, if the server said so.
    """

    def __init__(self, reason: str, passing: bool, wait: float = 0.0):
        super().__init__(reason)
        self.passing, self.wait = passing, wait


def read_answer(address: str, timeout: float, least_speed: float) -> Iterator[bytes]:
    """Yield the parts of the body of an answer.

    The body is not decoded, so that it cannot grow. Redirects are followed, but not away from https.

    Parameters
    ----------
    address : str
        Of http or https.
    timeout, least_speed : float
        The answer may take `timeout` seconds, and a second more for each `least_speed` bytes.

    Raises
    ------
    BadAnswer
        When the answer is not the file, or ends early.
    """
    parts: Queue[bytes | Exception] = Queue(maxsize=4)
    abandoned = threading.Event()
    # No library limits the time of a whole answer: each byte of a header begins a new timeout.
    threading.Thread(target=_read_into, args=(parts, abandoned, address, timeout), daemon=True).start()
    ends = time.monotonic() + timeout
    try:
        while part := parts.get(timeout=max(0.0, ends - time.monotonic())):
            if isinstance(part, Exception):
                raise part
            ends += len(part) / least_speed
            yield part
    except Empty:
        slow = f"no answer in time, or one of less than {least_speed:.0f} bytes a second"
        raise BadAnswer(slow, passing=True) from None
    finally:
        abandoned.set()
        while not parts.empty():  # the thread may wait for a free place
            parts.get_nowait()


def _read_into(
    parts: Queue[bytes | Exception], abandoned: threading.Event, address: str, timeout: float
) -> None:
    """Put the parts of an answer into a queue, then an empty one; or what went wrong."""
    try:
        for part in _parts(address, timeout):
            parts.put(part)
            if abandoned.is_set():
                return
        parts.put(b"")
    except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
        parts.put(_as_bad_answer(error))
    except Exception as error:  # noqa: BLE001  # raised in the thread that waits
        parts.put(error)


def _parts(address: str, timeout: float) -> Iterator[bytes]:
    with _Session() as session:
        for _ in range(_REDIRECTS + 1):
            _check_scheme(address)
            with session.get(
                address, headers=_HEADERS, timeout=timeout, stream=True, auth=_own_password
            ) as response:
                if response.is_redirect:
                    address = _redirected(address, response.headers["Location"])
                    continue
                _check_status(response)
                while part := response.raw.read1(_PART, decode_content=False):
                    yield part
                return
    raise BadAnswer(f"more than {_REDIRECTS} redirects", passing=False)


class _Session(requests.Session):
    """A session that follows no redirect, because it would first read the body of the redirect to its end."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


def _check_scheme(address: str) -> None:
    if urlsplit(address).scheme not in ("http", "https"):
        expected = "expected an address that starts with https:// or http://, or a folder"
        raise BadAnswer(expected, passing=False)


def _own_password(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Send the password that is part of the address, if there is one, and none from .netrc."""
    user, password = get_auth_from_url(request.url or "")
    return HTTPBasicAuth(user, password)(request) if user or password else request


def _redirected(address: str, location: str) -> str:
    target = urljoin(address, location)
    allowed = ("https",) if urlsplit(address).scheme == "https" else ("http", "https")
    if urlsplit(target).scheme not in allowed:
        raise BadAnswer(f"a redirect to {target}, which is not of {' or '.join(allowed)}", passing=False)
    return target


def _check_status(response: requests.Response) -> None:
    status = response.status_code
    if status != 200:
        wait = _seconds(response.headers.get("Retry-After", ""))
        asks = f", and asks to wait {wait:.0f} s" if wait else ""
        answered = f"the server answered {status} {response.reason}{asks}"
        raise BadAnswer(answered, status == 429 or status >= 500, wait)


def _seconds(retry_after: str) -> float:
    """Return how long a server asks to wait, which it says in seconds or as a date; 0 if it says neither."""
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:12])
    try:
        return max(0.0, (parsedate_to_datetime(retry_after) - datetime.now(UTC)).total_seconds())
    except (TypeError, ValueError, OverflowError):
        return 0.0


def _as_bad_answer(error: Exception) -> BadAnswer:
    """Return an error of the libraries in words."""
    if isinstance(error, requests.exceptions.SSLError):
        return BadAnswer(f"no secure connection ({error})", passing=False)
    if isinstance(error, requests.Timeout | urllib3.exceptions.TimeoutError):
        return BadAnswer("no answer in time", passing=True)
    if isinstance(error, urllib3.exceptions.ProtocolError | requests.exceptions.ChunkedEncodingError):
        return BadAnswer("the connection broke off before the end of the file", passing=True)
    if isinstance(error, requests.ConnectionError):
        return BadAnswer(f"the connection failed ({error})", passing=True)
    return BadAnswer(str(error), passing=False)
