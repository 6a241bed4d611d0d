"""Output and messages that any terminal can show, and that cannot control it."""

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from lexloom.errors import LexloomError, middle_left_out, printable_lines
from lexloom.storage.atomic_files import failures_named

_LONGEST = 2000
"""How many characters of a line of a message are shown."""


def show(lines: Iterable[str]) -> None:
    """Print lines for a person; that a reader such as head closes the pipe early is no error."""
    _print("\n".join(lines) + "\n")


def show_pieces(pieces: Iterable[str]) -> None:
    """Print a text while it is made, each word when it is complete; errors as of `show`."""
    pending, line_is_open = "", False
    for piece in pieces:
        pending += piece
        end = 1 + max(pending.rfind(" "), pending.rfind("\n"))
        if end:
            if not _print(pending[:end]):
                return
            line_is_open, pending = pending[end - 1] != "\n", pending[end:]
    if pending or line_is_open:
        _print(pending + "\n")


def log_to(handler: logging.Handler) -> None:
    """Log messages to a handler, with what would steer a terminal escaped."""
    handler.setFormatter(_Printable("%(message)s"))
    logging.getLogger().addHandler(handler)


@contextmanager
def any_terminal() -> Iterator[None]:
    """Let standard output take any character, be closed early, as by `--help | head -1`, or be full."""
    if sys.stdout is not None:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        yield
    finally:
        try:
            with _output_closed_by_errors():
                if sys.stdout is not None:
                    sys.stdout.flush()
        except LexloomError as error:
            sys.exit(f"error: {error}")


def _print(text: str) -> bool:
    """Print a text, and return whether anybody still reads."""
    is_read = False
    with _output_closed_by_errors():
        print(printable_lines(text), end="", flush=True)
        is_read = True
    return is_read


@contextmanager
def _output_closed_by_errors() -> Iterator[None]:
    """Leave nothing to write at exit when writing fails; a reader who has seen enough is no failure."""
    try:
        with failures_named("standard output"):
            yield
    except LexloomError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error.__cause__, BrokenPipeError):
            raise


class _Printable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a message, each printable, and not longer than a person reads."""
        lines = printable_lines(super().format(record)).split("\n")
        return "\n".join(middle_left_out(line, _LONGEST) for line in lines)
