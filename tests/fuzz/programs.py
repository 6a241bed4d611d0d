"""Scripts and the command `lexloom`, run in this process as from a shell, and how a run may end."""

import logging
import re
import sys
import unicodedata
from collections.abc import Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

from running import program

from lexloom.commands.lexloom import main as lexloom
from lexloom.commands.script import parse, run


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    status: int
    out: str
    err: str


def ended(name: str, words: Sequence[str]) -> Ended:
    """Run a program to its end as from a shell."""
    (parser, main), status = program(name), 0
    sys.argv = [name, *words]
    logging.getLogger().handlers.clear()
    with (
        open("stdout", "w") as out,
        open("stderr", "w", errors="backslashreplace") as err,
        ExitStack() as stack,
    ):
        stack.enter_context(redirect_stdout(out))
        stack.enter_context(redirect_stderr(err))
        try:
            lexloom() if name == "lexloom" else run(main, parse(parser))
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    return Ended(status, *(Path(name).read_text(errors="backslashreplace") for name in ("stdout", "stderr")))


def controls(text: str) -> list[str]:
    """Return what a terminal takes for commands."""
    return [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"]


def check_ended(end: Ended, words: Sequence[str]) -> None:
    """Raise an error unless a program did its work, or refused it in words for a person."""
    commands = controls(end.out + end.err)
    fine = {
        0: True,
        1: len(re.findall("^error: ", end.err, re.MULTILINE)) == 1,
        2: end.err.startswith("usage: ") and ": error: " in end.err,
    }
    if "Traceback" in end.err or not fine.get(end.status) or commands:
        raise AssertionError(f"status {end.status}, controls {commands} of {words!r}:\n{end.err}")
