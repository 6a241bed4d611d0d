"""Scripts and the command `lexloom`, run in this process as from a shell, and what a run may end like."""

import argparse
import logging
import re
import runpy
import sys
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import ExitStack, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lexloom.commands.lexloom import command_parser
from lexloom.commands.lexloom import main as lexloom
from lexloom.commands.script import run

ROOT = Path(__file__).resolve().parents[2]
SCRIPTS = {path.stem: path for path in sorted((ROOT / "scripts").rglob("*.py"))}


@dataclass(frozen=True)
class Program:
    """A program: its parser, what it does with options, and its start from `sys.argv`."""

    parser: Callable[[], argparse.ArgumentParser]
    main: Callable[[argparse.Namespace], object]
    start: Callable[[], None]


@cache
def program(name: str) -> Program:
    """Return a script by its name without .py, or `lexloom`."""
    if name == "lexloom":
        return Program(cache(command_parser), lambda options: options.command(options), lexloom)
    parts = runpy.run_path(str(SCRIPTS[name]))
    parser, main = cache(parts["options"]), parts["main"]
    return Program(parser, main, lambda: run(main, parser()))


def call(name: str, *words: Any) -> None:
    """Run a program; a mistake is the exception that the program makes a line of."""
    chosen = program(name)
    chosen.main(chosen.parser().parse_args([*map(str, words)]))


@dataclass(frozen=True)
class Ended:
    """How a program ended, and what it said."""

    status: int
    out: str
    err: str


def ended(name: str, words: Sequence[str]) -> Ended:
    """Run a program to its end as from a shell."""
    chosen, status = program(name), 0
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
            chosen.start()
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
