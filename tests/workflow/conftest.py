"""The graph in a copy of the repository, on two small corpora: a generated one and a text of one's own."""

import fcntl
import hashlib
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
from functools import cache, reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
COMMON = ["--configfile", "tiny.yaml", "--cores", "2"]
TARGETS = ["all", "sweep", "seeds", "speeds", "results/own/similarity/svd.h5"]
TINY = {
    "cell": "lstm",
    "layers": 1,
    "embedding": 8,
    "hidden": 8,
    "tied": True,
    "dropout": 0.1,
    "input_dropout": None,
    "output_dropout": None,
    "locked_dropout": False,
    "word_dropout": 0.0,
    "weight_drop": 0.0,
    "activation_penalty": 0.0,
    "change_penalty": 0.0,
    "batch": 4,
    "steps": 10,
    "vary_steps": False,
    "samples": None,
    "epochs": 1,
    "optimizer": "sgd",
    "learning_rate": 1.0,
    "schedule": "cosine",
    "clip": 0.25,
    "weight_decay": 0.0,
    "patience": None,
    "average_after": None,
}
EVALUATION = {
    "wordsim353": "eval/wordsim353.tsv",
    "simlex999": "eval/simlex999.txt",
    "men": "eval/men.txt",
    "analogies": "eval/questions-words.txt",
}


FORKS = """
import json, os, sys
import lexloom.commands.script, lexloom.settings.configuration
from snakemake.cli import get_argument_parser, main

get_argument_parser()  # which loads the plugins
for line in sys.stdin:
    arguments, folder, mirror, said = json.loads(line)
    if not (child := os.fork()):
        os.chdir(folder)
        os.environ["LEXLOOM_MIRROR"] = mirror
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        for stream in (1, 2):
            os.dup2(os.open(said, os.O_WRONLY | os.O_APPEND), stream)
        sys.argv[1:] = arguments
        sys.exit(main(arguments))
    print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
"""
"""A program that runs Snakemake in forks of itself: to load it takes half the time of a plan."""


