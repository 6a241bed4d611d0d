"""Some of the crash test: whatever call to the disk fails, nothing is lost or left."""

import subprocess
import sys
from pathlib import Path

CRASH = Path(__file__).parents[1] / "crash" / "crash.py"


def test_a_stage_that_fails_anywhere_is_made_by_the_next_run(tmp_path):
    command = [sys.executable, CRASH, "tokenize", "word2vec", "--every", "31", "--folder", tmp_path]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
