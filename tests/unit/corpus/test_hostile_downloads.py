"""Whatever a server sends, a download ends: with the file, or with one line for the place and no file."""

import base64
import gzip
import hashlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from queue import Queue

import pytest
from hostile_server import Answer, Server, body, redirect
from running import path_of

from lexloom.corpus import http_answers
from lexloom.corpus.downloads import Patience, download
from lexloom.corpus.http_answers import BadAnswer
from lexloom.errors import LexloomError

CONTENT = b"some text\n" * 5_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
LENGTH = f"Content-Length: {len(CONTENT)}"
CHUNKED = "Transfer-Encoding: chunked"
PATIENCE = Patience(tries=2, backoff=0.01, timeout=10, least_speed=1e6, longest_wait=0.1)
SHORT = replace(PATIENCE, timeout=0.3)
"""For answers that take too long: nothing else may depend on how busy this machine is."""
BOMB = gzip.compress(bytes(10**8))
GOOD = Answer(body(CONTENT, LENGTH))
SLOW = "no answer in time"
BROKEN = "the connection broke off before the end of the file"
HTML = "an HTML page came instead of the file"
GZIP = "a gzip file came instead of the file"
TOO_MUCH = f"more than the {len(CONTENT)} bytes of the file"

KINDS = {
    "endless body": (Answer(body(b""), b"x" * 2**16, None), TOO_MUCH),
    "endless chunks": (Answer(body(b"", CHUNKED), b"400\r\n" + b"x" * 2**10 + b"\r\n", None), TOO_MUCH),
    "endless chunk size": (Answer(body(b"", CHUNKED), b"0" * 2**16, None), BROKEN),
    "endless trailers": (Answer(body(b"0\r\n", CHUNKED), b"a: b\r\n" * 1000, None), SLOW),
    "negative chunk": (Answer(body(b"-5\r\n" + CONTENT, CHUNKED)), BROKEN),
    "no chunk size": (Answer(body(b"many\r\n" + CONTENT, CHUNKED)), BROKEN),
    "gzip bomb": (Answer(body(BOMB, "Content-Encoding: gzip", f"Content-Length: {len(BOMB)}")), GZIP),
    "small gzip": (Answer(body(gzip.compress(CONTENT), "Content-Encoding: gzip")), GZIP),
    "page after a mark": (Answer(body(b"\xef\xbb\xbf\n<!DOCTYPE HTML>\n<html>")), HTML),
    "page after a comment": (Answer(body(b"<!-- a --><HTML lang='en'>")), HTML),
    "page of XHTML": (Answer(body(b"<?xml version='1.0'?>\n<html>")), HTML),
    "large page": (Answer(body(b"<html>" + CONTENT)), HTML),
    "dripping body": (Answer(body(b"", LENGTH), b"x", None, 0.01), SLOW),
    "dripping header": (Answer(b"HTTP/1.1 200 OK\r\na: ", b"x", None, 0.01), SLOW),
    "dripping status": (Answer(b"", b"H", None, 0.01), SLOW),
    "silence": (Answer(b"", b"x", 1, 100), SLOW),
    "endless header": (Answer(b"HTTP/1.1 200 OK\r\na: ", b"x" * 2**16, None), "the connection failed"),
    "endless headers": (Answer(b"HTTP/1.1 200 OK\r\n", b"a: b\r\n" * 1000, None), "the connection failed"),
    "endless continue": (Answer(b"", b"HTTP/1.1 100 Continue\r\n\r\n", None, 0.001), SLOW),
    "endless redirects": (Answer(redirect("{address}?x")), "more than 5 redirects"),
    "redirect, endless body": (
        Answer(body(b"", "Location: /", status="302 Found"), b"x" * 2**16, None),
        "more than 5 redirects",
    ),
    "redirect to a file": (Answer(redirect("file:///etc/passwd")), "a redirect to file:///etc/passwd"),
    "redirect to ftp": (Answer(redirect("ftp://127.0.0.1/x")), "a redirect to ftp://127.0.0.1/x"),
    "redirect nowhere": (Answer(redirect("http://a..b/")), ""),
    "redirect to a bad port": (Answer(redirect("http://127.0.0.1:99999999/")), ""),
    "length too long": (Answer(body(CONTENT, f"Content-Length: {len(CONTENT) + 1}")), BROKEN),
    "length too short": (Answer(body(CONTENT, "Content-Length: 5")), "its sha256 is"),
    "two lengths": (Answer(body(CONTENT, LENGTH, "Content-Length: 5")), ""),
    "no content": (Answer(body(b"", status="204 No Content")), "the server answered 204 No Content"),
    "partial": (Answer(body(CONTENT, LENGTH, status="206 Partial Content")), "answered 206"),
    "not modified": (Answer(body(b"", status="304 Not Modified")), "the server answered 304 Not Modified"),
    "nothing": (Answer(), "the connection failed"),
    "no HTTP": (Answer(bytes(range(256)) * 100), "the connection failed"),
    "asks to wait a year": (
        Answer(body(b"", "Retry-After: 31536000", status="503 Busy")),
        "the server answered 503 Busy, and asks to wait 31536000 s",
    ),
}
HAD = {
    "no length": Answer(body(CONTENT)),
    "negative length": Answer(body(CONTENT, "Content-Length: -5")),
    "length of many digits": Answer(body(CONTENT, "Content-Length: " + "9" * 5000)),
    "length that is no number": Answer(body(CONTENT, "Content-Length: many")),
    "chunks": Answer(body(b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT), CHUNKED)),
    "encoding in name only": Answer(body(CONTENT, LENGTH, "Content-Encoding: gzip")),
}


