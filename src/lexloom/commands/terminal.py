"""Output and messages that any terminal can show, and that cannot control it."""

import logging
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from lexloom.errors import printable_lines


def show(lines: Iterable[str]) -> None:
    """Print lines for a person; that a reader such as head closes the pipe early is no error."""
    try:
        print(printable_lines("\n".join(lines)), flush=True)
    except BrokenPipeError:
        _close_output()


def log_to(handler: logging.Handler) -> None:
    """Log messages to a handler, with what would steer a terminal escaped."""
    handler.setFormatter(_Printable("%(message)s"))
    logging.getLogger().addHandler(handler)


@contextmanager
def any_terminal() -> Iterator[None]:
    """Let standard output take any character, and be closed early, as by `--help | head -1`."""
    if sys.stdout is not None:
        sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        yield
    finally:
        try:
            if sys.stdout is not None:
                sys.stdout.flush()
        except BrokenPipeError:
            _close_output()


def _close_output() -> None:
    """Leave nothing to write at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Printable(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Return the lines of a message, each printable."""
        return printable_lines(super().format(record))
