"""Trainings of several processes, by mpirun: the bytes of one process, also after they were killed."""

import os
import signal
import subprocess
import sys
import time

import psutil
import pytest
from running import path_of
from test_interrupted_scripts import REGULARIZED, RNNLM, WORD2VEC, Training

pytest.importorskip("mpi4py")

TRAININGS = {
    "lstm": ("train_rnnlm", f"{RNNLM} --parts 4"),
    "regularized": ("train_rnnlm", f"{REGULARIZED} --parts 4"),
    "adam-all-words": ("train_rnnlm", f"{RNNLM} --tied --cell gru --parts 4"),
    "cbow": ("train_word2vec", f"{WORD2VEC} --parts 4 --model cbow"),
    "skip-gram": ("train_word2vec", f"{WORD2VEC} --parts 4 --model skip-gram --optimizer momentum"),
}


class Ranks(Training):
    """A program that trains with several processes."""

    def mpirun(self, ranks, *arguments, **options):
        command = ["mpirun", "-n", str(ranks), sys.executable, path_of(self.program), *self.words(*arguments)]
        return subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options
        )

    def finish_on(self, ranks, *arguments):
        process = self.mpirun(ranks, *arguments)
        said, _ = process.communicate(timeout=120)
        assert process.returncode == 0, said
        return self._taken()


def ranks_of(process):
    """Return the Python processes below mpirun."""
    below = psutil.Process(process.pid).children(recursive=True)
    return [each for each in below if "python" in each.name()]


@pytest.fixture
def training(tmp_path):
    return Ranks(tmp_path, *TRAININGS["lstm"])


@pytest.mark.parametrize("name", TRAININGS)
def test_any_number_of_ranks_gives_the_bytes_of_one_process(tmp_path, name):
    training = Ranks(tmp_path, *TRAININGS[name])
    alone = training.undisturbed()
    assert training.finish_on(2) == alone
    assert training.finish_on(4) == alone


@pytest.mark.parametrize("killed", [0, 1])
def test_a_killed_rank_ends_the_job_which_goes_on_with_another_number_of_ranks(training, killed):
    alone = training.undisturbed()
    for ranks in (2, 4):
        process = training.mpirun(ranks, "--checkpoint-minutes", 0)
        training.wait_for_checkpoint(process)
        ranks_of(process)[killed].send_signal(signal.SIGKILL)
        said, _ = process.communicate(timeout=60)
        assert process.returncode != 0
        assert "BAD TERMINATION" in said or "Killed" in said or "signal 9" in said
        assert not training.output.exists()
    assert training.checkpoint() != []
    assert training.finish_on(1) == alone


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_writes_a_checkpoint_and_ends_all_ranks(training, number):
    alone = training.undisturbed()
    process = training.mpirun(2, "--checkpoint-minutes", 0)
    training.wait_for_checkpoint(process)
    before, all_ranks = training.checkpoint(), ranks_of(process)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode != 0
    assert training.checkpoint() != []
    assert before is not None
    psutil.wait_procs(all_ranks, timeout=10)
    assert not any(each.is_running() for each in all_ranks)
    assert training.finish_on(4) == alone


def test_a_mistake_ends_all_ranks_with_one_line_that_names_it(training):
    process = training.mpirun(2, "--parts", 1)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "error: parts: 1, which 2 processes cannot share; start 1, 2, 4" in said
    assert "Traceback" not in said


def test_a_full_disk_on_the_first_rank_ends_the_others(training):
    (training.folder / "log").mkdir()
    started = time.monotonic()
    process = training.mpirun(2, "--log", training.folder / "log")
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "error: " in said
    assert time.monotonic() - started < 60


def test_processes_that_mpi_does_not_connect_are_refused(training):
    environment = os.environ | {"OMPI_COMM_WORLD_SIZE": "2"}
    status, said = training.end(env=environment)
    assert status == 1
    assert "error: 2 processes were started, but mpi4py finds 1; start them with the mpirun" in said
