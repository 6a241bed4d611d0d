"""Runs the scripts, and the command `lexloom`, in this process, which has loaded what they need."""

import io
import logging
import runpy
import sys
from contextlib import redirect_stderr, redirect_stdout
from functools import cache
from pathlib import Path
from subprocess import CompletedProcess
from unittest.mock import patch

from lexloom.commands import lexloom
from lexloom.commands.script import parse, run

SCRIPTS = Path(__file__).parents[2] / "scripts"


def path_of(name):
    """Return the path of a script."""
    (path,) = SCRIPTS.rglob(f"{name}.py")
    return path


def run_script(name, *arguments):
    """Run a script, or `lexloom`, as from a shell, and return how it ended, with what it said."""
    words = [name, *map(str, arguments)]
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace", "") for _ in range(2))
    status = 0
    with (
        patch.object(sys, "argv", words),
        patch.object(logging.getLogger(), "handlers", []),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            parser, main = program(name)
            run(main, parse(parser))
        except SystemExit as end:
            status = end.code if isinstance(end.code, int) else int(end.code is not None)
    return CompletedProcess(words, status, *map(text_of, (out, err)))


def text_of(stream):
    stream.flush()
    return stream.buffer.getvalue().decode()


def succeed(name, *arguments):
    """Run a script that must end well."""
    result = run_script(name, *arguments)
    assert result.returncode == 0, result.stderr


def call(name, *arguments):
    """Run a script, or `lexloom`; a mistake is the exception of which it makes a line."""
    parser, main = program(name)
    main(parser.parse_args(list(map(str, arguments))))


@cache
def program(name):
    """Return the parser of a script, or of `lexloom`, and what it does with options."""
    if name == "lexloom":
        return lexloom.command_parser(), lexloom._show
    script = runpy.run_path(str(path_of(name)))
    return script["options"](), script["main"]
