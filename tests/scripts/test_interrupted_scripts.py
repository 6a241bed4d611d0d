"""Training programs that are killed, ended or run out of disk: the next start goes on, to the same bytes."""

import random
import re
import resource
import signal
import subprocess
import sys
import time
from dataclasses import asdict

import numpy as np
import pytest
from running import path_of, succeed

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.storage.artifact_writing import Provenance, write_artifact

IDS = np.random.default_rng(0).integers(0, 30, 4000).astype(np.int32)


# 600 steps each, with all that has a state.
RNNLM = "--embedding 8 --hidden 8 --batch 4 --steps 5 --epochs 3 --dropout 0.3 --clip 0.5 --patience 2"
REGULARIZED = (  # averaged from the fourth epoch on
    f"{RNNLM} --epochs 6 --optimizer sgd --learning-rate 10 --schedule constant --average-after 1 "
    "--vary-steps --samples 12 --locked-dropout --word-dropout 0.1 --weight-drop 0.2 "
    "--activation-penalty 1 --change-penalty 1"
)
WORD2VEC = "--dimension 16 --batch 20 --block 5 --samples 4 --epochs 3 --subsample 0.05 --dynamic"


class Training:
    """A program that trains on a tiny text."""

    def __init__(self, folder, program="train_rnnlm", options=RNNLM):
        self.folder, self.program, self.options = folder, program, options
        self.output = folder / "lm.h5"
        words = [str(i) for i in range(30)]
        if program == "train_rnnlm":
            datasets = {"train": IDS, "valid": IDS[:300], "test": IDS[:9], "words": words}
            datasets["counts"] = np.bincount(IDS)
            write_artifact(
                folder / "input.h5", "corpus", datasets, Provenance(asdict(Tokenizer(sentence_end=None)))
            )
        else:
            datasets = {"targets": IDS, "offsets": np.array([-2, -1, 1, 2], np.int32), "words": words}
            datasets["counts"] = np.bincount(IDS)
            write_artifact(folder / "input.h5", "contexts", datasets, Provenance({"window": 2}))

    def words(self, *arguments):
        given = [self.folder / "input.h5", "--output", self.output, *self.options.split(), *arguments]
        return [*map(str, given)]

    def undisturbed(self):
        """Train in this process; return the bytes of the output, which is removed."""
        succeed(self.program, *self.words())
        return self._taken()

    def start(self, *arguments, **options):
        command = [sys.executable, path_of(self.program), *self.words(*arguments)]
        return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)

    def end(self, *arguments, **options):
        """Run, and return the exit status and what was said."""
        process = self.start(*arguments, **options)
        _, said = process.communicate(timeout=60)
        return process.returncode, said

    def finish(self, *arguments):
        """Run to the end; return the bytes of the output, which is removed."""
        status, said = self.end(*arguments)
        assert status == 0, said
        return self._taken()

    def _taken(self):
        content = self.output.read_bytes()
        self.output.unlink()
        return content

    def checkpoint(self):
        """Return the checkpoint and when it was written, or nothing."""
        return [(path, path.stat().st_mtime_ns) for path in self.folder.glob("lm.checkpoint-*.h5")]

    def wait_for_checkpoint(self, process):
        """Wait until a process has written a checkpoint, or ended."""
        before = self.checkpoint()
        while process.poll() is None and self.checkpoint() in ([], before):
            time.sleep(0.002)


@pytest.fixture
def training(tmp_path):
    return Training(tmp_path)


@pytest.fixture(scope="module")
def never_interrupted(tmp_path_factory):
    """The bytes of a training that was left in peace."""
    return Training(tmp_path_factory.mktemp("in peace")).undisturbed()


def kill(training, times, expected):
    """Kill a training at random moments; where it was faster, it must have ended with the expected bytes."""
    chance, killed = random.Random(7), 0
    while killed < times:
        process = training.start("--checkpoint-minutes", 0)
        if killed % 5 < 4:  # else at any moment of the start
            training.wait_for_checkpoint(process)
            time.sleep(chance.uniform(0, 0.2))
        else:
            time.sleep(chance.uniform(0, 1.5))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        killed += process.returncode == -signal.SIGKILL
        if training.output.exists():
            assert training.output.read_bytes() == expected
            training.output.unlink()


