"""Answers at once: what takes long to load is loaded by the work that needs it, after the command line."""

import json
import subprocess
import sys

import numpy as np
from running import SCRIPTS

from lexloom.storage.artifact_writing import write_artifact

LOADED_BY = """
import contextlib, json, runpy, sys
from importlib.metadata import entry_points
HEAVY = {"numpy", "h5py", "scipy", "numba", "matplotlib", "requests", "tqdm", "gensim"}

def loaded_by(words):
    sys.argv, before = words, {*sys.modules}
    with contextlib.suppress(SystemExit):
        if words[0] == "lexloom":
            entry_points(group="console_scripts")["lexloom"].load()()
        else:
            runpy.run_path(words[0], run_name="__main__")
    return sorted(HEAVY & ({*sys.modules} - before))

print(json.dumps([loaded_by(words) for words in json.loads(sys.argv[1])]), file=sys.stderr)
"""


def answers(*lines):
    """Return what command lines print, and the heavy packages that each loads beyond the lines before."""
    command = [sys.executable, "-c", LOADED_BY, json.dumps(lines)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return ended.stdout, json.loads(ended.stderr)


def test_help_of_every_program_loads_nothing_of_the_work():
    scripts = [[str(path), "--help"] for path in sorted(SCRIPTS.rglob("*.py"))]
    lines = [*scripts, ["lexloom", "--help"], ["lexloom", "similar", "--help"]]
    said, loaded = answers(*lines)
    assert said.count("usage: ") == len(lines)
    assert [(line, heavy) for line, heavy in zip(lines, loaded, strict=True) if heavy] == []


def test_the_nearest_words_need_no_package_but_numpy(tmp_path):
    path = str(tmp_path / "v.h5")
    write_artifact(path, "vectors", {"vectors": np.eye(3, dtype=np.float32), "words": ["a", "b", "c"]})
    said, (loaded,) = answers(["lexloom", "similar", path, "b"])
    assert said.split() == ["b", "a", "0.000", "c", "0.000"]
    assert loaded == ["numpy"]