def fetch(folder, *addresses, patience=PATIENCE):
    """Download in a thread, which must end; return what was skipped."""
    ended = []

    def run():
        try:
            target = folder / "text.txt"
            skipped = download("text.txt", SHA256, addresses, target, None, patience, size=len(CONTENT))
            ended.append(skipped)
        except LexloomError as error:
            ended.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(30)
    assert ended, "the download goes on"
    if isinstance(ended[0], LexloomError):
        raise ended[0]
    return ended[0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bad_answer_is_named_on_one_line_and_leaves_nothing(tmp_path, kind):
    answer, reason = KINDS[kind]
    with Server(answer) as server, pytest.raises(LexloomError) as error:
        fetch(tmp_path, server.address, patience=SHORT if reason == SLOW else PATIENCE)
    _, line = str(error.value).split("\n")
    assert line.startswith(f"  {server.address}: ")
    assert reason in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", HAD)
def test_an_odd_answer_with_the_file_is_taken(tmp_path, kind):
    with Server(HAD[kind]) as server:
        assert fetch(tmp_path, server.address) == []
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [CONTENT]


def test_nobody_who_answers_a_connection_is_passed_over(tmp_path):
    listener = socket.create_server(("127.0.0.1", 0), backlog=0)
    waiting = [socket.socket() for _ in range(4)]
    for each in waiting:
        each.setblocking(False)
        each.connect_ex(listener.getsockname())
    with Server(GOOD) as server:
        silent = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        (skipped,) = fetch(tmp_path, silent, server.address, patience=SHORT)
    assert SLOW in skipped
    for each in [listener, *waiting]:
        each.close()


def test_many_bad_places_take_a_limited_time_and_all_are_told(tmp_path):
    with Server(KINDS["silence"][0]) as server, pytest.raises(LexloomError) as error:
        fetch(tmp_path, *[server.address] * 3000, patience=SHORT)
    lines = str(error.value).splitlines()[1:]
    assert SLOW in lines[0]
    assert lines[-1] == "  and 2990 more"
    assert server.connections < 30


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Busy"])
@pytest.mark.parametrize(
    "asked",
    ["0", "-5", "soon", "9" * 400, "Thu, 99 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT", "", "²"],
)
def test_a_server_that_asks_to_wait_gets_another_try_or_none(tmp_path, status, asked):
    busy = Answer(body(b"", f"Retry-After: {asked}", status=status))
    with Server(busy, GOOD) as server:
        if asked == "9" * 400:
            with pytest.raises(LexloomError, match=status):
                fetch(tmp_path, server.address)
        else:
            assert fetch(tmp_path, server.address) == []


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_the_pause_is_the_one_that_the_server_asks_for(tmp_path, monkeypatch, form):
    pauses = []
    monkeypatch.setattr("lexloom.corpus.downloads.time.sleep", pauses.append)
    later = datetime.now(UTC) + timedelta(seconds=1000)
    asked = "3" if form == "seconds" else format_datetime(later, usegmt=True)
    busy = Answer(body(b"", f"Retry-After: {asked}", status="503 Busy"))
    with Server(busy, GOOD) as server:
        assert fetch(tmp_path, server.address, patience=Patience(longest_wait=1000, timeout=200)) == []
    assert pauses == [3] if form == "seconds" else 900 < pauses[0] <= 1000


@pytest.mark.parametrize("patience", [Patience(longest_wait=20), Patience(timeout=1, least_speed=1e6)])
def test_a_server_that_asks_for_more_time_than_there_is_is_passed_over(tmp_path, monkeypatch, patience):
    pauses = []
    monkeypatch.setattr("lexloom.corpus.downloads.time.sleep", pauses.append)
    with Server(Answer(body(b"", "Retry-After: 30", status="503 Busy"))) as busy, Server(GOOD) as server:
        (skipped,) = fetch(tmp_path, busy.address, server.address, patience=patience)
    assert "503 Busy" in skipped
    assert pauses == []


def test_progress_of_each_try_begins_anew_and_ends_with_the_size(tmp_path):
    steps = []

    class Bar:
        def reset(self, total):
            steps.append([total])

        def update(self, size):
            steps[-1].append(size)

    half = Answer(body(CONTENT[: len(CONTENT) // 2], LENGTH))
    with Server(half, GOOD) as server:
        target = tmp_path / "text.txt"
        download("text.txt", SHA256, [server.address], target, None, PATIENCE, Bar(), size=len(CONTENT))
    assert [total for total, *_ in steps] == [len(CONTENT)] * 2
    assert [sum(sizes) for _, *sizes in steps] == [len(CONTENT) // 2, len(CONTENT)]


def test_the_file_is_asked_for_as_it_is(tmp_path):
    with Server(GOOD) as server:
        fetch(tmp_path, server.address)
    assert b"\r\nAccept-Encoding: identity\r\n" in server.requests[0]


def test_nobody_goes_on_reading_an_answer_that_was_given_up(monkeypatch):
    def readers():
        return {thread for thread in threading.enumerate() if "_read_into" in thread.name}

    others, queue = readers(), Queue(4)
    monkeypatch.setattr(http_answers, "Queue", lambda maxsize: queue)
    with Server(KINDS["endless body"][0]) as server:
        parts = http_answers.read_answer(server.address, 10, 1e6)
        next(parts)
        while not queue.full():
            time.sleep(0.01)
        parts.close()
        for thread in readers() - others:
            thread.join(10)
    assert readers() <= others


def test_the_reason_is_told_after_a_long_address_too(tmp_path):
    with Server(KINDS["partial"][0]) as server, pytest.raises(LexloomError) as error:
        fetch(tmp_path, server.address + "x" * 2000, "http://127.0.0.1:1/" + "x" * 2000)
    _, partial, refused = str(error.value).split("\n")
    assert "answered 206" in partial
    assert "refused" in refused
    assert len(partial) < 700
    assert len(refused) < 700


def test_a_server_cannot_write_to_the_terminal(tmp_path):
    answers = [
        Answer(body(b"", status="404 \x1b[2J\x07\x9b31m\r")),
        Answer(redirect("file:///\x1b]0;x\x07")),
        Answer(body(b"", status="404 " + "x" * 5000)),
    ]
    for answer in answers:
        with Server(answer) as server, pytest.raises(LexloomError) as error:
            fetch(tmp_path, server.address)
        _, line = str(error.value).split("\n")
        assert line.isprintable()
        assert len(line) < 400


@pytest.mark.parametrize(
    "place", ["http://me:secret@127.0.0.1:1/", "http://me:secret@a..b/", "ftp://me:secret@a/"]
)
def test_a_password_in_an_address_is_not_shown(tmp_path, place):
    with pytest.raises(LexloomError) as error:
        fetch(tmp_path, place)
    assert "//...@" in str(error.value)
    assert "secret" not in str(error.value)


def test_a_server_gets_the_password_in_its_address_and_no_other(tmp_path, monkeypatch):
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for credentials, sent in (("", b""), ("you:known@", base64.b64encode(b"you:known"))):
        with Server(GOOD) as server:
            fetch(tmp_path, server.address.replace("//", f"//{credentials}"))
        (request,) = server.requests
        assert (b"Authorization: Basic " in request, sent in request) == (bool(sent), True)


def test_a_header_that_is_none_is_nothing_to_tell(tmp_path, caplog):
    with Server(Answer(body(CONTENT, "nonsense", LENGTH))) as server:
        assert fetch(tmp_path, server.address) == []
    assert caplog.text == ""


def test_no_redirect_leads_away_from_https():
    with pytest.raises(BadAnswer, match="not of https"):
        http_answers._redirected("https://a/b", "http://a/c")
    assert http_answers._redirected("https://a/b", "c") == "https://a/c"
    assert http_answers._redirected("http://a/b", "https://a/c") == "https://a/c"


@pytest.mark.parametrize("place", ["/dev/zero", "pipe", "."])
def test_a_mirror_is_read_only_where_it_has_a_file(tmp_path, place):
    mirror = tmp_path / "mirror"
    mirror.mkdir()
    if place == "pipe":
        os.mkfifo(mirror / "text.txt")
    else:
        (mirror / "text.txt").symlink_to(place)
    with pytest.raises(LexloomError, match="not a file"):
        download("text.txt", SHA256, [], tmp_path / "text.txt", str(mirror), size=len(CONTENT))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_leaves_no_temporary_file(tmp_path, number):
    with Server(Answer(body(CONTENT[:100], LENGTH), b"x", 1, 100)) as server:
        options = [
            "text.txt",
            "--output=text.txt",
            f"--sha256={SHA256}",
            "--size=1000000",
            "--origins",
            server.address,
        ]
        process = subprocess.Popen(
            [sys.executable, path_of("download_file"), *options],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            text=True,
        )
        end = time.monotonic() + 30
        while not (server.connections and list(tmp_path.iterdir())) and time.monotonic() < end:
            time.sleep(0.01)
        assert list(tmp_path.iterdir()) != []
        process.send_signal(number)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 128 + number
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []
