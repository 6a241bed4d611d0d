"""Compiled code that is cached on disk follows its sources."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import lexloom

COUNT = """
import numpy as np
from lexloom.kernels.cpu.word2vec import _pairs
print(_pairs(np.arange(8, dtype=np.int32), np.ones(4, np.int32)))
"""


def count(folder):
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    command = [sys.executable, "-c", COUNT]
    done = subprocess.run(
        command, env=environment | {"PYTHONPATH": str(folder)}, capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def test_an_edit_of_code_that_is_compiled_into_another_file_takes_effect(tmp_path):
    package = tmp_path / "lexloom"
    shutil.copytree(Path(lexloom.__file__).parent, package, ignore=shutil.ignore_patterns("__pycache__"))
    assert count(tmp_path) == 8
    steps = package / "kernels" / "cpu" / "word2vec_steps.py"
    text = steps.read_text(encoding="utf-8")
    edited = text.replace("before[here - radii[n]] - 1", "before[here - radii[n]]")
    assert edited != text
    steps.write_text(edited, encoding="utf-8")
    assert count(tmp_path) == 12
