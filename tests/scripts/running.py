"""Runs the scripts as a person does, for the tests."""

import subprocess
import sys
from pathlib import Path

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