@cache
def forks():
    """Return the process of that program."""
    return subprocess.Popen(
        [sys.executable, "-c", FORKS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


class Workflow:
    """A copy of the repository in which a test edits files and runs Snakemake."""

    def __init__(self, folder):
        self.folder = folder
        self.mirror = folder / "mirror"
        self.config = configuration(self.mirror)
        (folder / "own.txt").write_text(own_text())
        self.write_config()

    def write_config(self):
        (self.folder / "tiny.yaml").write_text(yaml.safe_dump(self.config))

    def set(self, key, value):
        """Set a configuration key, given by its path with dots, and return its old value."""
        *groups, last = key.split(".")
        group = reduce(getitem, groups, self.config)
        old = group[last]
        group[last] = value
        self.write_config()
        return old

    def snakemake(self, *arguments, check=True):
        """Run Snakemake in the copy, with the tests' configuration, and return what it said."""
        arguments = [*COMMON, *arguments]
        with tempfile.NamedTemporaryFile("r") as said:
            request = json.dumps([arguments, str(self.folder), str(self.mirror), said.name])
            print(request, file=forks().stdin, flush=True)
            status = int(forks().stdout.readline())
            ended = subprocess.CompletedProcess(arguments, status, said.read())
        assert not check or status == 0, ended.stdout
        return ended

    def start(self, *arguments, **options):
        """Start Snakemake so, and return its process."""
        return subprocess.Popen(
            [sys.executable, "-m", "snakemake", *COMMON, *arguments],
            cwd=self.folder,
            env=os.environ | {"LEXLOOM_MIRROR": str(self.mirror)},
            text=True,
            **{"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, **options},
        )

    def planned(self, *arguments):
        """Return the files that Snakemake would make, each of which is the output of a job."""
        plan = self.snakemake("--dry-run", *TARGETS, *arguments).stdout
        return {file for line in re.findall(r"^Job \d+: \w+: (.*)$", plan, re.M) for file in line.split()}


def copy_repository(folder):
    """Copy what git knows, or would take up, of the repository."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    for name in listed.stdout.split("\0")[:-1]:
        if os.path.lexists(ROOT / name):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name, follow_symlinks=False)


def own_text():
    """Return a small text, the same each time."""
    rng = random.Random(1)
    words = ["you", "say", "goodbye", "and", "i", "hello", "cat", "dog", "old", "new", "sun", "king"]
    return "".join(" ".join(rng.choices(words, k=8)) + "\n" for _ in range(200))


def configuration(mirror):
    """Write small test sets to a mirror, and return a configuration of small corpora and models."""
    (mirror / "eval").mkdir(parents=True, exist_ok=True)
    sets = {}
    for name, path in EVALUATION.items():
        text = "cat dog old new\n" if name == "analogies" else "cat\tdog\t8.5\nold\tnew\t1.5\nsun\tking\t3\n"
        (mirror / path).write_text(text)
        sets[name] = {"sha256": hashlib.sha256(text.encode()).hexdigest()}
    own = {"source": "files", "files": "own.txt", "tokenize": {}, "ppmi": {}, "queries": ["cat"]}
    own |= {"vectors": ["cbow"], "models": ["tiny"], "evaluate": [*EVALUATION]}
    training = {"dimension": 8, "epochs": 1, "batch": 64}
    return {
        "corpus": "sample",
        "seed": 1,
        "seeds": [1],
        "threads": 1,
        "checkpoint_minutes": 10,
        "device": "cpu",
        "corpora": {
            "sample": {
                "tokens": 4000,
                "tokenize": {},
                "models": ["tiny"],
                "adapt": ["tiny"],
                "queries": ["king", "<script>alert(1)</script>"],
            },
            "own": own,
        },
        "tokenize": {"lower": False},
        "counts": {"weighting": "dynamic", "subsample": 0.01, "memory_mb": 1000},
        "ppmi": {"smoothing": 1.0},
        "svd": {"dimension": 8, "add_contexts": True},
        "sweep": {
            "window": [2, 5],
            "weighting": ["flat"],
            "subsample": [0, 0.01],
            "smoothing": [1.0],
            "shift": [0],
            "exponent": [0, 0.5],
            "add_contexts": [False, True],
        },
        "word2vec": {
            "models": {"cbow": dict(training), "skipgram": {**training, "start": None}},
            "grids": {},
        },
        "gensim": {
            "corpora": ["sample"],
            "cbow": {"dimension": 8, "epochs": 2},
            "skipgram": {"dimension": 8, "epochs": 1},
        },
        "ngram": {"order": 3},
        "rnnlm": {
            "models": {"tiny": dict(TINY)},
            "grids": {},
            "adaptation": {
                "cache": {"windows": [20], "thetas": [0.5, 1.0]},
                "dynamic": {"steps": 10, "tokens": 100, "learning_rates": [0.001], "decays": [0.01]},
            },
        },
        "published": {"sample": {"ngram": 15.5, "tiny+cache": 12.5}},
        "expected": {"sample": {"tiny": 700.25, "tiny+cache": 300.5}},
        "evaluation": {"sets": sets, "neighbours": 3},
    }


def new_workflow(folder):
    """Return a copy of the repository in which nothing was made yet."""
    copy_repository(folder)
    return Workflow(folder)


@pytest.fixture(scope="session")
def unmade(tmp_path_factory):
    """The copy in which nothing is made, for plans."""
    return new_workflow(tmp_path_factory.mktemp("unmade"))


@pytest.fixture(scope="session")
def workflow(tmp_path_factory):
    """A copy in which everything was made once, with one thread, by the first worker that needs it."""
    base = tmp_path_factory.getbasetemp()
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    made, unfinished = shared / "made", shared / "unfinished"
    with open(shared / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            unfinished.mkdir()
            new_workflow(unfinished).snakemake(*TARGETS)
            unfinished.rename(made)
    return Workflow(shutil.copytree(made, base / "repository", symlinks=True))
