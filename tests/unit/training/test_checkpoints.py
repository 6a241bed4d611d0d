"""A training that was interrupted goes on from its checkpoint as if nothing had happened."""

import contextlib
import json
import logging
import os
import re
import signal
import sys
from pathlib import Path

import numpy as np
import pytest
from fake_device import FAKE
from hypothesis import given, settings
from hypothesis import strategies as st

from lexloom.errors import Interrupted, LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import build_rnnlm
from lexloom.storage import atomic_files
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.training import checkpoints
from lexloom.training.batches import Windows
from lexloom.training.callbacks import AveragedWeights, KeepBest, Ticker, Validation
from lexloom.training.checkpoint_files import beside, checkpoints_of, finished_of
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.schedules import cosine
from lexloom.training.trainer import Callback, Trainer

IDS = np.random.default_rng(0).integers(0, 7, 60).astype(np.int32)
EPOCHS, STEPS = 6, 5
CPU = get_backend()  # before any training: a checkpoint belongs to the modules that are loaded


@pytest.fixture
def output(tmp_path):
    return tmp_path / "lm.h5"


class Crash(Exception):
    """Stands for the end of the process."""


class CrashAfter(Callback):
    """Ends a training after a step; stands behind the checkpoint, which is written before."""

    def __init__(self, step=None):
        self.step = step

    def after_step(self, trainer, step, loss):
        if trainer.position.steps == self.step:
            raise Crash


def train(optimizer="adam", backend=None, callbacks=(), **options):
    """Train a small language model with everything that has a state; return the history and the weights."""
    shape = {"cell": "lstm", "layers": 2, "embedding": 4, "hidden": 4, "tied": True, "dropout": 0.3}
    model = build_rnnlm(7, np.random.default_rng(1), backend or CPU, **shape)
    rng = np.random.default_rng(2)
    trainer = Trainer(model, OPTIMIZERS[optimizer](**options), 0.1, schedule=cosine, clip=0.5, rng=rng)
    windows = Windows(IDS, batch=3, steps=4, before=0)
    assert len(windows) == STEPS
    measures = [
        4.0,
        3.0,
        5.0,
        1.0,
        6.0,
        6.0,
        0.0,
    ]  # averaged from the fourth on; patience ends before the last
    callbacks = [
        AveragedWeights("valid", patience=1),
        Validation("valid", lambda: measures[trainer.position.epoch]),
        KeepBest("valid", patience=2),
        *callbacks,
    ]
    history = trainer.fit(EPOCHS + 1, lambda epoch: windows, callbacks)
    to_host = (backend or CPU).to_host
    return history, [to_host(parameter.data).tobytes() for parameter in model.parameters()]


@given(st.sampled_from(sorted(OPTIMIZERS)), st.lists(st.integers(1, EPOCHS * STEPS), max_size=4))
@settings(max_examples=20)
def test_a_training_that_crashed_after_any_steps_ends_with_the_same_bits(tmp_path_factory, optimizer, ends):
    output = tmp_path_factory.mktemp("any") / "lm.h5"
    ticks = []

    def fit(end, minutes, keep_finished=False):
        ticks.clear()
        with Checkpoint(output, minutes=minutes, keep_finished=keep_finished) as checkpoint:
            callbacks = [Ticker(lambda steps: ticks.extend([1] * steps)), checkpoint, CrashAfter(end)]
            return train(optimizer, callbacks=callbacks, weight_decay=0.01)

    for end in sorted(set(ends)):
        with pytest.raises(Crash):
            fit(end, 0)
    undisturbed = train(optimizer, weight_decay=0.01)
    for keep_finished in (True, True, False):  # the second resumes at the end, and so does the third
        assert fit(None, 1000, keep_finished) == undisturbed
        assert len(ticks) == EPOCHS * STEPS
        assert checkpoint_names(output) == (["finished"] if keep_finished else [])
    assert list(output.parent.iterdir()) == [], "the output is complete, and its checkpoint removed"


def checkpoint_names(output):
    """Return what the files next to an output are, without the digests."""
    return sorted(path.name.split(".")[1].split("-")[0] for path in output.parent.iterdir())


def test_a_state_at_the_end_that_is_kept_takes_the_place_of_all_checkpoints(output):
    crash(output, 7, {"hidden": 8})
    crash(output, 7)
    with Checkpoint(output, keep_finished=True) as checkpoint:
        made = train(callbacks=[Callback(), checkpoint])
    assert checkpoint_names(output) == ["finished"]
    with Checkpoint(output, Provenance({"hidden": 8}), keep_finished=True) as checkpoint:
        train(callbacks=[Callback(), checkpoint])
    assert list(output.parent.iterdir()) == [checkpoint.finished]
    assert made == train()


