"""How a run of a script, or of the command `lexloom`, may end."""

import re
import unicodedata
from collections.abc import Sequence
from subprocess import CompletedProcess


def controls(text: str) -> list[str]:
    """Return what a terminal takes for commands."""
    return [c for c in text if unicodedata.category(c) == "Cc" and c not in "\n\t"]


def check_ended(end: CompletedProcess, words: Sequence[str]) -> None:
    """Raise an error unless a program did its work, or refused it in words for a person."""
    commands = controls(end.stdout + end.stderr)
    fine = {
        0: True,
        1: len(re.findall("^error: ", end.stderr, re.MULTILINE)) == 1,
        2: end.stderr.startswith("usage: ") and ": error: " in end.stderr,
    }
    if "Traceback" in end.stderr or not fine.get(end.returncode) or commands:
        raise AssertionError(f"status {end.returncode}, controls {commands} of {words!r}:\n{end.stderr}")
