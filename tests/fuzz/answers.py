"""Answers of a server, of good and bad parts: a download ends with the right file or one error."""

import hashlib
import tempfile
import threading
from pathlib import Path

from engine import Subject
from hostile_server import Answer, Server
from hypothesis import strategies as st
from programs import controls

from lexloom.corpus.downloads import Patience, download
from lexloom.errors import LexloomError

CONTENT = b"some text\n" * 500
SHA256 = hashlib.sha256(CONTENT).hexdigest()
PATIENCE = Patience(tries=2, backoff=0.01, timeout=0.2, least_speed=1e5, longest_wait=0.1)
LIMIT = PATIENCE.seconds(len(CONTENT)) + 20
"""Seconds that a download may take; what is added is for a busy machine."""

LENGTHS = st.sampled_from([len(CONTENT), len(CONTENT) + 1, 5, 0, -5, 10**30, "9" * 5000, "many", "5, 6"])
PLACES = [
    "/",
    "{address}",
    "file:///etc/passwd",
    "ftp://127.0.0.1/",
    "https://127.0.0.1:1/",
    "http://[",
    "//",
]
TEXTS = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=40)
HEADERS = st.one_of(
    st.builds("Content-Length: {}".format, LENGTHS),
    st.sampled_from(PLACES).map("Location: {}".format),
    st.sampled_from(["chunked", "gzip, chunked", "none", "CHUNKED"]).map("Transfer-Encoding: {}".format),
    st.sampled_from(["gzip", "br", "zstd", "x"]).map("Content-Encoding: {}".format),
    st.one_of(TEXTS, st.integers().map(str)).map("Retry-After: {}".format),
    st.builds("{}: {}".format, TEXTS, TEXTS),
    TEXTS,
)
STATUSES = st.one_of(
    st.sampled_from(
        [100, 200, 200, 200, 200, 204, 206, 301, 302, 304, 307, 404, 416, 429, 500, 503, 999, -1]
    ),
    st.integers(0, 10**6),
)
GOOD_HEADS = [
    b"HTTP/1.1 200 OK\r\n%b\r\n" % header
    for header in (b"", b"Content-Length: %d\r\n" % len(CONTENT), b"Transfer-Encoding: chunked\r\n")
]
CHUNK = b"%x\r\n%b\r\n" % (len(CONTENT), CONTENT)
BODIES = st.one_of(
    st.sampled_from([CONTENT, CONTENT[:-1], CONTENT + b"x", b"", b"0\r\n\r\n", CHUNK + b"0\r\n\r\n", CHUNK]),
    st.binary(max_size=100),
    st.builds(
        b"%b\r\n%b".__mod__, st.tuples(st.sampled_from([b"-5", b"fffffffffffffffff", b"x"]), st.binary())
    ),
)


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Return an answer: status, headers and body, cut off somewhere or gone on with."""
    headers = draw(st.lists(HEADERS, max_size=4))
    version = draw(st.sampled_from(["HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/9.9", "FTP"]))
    head = "\r\n".join([f"{version} {draw(STATUSES)} {draw(TEXTS)}", *headers, "", ""])
    start = draw(st.sampled_from(GOOD_HEADS)) if draw(st.booleans()) else head.encode("latin-1")
    start += draw(BODIES)
    if draw(st.integers(0, 4)) == 0:
        start = start[: draw(st.integers(0, len(start)))]
    times, pause = draw(st.sampled_from([(0, 0.0), (0, 0.0), (None, 0.0), (None, 0.01), (1, 100.0)]))
    part = draw(
        st.sampled_from([b"x", b"\r\n", b"a: b\r\n", b"0" * 4096, b"1\r\nx\r\n", b"HTTP/1.1 100\r\n\r\n"])
    )
    return Answer(start, part, times, pause)


INPUTS = st.lists(answers(), min_size=1, max_size=2)


def check(given: list[Answer]) -> str:
    """Download from a server with these answers; return how that ended."""
    with tempfile.TemporaryDirectory() as folder, Server(*given) as server:
        target, ended = Path(folder) / "text.txt", []
        thread = threading.Thread(target=_fetch, args=(server.address, target, ended), daemon=True)
        thread.start()
        thread.join(LIMIT)
        assert ended, "the download goes on, or ended with an error that is not for a person"
        files = [path.name for path in Path(folder).iterdir()]
        if isinstance(ended[0], str):
            lines = ended[0].split("\n")
            assert len(lines) == 2, lines
            assert all(not controls(line) and len(line) < 500 for line in lines), lines
            assert files == []
            return "refused"
        assert files == ["text.txt"]
        assert target.read_bytes() == CONTENT
        return "had"


def _fetch(address: str, target: Path, ended: list[object]) -> None:
    try:
        size = len(CONTENT)
        ended.append(download("text.txt", SHA256, [address], target, patience=PATIENCE, size=size))
    except LexloomError as error:
        ended.append(str(error))


SUBJECT = Subject("answers", INPUTS, check, limit=LIMIT + 30)