def test_killed_ten_times_it_ends_with_the_bytes_of_one_never_interrupted(training, never_interrupted):
    kill(training, 10, never_interrupted)
    assert training.finish() == never_interrupted
    assert {path.name for path in training.folder.iterdir()} == {"input.h5", "lm.csv"}
    steps = [int(line.split(",")[0]) for line in (training.folder / "lm.csv").read_text().splitlines()[1:]]
    assert steps == list(range(100, 601, 100))


def test_a_training_that_averages_windows_of_random_lengths_ends_so_too(tmp_path):
    training = Training(tmp_path, options=REGULARIZED)
    never_interrupted = training.undisturbed()
    kill(training, 2, never_interrupted)
    assert training.finish() == never_interrupted


@pytest.mark.parametrize("model", ["cbow", "skip-gram"])
def test_word_vectors_end_so_too(tmp_path, model):
    training = Training(tmp_path, "train_word2vec", f"{WORD2VEC} --model {model}")
    never_interrupted = training.undisturbed()
    kill(training, 3, never_interrupted)
    assert training.finish() == never_interrupted


@pytest.mark.parametrize(
    ("program", "options"), [("train_rnnlm", REGULARIZED), ("train_word2vec", f"{WORD2VEC} --model cbow")]
)
def test_a_state_kept_at_the_end_gives_all_files_again_without_a_step(tmp_path, program, options):
    training = Training(tmp_path, program, options)
    undisturbed = training.finish("--keep-finished")
    log = training.output.with_suffix(".csv")
    lines = log.read_bytes() if log.exists() else None
    (state,) = training.folder.glob("lm.finished-*.h5")
    log.unlink(missing_ok=True)
    status, said = training.end("--keep-finished")
    assert (status, said.count("\n")) == (0, 1)
    assert re.match(rf"continuing from {state}, after step \d+\n", said)
    assert training.output.read_bytes() == undisturbed
    assert not lines or log.read_bytes() == lines
    training.finish()
    assert not state.exists()


def test_told_to_end_when_its_output_is_written_it_loses_nothing_to_who_removes_that(
    training, never_interrupted
):
    """Snakemake does, when a scheduler's signal ends the job at this moment."""
    process = training.start("--keep-finished")
    while process.poll() is None and not training.output.exists():
        time.sleep(0.001)
    process.terminate()
    process.communicate(timeout=60)
    training.output.unlink()
    status, said = training.end("--keep-finished")
    assert (status, said.count("\n")) == (0, 1)
    assert re.match(r"continuing from \S+/lm\.finished-\w+\.h5, after step 600\n", said)
    assert training.output.read_bytes() == never_interrupted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_writes_a_checkpoint_and_goes_on_from_there(training, never_interrupted, number):
    process = training.start("--checkpoint-minutes", 0)
    training.wait_for_checkpoint(process)
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 128 + number
    ((path, _),) = training.checkpoint()
    assert re.fullmatch(
        rf"ended by {number.name} after step \d+; the same command continues from {path}\n", said
    )
    assert training.finish() == never_interrupted


def test_a_full_disk_names_the_file_and_leaves_the_last_good_one(training, never_interrupted):
    process = training.start("--checkpoint-minutes", 0)
    training.wait_for_checkpoint(process)
    process.terminate()
    process.communicate(timeout=60)
    ((path, _),) = training.checkpoint()
    good = path.read_bytes()

    def little_room():
        resource.setrlimit(resource.RLIMIT_FSIZE, (len(good) // 2, len(good) // 2))

    status, said = training.end("--checkpoint-minutes", 0, preexec_fn=little_room)
    assert status == 1
    assert re.search(f"^error: {path}: could not be written: .*File too large$", said, re.M)
    assert "Traceback" not in said
    assert path.read_bytes() == good
    assert {each.name for each in training.folder.iterdir()} == {"input.h5", "lm.csv", path.name}
    assert training.finish() == never_interrupted


def test_a_loss_that_is_no_number_names_the_step_and_the_last_good_checkpoint(training):
    status, said = training.end("--learning-rate", 1000, "--weight-decay", 1, "--checkpoint-minutes", 0)
    assert status == 1
    ((path, _),) = training.checkpoint()
    assert re.search(
        rf"^error: training: .* step \d+.*; lower learning_rate \(1000.0\), or set clip "
        rf"where the model has it; the last good checkpoint is {path}$",
        said,
        re.M,
    )
