"""`--help` and mistakes on a command line are answered at once: before what only the work needs is loaded."""

import json
import subprocess
import sys

from running import SCRIPTS

LOADED_BY = """
import contextlib, json, runpy, sys
from importlib.metadata import entry_points
HEAVY = {"numpy", "h5py", "scipy", "numba", "matplotlib", "requests", "threadpoolctl", "tqdm", "gensim"}

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


def loaded_by(*lines):
    """Return what heavy packages each command line loads in one process, beyond those of the lines before."""
    command = [sys.executable, "-c", LOADED_BY, json.dumps(lines)]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    return ended.stdout, json.loads(ended.stderr)


def test_help_of_every_program_loads_nothing_of_the_work():
    scripts = [[str(path), "--help"] for path in sorted(SCRIPTS.rglob("*.py"))]
    lines = [*scripts, ["lexloom", "--help"], ["lexloom", "similar", "--help"]]
    said, loaded = loaded_by(*lines)
    assert said.count("usage: ") == len(lines)
    assert [(line, heavy) for line, heavy in zip(lines, loaded, strict=True) if heavy] == []
