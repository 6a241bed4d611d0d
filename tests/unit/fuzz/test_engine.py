"""`make fuzz` finds what is planted, shrinks it, and prints the line that repeats it."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import engine
import pytest
from hypothesis import strategies as st

RUN = Path(__file__).parents[2] / "fuzz/run.py"
(NAMES,) = re.findall(r"^NAMES = \((.*)\)$", RUN.read_text(), re.MULTILINE)
NAMES = re.findall(r"\w+", NAMES)


def above_ten(number):
    if number > 10:
        raise ValueError(f"{number} is too large")
    return "fine"


def crash(number):
    if number > 10:
        os.kill(os.getpid(), signal.SIGSEGV)
    return "fine"


def hang(number):
    if number > 10:
        time.sleep(60)
    return "fine"


def explored(check, limit=30.0):
    shown = []
    subject = engine.Subject("planted", st.integers(0, 1000), check, limit=limit)
    tally = engine.explore(subject, 1, time.monotonic() + 60, 20, shown.append)
    return subject, tally, "\n".join(shown)


@pytest.mark.parametrize(
    ("check", "said"), [(above_ten, "too large"), (crash, "killed by SIGSEGV"), (hang, "no end after")]
)
def test_a_planted_failure_is_shown_with_its_smallest_input_and_repeated(check, said):
    subject, tally, shown = explored(check, limit=0.2)
    assert tally.ends["failed"]
    assert len(tally.failures) == 1
    assert said in shown
    assert "smallest input: 11\n" in shown
    (blob,) = re.findall(r"run.py --only planted --repeat (\S+)", shown)
    with pytest.raises(engine.Found, match=said):
        engine.repeat(subject, blob)


def test_inputs_that_pass_are_counted_by_how_they_end_and_the_seed_repeats_them():
    seen = [explored(lambda number: str(number % 7))[1].ends for _ in range(2)]
    assert seen[0] == seen[1]
    assert seen[0].total() == 20


def test_each_subject_passes_a_handful_of_inputs(tmp_path):
    command = [sys.executable, RUN, "--minutes", "5", "--inputs", "3", "--seed", "1"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
    rows = [line.split() for line in result.stdout.splitlines()]
    assert {row[0]: row[1] for row in rows if row[0] in NAMES} == dict.fromkeys(NAMES, "3")
