"""Snakemake alone is killed, and its training goes on: what that makes counts for the next run."""

import os
import re
import signal
import time
from contextlib import suppress

import psutil
import pytest
from conftest import new_workflow

OUTPUT = "results/sample/rnnlm/tiny.h5"
EPOCHS = 40


@pytest.fixture(scope="module")
def training(tmp_path_factory):
    """A copy in which a language model trains for some seconds."""
    workflow = new_workflow(tmp_path_factory.mktemp("killed"))
    workflow.set("rnnlm.models.tiny.epochs", EPOCHS)
    workflow.snakemake(OUTPUT)
    return workflow


@pytest.fixture
def orphan(training):
    """The process group of a training whose Snakemake was killed, and the bytes that it has to make."""
    output = training.folder / OUTPUT
    undisturbed = output.read_bytes()
    output.unlink()
    (training.folder / "results/sample/rnnlm/tiny.csv").unlink()
    snakemake = training.start(OUTPUT, start_new_session=True)
    wait(output.with_suffix(".csv").exists)
    snakemake.kill()
    snakemake.wait()
    yield snakemake.pid, undisturbed
    if running(snakemake.pid):
        os.killpg(snakemake.pid, signal.SIGKILL)


def wait(event):
    """Wait for something that happens within a minute."""
    end = time.monotonic() + 60
    while not event():
        assert time.monotonic() < end
        time.sleep(0.01)


def running(group):
    """Return whether a process of a group lives."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                return True
    return False


def kept(training):
    """Return the states that trainings left."""
    return [path.suffixes[0] for path in training.folder.glob("results/sample/rnnlm/tiny.*-*.h5")]


def test_an_orphan_that_ended_is_not_trained_again(training, orphan):
    group, undisturbed = orphan
    wait(lambda: not running(group))
    assert kept(training)[0].startswith(".finished-")
    training.snakemake("--unlock")
    said = training.snakemake(OUTPUT).stdout
    steps = (training.folder / "results/sample/rnnlm/tiny.csv").read_text().splitlines()[-1].split(",")[0]
    assert re.search(rf"^continuing from .*/tiny.finished-.*, after step {steps}$", said, re.M)
    assert "epoch 1:" not in said
    assert (training.folder / OUTPUT).read_bytes() == undisturbed
    assert kept(training) == []


def test_an_orphan_that_still_trains_is_waited_for(training, orphan, tmp_path):
    """It is stopped until the next run has found it."""
    group, undisturbed = orphan
    os.killpg(group, signal.SIGSTOP)
    training.snakemake("--unlock")
    said = tmp_path / "said.txt"
    with said.open("w") as file:
        again = training.start(OUTPUT, stdout=file)
    wait(lambda: re.search(r"tiny\.h5: waiting for process \d+ on ", said.read_text()))
    os.killpg(group, signal.SIGCONT)
    assert again.wait() == 0
    assert not running(group)
    assert "epoch 1:" not in said.read_text()
    assert (training.folder / OUTPUT).read_bytes() == undisturbed
    assert kept(training) == []


def test_a_later_rule_that_fails_keeps_no_state(training):
    training.set("rnnlm.models.tiny.epochs", 1)
    (training.folder / OUTPUT).unlink()
    (training.folder / "scripts/corpus/download_file.py").write_text("raise SystemExit(1)")
    failed = training.snakemake("--keep-going", OUTPUT, "data/eval/men.txt", check=False)
    assert failed.returncode == 1
    assert (training.folder / OUTPUT).exists()
    assert kept(training) == []
