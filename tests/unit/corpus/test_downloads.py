"""A download ends with the right file under its name, or with no file and each place's reason."""

import hashlib
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from lexloom.corpus.downloads import Patience, download
from lexloom.errors import LexloomError

SCRIPT = Path(__file__).parents[3] / "scripts/corpus/download_file.py"
CONTENT = b"some text\n" * 20_000
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Handler(BaseHTTPRequestHandler):
    """Answers by the first part of the path; what follows it tells requests of different tests apart."""

    def do_GET(self):
        tries = self.server.tries
        tries[self.path] = tries.get(self.path, 0) + 1
        getattr(self, self.path.split("/")[1])(tries[self.path])

    def answer(self, body, status=200, length=None, **headers):
        self.send_response(status)
        for name, value in {"Content-Length": length or len(body), **headers}.items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(body)

    def good(self, attempt):
        self.answer(CONTENT)

    def truncated(self, attempt):
        self.answer(CONTENT[:1000], length=len(CONTENT))

    def short(self, attempt):
        self.answer(CONTENT[:1000])

    def corrupted(self, attempt):
        self.answer(CONTENT.replace(b"text", b"test", 1))

    def redirected(self, attempt):
        self.answer(b"", 302, Location="/good/after-a-redirect")

    def unavailable(self, attempt):
        self.answer(b"", 503)

    def twice_500(self, attempt):
        self.answer(b"", 500) if attempt <= 2 else self.answer(CONTENT)

    def once_busy(self, attempt):
        self.answer(b"", 429) if attempt == 1 else self.answer(CONTENT)

    def twice_truncated(self, attempt):
        self.truncated(attempt) if attempt <= 2 else self.answer(CONTENT)

    def missing(self, attempt):
        self.answer(b"<html>no such page</html>", 404)

    def html(self, attempt):
        self.answer(b"\n<!DOCTYPE html><title>Sign in</title>")

    def hanging(self, attempt):
        self.server.released.wait(20)

    def stalled(self, attempt):
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:1000])
        self.server.released.wait(20)

    def log_message(self, *arguments):
        pass


@pytest.fixture(scope="module")
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.tries, server.released = {}, threading.Event()
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.released.set()
    server.shutdown()
    server.server_close()


@pytest.fixture
def fetch(server, tmp_path):
    """Fetch from the server's addresses; return what was skipped."""
    server.tries.clear()

    def fetch(*names, mirror=None, sha256=SHA256):
        timeout = 0.3 if {*names} & {"hanging", "stalled"} else 10
        origins = [
            name if "://" in name else f"http://127.0.0.1:{server.server_port}/{name}/x" for name in names
        ]
        target = tmp_path / "out/text.txt"
        return download(
            "folder/text.txt", sha256, origins, target, mirror, Patience(3, 0.01, timeout), size=10**6
        )

    return fetch