def test_a_checkpoint_that_another_training_removes_meanwhile_is_passed_over(output, monkeypatch):
    """The other has ended just now, and so has left its state at the end."""
    path = crash(output)
    with Checkpoint(output, keep_finished=True) as checkpoint:
        train(callbacks=[Callback(), checkpoint])
    gone = [path]
    monkeypatch.setattr("lexloom.training.checkpoints.checkpoints_of", lambda output: gone)
    with Checkpoint(output) as checkpoint:
        assert train(callbacks=[Callback(), checkpoint]) == train()


def test_a_training_that_another_ends_just_now_is_not_trained_again(output, monkeypatch):
    """The other writes its state at the end before it removes the checkpoint, in the moment between."""
    crash(output)
    ticks = []

    def ended_before(output):
        if not finished_of(output):
            with monkeypatch.context() as patch, Checkpoint(output, keep_finished=True) as checkpoint:
                patch.setattr(checkpoints, "checkpoints_of", checkpoints_of)
                train(callbacks=[Callback(), checkpoint])
        return checkpoints_of(output)

    monkeypatch.setattr(checkpoints, "checkpoints_of", ended_before)
    with Checkpoint(output) as checkpoint:
        train(callbacks=[Ticker(ticks.append), checkpoint])
    assert ticks == [EPOCHS * STEPS]


def crash(output, step=7, settings=None, **options):
    """Train to a step, leave a checkpoint there, and return its path."""
    with (
        pytest.raises(Crash),
        Checkpoint(output, Provenance(settings or {}, **options), minutes=0) as checkpoint,
    ):
        train(callbacks=[checkpoint, CrashAfter(step)])
    return checkpoint.path


def test_a_training_on_a_device_goes_on_there(output):
    for end in (7, None):
        with (
            contextlib.suppress(Crash),
            Checkpoint(output, Provenance(device="fake"), minutes=0) as checkpoint,
        ):
            history = train(backend=FAKE, callbacks=[checkpoint, CrashAfter(end)])
    assert history == train(backend=FAKE)


def test_a_checkpoint_is_an_artifact_that_holds_the_whole_state(output):
    kept = read_artifact(crash(output, 7, {"hidden": 4}, seed=3), "checkpoint")
    assert (kept.settings, kept.seed) == ({"hidden": 4}, 3)
    state = json.loads(kept["state"][0])
    assert set(state) >= {"parameters", "optimizer", "rng", "position", "history", "callbacks"}
    assert (state["position"]["epoch"], state["position"]["step"]) == (1, 2)
    assert state["rng"]["bit_generator"] == "PCG64"


@pytest.mark.parametrize(
    ("other", "named"),
    [
        ({"settings": {"hidden": 8}}, r"settings \(hidden\)"),
        ({"seed": 2}, r"start \(seed\)"),
        ({"device": "cuda: card"}, r"start \(device\)"),
        ({"inputs": [__file__]}, r"inputs \(test_checkpoints.py\)"),
    ],
)
def test_the_checkpoint_of_another_training_is_named_and_kept_for_who_comes_back(
    output, caplog, other, named
):
    caplog.set_level(logging.INFO)
    first = crash(output, 7, {"hidden": 4}, seed=1)
    second = crash(output, 3, **({"settings": {"hidden": 4}, "seed": 1} | other))
    assert re.search(f"{first.name}: not continued, for it is of other {named}$", caplog.text, re.M)
    assert "continuing from" not in caplog.text
    assert {path.name for path in output.parent.iterdir()} == {first.name, second.name}
    crash(output, 9, {"hidden": 4}, seed=1)
    assert f"continuing from {first}, after step 7" in caplog.text


def test_other_code_starts_anew(output, caplog, monkeypatch):
    caplog.set_level(logging.INFO)
    path = crash(output)
    module = output.parent / "trainer.py"
    module.write_text("# edited")
    monkeypatch.setattr(sys.modules["lexloom.training.trainer"], "__file__", str(module))
    assert crash(output) != path
    assert f"{path.name}: not continued, for it is of other code (lexloom.training.trainer)" in caplog.text


def test_a_damaged_checkpoint_is_refused(output):
    path = crash(output)
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LexloomError, match=f"{path.name}: damaged.* delete it"):
        train(callbacks=[Checkpoint(output)])


def test_a_state_that_ends_the_training_before_its_first_epoch_is_refused(output):
    path = crash(output, 3)
    kept = read_artifact(path, "checkpoint")
    state = json.loads(kept["state"][0]) | {"stop": True}
    write_artifact(path, "checkpoint", kept.datasets | {"state": [json.dumps(state)]})
    with pytest.raises(LexloomError, match=f"{path.name}: not the state of a training; delete it"):
        train(callbacks=[Checkpoint(output), Callback()])


