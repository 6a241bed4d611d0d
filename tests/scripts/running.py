"""Runs the scripts as a person does, for the tests."""

import runpy
import subprocess
import sys
from functools import cache
from pathlib import Path

from lexloom.commands.lexloom import command_parser

SCRIPTS = Path(__file__).parents[2] / "scripts"


def path_of(name):
    """Return the path of a script."""
    (path,) = SCRIPTS.rglob(f"{name}.py")
    return path


def run_script(name, *arguments):
    """Run a script and return how it ended, with what it said."""
    command = [sys.executable, path_of(name), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


def succeed(name, *arguments):
    """Run a script that must end well."""
    result = run_script(name, *arguments)
    assert result.returncode == 0, result.stderr


def call(name, *arguments):
    """Run a script, or `lexloom`, in this process; a mistake is the exception of which it makes a line."""
    parser, main = program(name)
    main(parser.parse_args(list(map(str, arguments))))


@cache
def program(name):
    """Return the parser of a script, or of `lexloom`, and what it does with options."""
    if name == "lexloom":
        return command_parser(), lambda options: options.command(options)
    script = runpy.run_path(str(path_of(name)))
    return script["options"](), script["main"]
