"""The graph with trainings of two processes: the bytes of one, and a change of their number runs nothing."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

pytest.importorskip("mpi4py")

ROOT = Path(__file__).parents[2]
SMALL = {
    "corpora": {"sample": {"tokens": 20_000}},
    "rnnlm": {"models": {"lstm_small": {"parts": 2, "epochs": 1}}},
    "word2vec": {"models": {"cbow_wide": {"parts": 2, "epochs": 1}}},
    "threads": 1,
}
MADE = (
    "results/sample/rnnlm/lstm_small.h5",
    "results/sample/rnnlm/rnn_small.h5",
    "results/sample/cbow_wide.h5",
)


def run(folder, ranks, *arguments):
    command = ["snakemake", "--cores", "2", "--configfile", "small.yaml", "--printshellcmds", *arguments]
    command += ["--config", "corpus=sample", f"ranks={ranks}", "--", *MADE]
    ended = subprocess.run(
        command, cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300
    )
    assert ended.returncode == 0, ended.stdout
    return ended.stdout


def graph(folder):
    """Make a copy of what the graph needs."""
    for name in ("config", "profiles", "scripts", "src", "workflow"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, folder / name, symlinks=True, ignore=ignored)
    shutil.copy(ROOT / "Snakefile", folder)
    (folder / "small.yaml").write_text(yaml.safe_dump(SMALL))
    return folder


def test_two_processes_make_the_bytes_of_one(tmp_path):
    alone, shared = graph(tmp_path / "1"), graph(tmp_path / "2")
    assert "mpirun" not in run(alone, 1)
    commands = re.findall(r"(mpirun -n \d+)? python scripts/\w+/train_(\w+)\.py", run(shared, 2))
    # rnn_small has a single part, so a single process
    assert sorted(commands) == [("", "rnnlm"), ("mpirun -n 2", "rnnlm"), ("mpirun -n 2", "word2vec")]
    for path in MADE:
        assert (shared / path).read_bytes() == (alone / path).read_bytes(), path
    assert "Nothing to be done" in run(shared, 1, "--dry-run")