def test_a_state_whose_arrays_have_other_shapes_is_refused(output):
    path = crash(output, 22)  # when the weights are averaged and the best are kept
    kept = read_artifact(path, "checkpoint").datasets
    for part in ("parameters", "optimizer", "position/carry", "callbacks/0/means", "callbacks/2/kept"):
        name = max(name for name in kept if name.startswith(f"arrays/{part}"))
        write_artifact(path, "checkpoint", kept | {name: kept[name][:1]})
        with pytest.raises(LexloomError, match=f"{path.name}: not the state of a training; delete it"):
            train(callbacks=[Checkpoint(output), Callback()])


def test_what_a_kill_left_half_written_is_removed_at_the_start(output):
    crash(output)
    half = output.parent / f".lexloom-{'0' * 16}-{atomic_files._HOST}.tmp"
    half.touch()
    with Checkpoint(output):
        assert not half.exists()
    assert list(output.parent.iterdir()) == []


class Spoil(Callback):
    """Makes a weight no number after a step, as an overflow in a gradient does."""

    def after_step(self, trainer, step, loss):
        if trainer.position.steps == 7:
            trainer.model.parameters()[1].data[0] = np.nan


def test_a_training_that_went_astray_is_not_kept(output):
    with pytest.raises(LexloomError) as error, Checkpoint(output, minutes=0) as checkpoint:
        train(callbacks=[Spoil(), checkpoint])
    assert re.search("lstm1.Wx has values that are not finite after step 7; lower", str(error.value))
    assert str(error.value).endswith(f"; the last good checkpoint is {checkpoint.path}")
    state = json.loads(read_artifact(checkpoint.path, "checkpoint")["state"][0])
    assert state["position"]["steps"] == 6


def test_on_a_device_a_loss_that_is_no_number_is_seen_before_a_checkpoint(output):
    class SpoilLoss(Callback):
        def after_step(self, trainer, step, loss):
            if trainer.position.steps == 7:
                trainer.position.total = trainer.position.total * np.inf

    with (
        pytest.raises(LexloomError, match=r"step 7, in epoch 2, is inf.* the last good checkpoint"),
        Checkpoint(output, minutes=0) as checkpoint,
    ):
        train(backend=FAKE, callbacks=[SpoilLoss(), checkpoint])
    state = json.loads(read_artifact(checkpoint.path, "checkpoint")["state"][0])
    assert state["position"]["steps"] == 6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_waits_for_a_step_and_a_checkpoint(output, number):
    before = signal.getsignal(number)

    class Signal(Callback):
        def before_update(self, trainer):
            if trainer.position.steps == 6:
                signal.raise_signal(number)

    said = pytest.raises(Interrupted, match="after step 7; the same command continues from")
    with said as error, Checkpoint(output) as checkpoint:
        train(callbacks=[Signal(), checkpoint])
    assert error.value.signal == number
    assert signal.getsignal(number) == before
    with Checkpoint(output) as checkpoint:
        assert train(callbacks=[Callback(), checkpoint]) == train()


def test_a_signal_in_a_long_validation_ends_it(output):
    class Validating(Callback):
        def after_epoch(self, trainer, record):
            signal.raise_signal(signal.SIGTERM)
            checkpoint.end_if_asked(trainer)

    with pytest.raises(Interrupted, match="after step 5;"), Checkpoint(output) as checkpoint:
        train(callbacks=[Validating(), checkpoint])


def test_a_second_ctrl_c_does_not_wait(output):
    class Twice(Callback):
        def before_update(self, trainer):
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt), Checkpoint(output) as checkpoint:
        train(callbacks=[Twice(), checkpoint])


def test_a_signal_that_is_ignored_stays_so(output):
    """As SIGHUP is under nohup."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Checkpoint(output) as checkpoint:
            os.kill(os.getpid(), signal.SIGHUP)
            assert checkpoint.signal is None
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("output", ["", ".", "..", "/"])
def test_a_folder_as_the_output_is_refused_before_the_training(output):
    with pytest.raises(LexloomError, match="a folder; choose another output"):
        Checkpoint(output)


@pytest.mark.parametrize("suffix", [".csv", ".checkpoint-0.h5", ".finished-0.h5"])
def test_two_outputs_share_no_file_beside_them(suffix):
    outputs = [Path("folder", name) for name in ("m.h5", "m.1", "m.2", "m.1.h5.2")]
    paths = {beside(output, suffix) for output in outputs}
    assert len(paths - set(outputs)) == len(outputs)
