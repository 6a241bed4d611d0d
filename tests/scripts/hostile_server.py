"""A server on this machine that answers with any bytes, at any pace, for tests of downloads."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import repeat


@dataclass(frozen=True)
class Answer:
    """What a connection gets.

    Attributes
    ----------
    start : bytes
        Sent at once.
    part : bytes
        Sent again and again after that.
    times : int or None
        How often; by default, without end.
    pause : float
        Seconds before each part.
    """

    start: bytes = b""
    part: bytes = b""
    times: int | None = 0
    pause: float = 0.0


class Server:
    """Gives the answers to one connection after the other; the last one to all that follow."""

    def __init__(self, *answers: Answer):
        self.answers = answers
        self.connections = 0
        self.requests: list[bytes] = []
        self.stopped = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}/text.txt"

    def __enter__(self) -> "Server":
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stopped.set()
        self.listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                answer = self.answers[min(self.connections, len(self.answers) - 1)]
                self.connections += 1
                threading.Thread(target=self._answer, args=(connection, answer), daemon=True).start()

    def _answer(self, connection: socket.socket, answer: Answer) -> None:
        with contextlib.suppress(OSError), connection:
            self.requests.append(connection.recv(2**16))
            connection.sendall(answer.start.replace(b"{address}", self.address.encode()))
            for part in self._parts(answer):
                connection.sendall(part)
            connection.shutdown(socket.SHUT_WR)

    def _parts(self, answer: Answer) -> Iterator[bytes]:
        times = repeat(answer.part) if answer.times is None else repeat(answer.part, answer.times)
        for part in times:
            if self.stopped.wait(answer.pause):
                return
            yield part


def body(content: bytes, *headers: str, status: str = "200 OK") -> bytes:
    """Return an answer with headers."""
    return "\r\n".join([f"HTTP/1.1 {status}", *headers, "", ""]).encode("latin-1") + content


def redirect(location: str) -> bytes:
    """Return a redirect; {address} in it stands for the server's own."""
    return body(b"", "Content-Length: 0", f"Location: {location}", status="302 Found")