def files_under(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def has_the_file(folder):
    (path,) = files_under(folder)
    readable_by_all = path.stat().st_mode & 0o444 == 0o444
    return path == folder / "out/text.txt" and path.read_bytes() == CONTENT and readable_by_all


@pytest.mark.parametrize("name", ["good", "redirected", "twice_500", "once_busy", "twice_truncated"])
def test_what_can_be_had_is_had(fetch, tmp_path, name):
    assert fetch(name) == []
    assert has_the_file(tmp_path)


@pytest.mark.parametrize(
    ("name", "reason", "tries"),
    [
        ("truncated", "the connection broke off before the end", 3),
        ("short", "its sha256 is", 1),
        ("corrupted", f"expected {SHA256}", 1),
        ("unavailable", "the server answered 503 Service Unavailable", 3),
        ("missing", "the server answered 404 Not Found", 1),
        ("html", "an HTML page came instead of the file", 1),
        ("hanging", "no answer in time", 3),
        ("stalled", "no answer in time", 3),
    ],
)
def test_what_goes_wrong_is_named_and_leaves_nothing(fetch, server, tmp_path, name, reason, tries):
    with pytest.raises(LexloomError) as refusal:
        fetch(name)
    line = str(refusal.value).splitlines()[1]
    assert line.startswith(f"  http://127.0.0.1:{server.server_port}/{name}/x: ")
    assert reason in line
    assert server.tries[f"/{name}/x"] == tries
    assert files_under(tmp_path) == []


def test_the_next_place_is_tried_and_the_failed_ones_are_told(fetch, server, tmp_path):
    passed_over = fetch("missing", "corrupted", "good", "unavailable")
    assert [line.split("/")[3] for line in passed_over] == ["missing", "corrupted"]
    assert "/unavailable/x" not in server.tries
    assert has_the_file(tmp_path)


def test_a_folder_as_mirror_comes_first(fetch, server, tmp_path):
    mirror = tmp_path / "mirror/folder/text.txt"
    mirror.parent.mkdir(parents=True)
    mirror.write_bytes(CONTENT)
    assert fetch("good", mirror=str(tmp_path / "mirror")) == []
    assert server.tries == {}
    mirror.write_bytes(b"other")
    (tmp_path / "out/text.txt").unlink()
    assert "its sha256 is" in fetch("good", mirror=str(tmp_path / "mirror"))[0]
    assert fetch("good", mirror="~nobody of this name/mirror") == [
        "~nobody of this name/mirror/folder/text.txt: no such file"
    ]
    assert (tmp_path / "out/text.txt").read_bytes() == CONTENT


def test_a_place_without_a_secure_connection_is_passed_over_at_once(fetch, server, tmp_path):
    (passed_over,) = fetch(f"https://127.0.0.1:{server.server_port}/good/x", "good")
    assert "no secure connection" in passed_over
    assert has_the_file(tmp_path)


@pytest.mark.parametrize("end", ["", "/"])
def test_an_address_as_mirror_has_the_path_after_it(fetch, server, tmp_path, end):
    assert fetch("missing", mirror=f"http://127.0.0.1:{server.server_port}/good{end}") == []
    assert server.tries == {"/good/folder/text.txt": 1}
    assert has_the_file(tmp_path)


def test_a_wrong_file_under_the_name_is_replaced_and_kept_until_then(fetch, tmp_path):
    target = tmp_path / "out/text.txt"
    target.parent.mkdir()
    target.write_bytes(b"old")
    with pytest.raises(LexloomError):
        fetch("truncated")
    assert target.read_bytes() == b"old"
    fetch("good")
    assert has_the_file(tmp_path)


def test_when_nothing_answers_each_place_and_three_ways_out_are_told(tmp_path):
    def run(*arguments, **environment):
        command = [
            sys.executable,
            SCRIPT,
            "ptb/a.txt",
            "--output=a.txt",
            f"--sha256={SHA256}",
            "--size=1000000",
            *arguments,
        ]
        return subprocess.run(
            command, capture_output=True, text=True, check=False, cwd=tmp_path, env=environment
        )

    done = run("--origins", "nowhere://a", "missing://b", LEXLOOM_MIRROR="none")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("error: ptb/a.txt: could not be downloaded")
    assert [line.split(": ")[0] for line in lines[1:4]] == [
        "  none/ptb/a.txt",
        "  nowhere://a",
        "  missing://b",
    ]
    assert "no such file" in lines[1]
    assert lines[2].endswith("expected an address that starts with https:// or http://, or a folder")
    assert ["LEXLOOM_MIRROR" in lines[5], "source: files" in lines[6], "corpus=sample" in lines[7]] == [
        True
    ] * 3
    assert files_under(tmp_path) == []

    (tmp_path / "mirror/ptb").mkdir(parents=True)
    (tmp_path / "mirror/ptb/a.txt").write_bytes(CONTENT)
    done = run("--origins", "nowhere://a", LEXLOOM_MIRROR="mirror")
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "a.txt").read_bytes() == CONTENT
