"""The training log: its lines, and that a resumed training writes each of them once."""

import csv

import numpy as np
import pytest

from lexloom.errors import LexloomError
from lexloom.nn.parameter import Parameter
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.divergence import NO_LIMITS, LossLimits
from lexloom.training.optimizers import SGD
from lexloom.training.schedules import linear
from lexloom.training.trainer import Callback, Trainer
from lexloom.training.training_log import TrainingLog, read_log

BATCHES = [1.0, 2.0, 4.0, 3.0, 5.0]
EPOCHS = 3


class Parabola:
    """(w - batch)^2 with the gradient 2 (w - batch)."""

    def __init__(self):
        self.w = Parameter("w", np.zeros((1, 1)))

    def parameters(self):
        return [self.w]

    def loss(self, batch, carry=None, rng=None):
        difference = self.w.data[0, 0] - batch
        return difference**2, None, difference

    def backward(self, cache):
        self.w.add_grad(np.array([[2 * cache]]))


def fit(path, *others, interval=2):
    log = TrainingLog(path, interval, unit="words", units=10, measures={"root": np.sqrt})
    trainer = Trainer(Parabola(), SGD(), 0.1, schedule=linear, clip=0.5)
    trainer.fit(EPOCHS, lambda epoch: BATCHES, [log, *others])
    return log


@pytest.mark.parametrize(
    ("norm", "limits", "said"),
    [
        (np.inf, NO_LIMITS, "the norm of the gradients of step 2 is inf"),
        (1.0, LossLimits(1.0, 2.0), "the mean loss of 2 steps up to 2 is 2.5"),
    ],
)
def test_a_line_of_a_training_that_diverged_is_an_error(tmp_path, monkeypatch, norm, limits, said):
    monkeypatch.setattr("lexloom.training.training_log.global_norm", lambda parameters: norm)
    trainer = Trainer(Parabola(), SGD(), 0.0, limits=limits)
    with pytest.raises(LexloomError, match=said):
        trainer.fit(1, lambda epoch: BATCHES, [TrainingLog(tmp_path / "a.csv", 2, unit="words", units=10)])


def lines(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_the_columns_of_a_line(tmp_path):
    fit(tmp_path / "a.csv")
    w, losses, expected = 0.0, [], []
    for step, batch in enumerate(BATCHES * EPOCHS):
        rate, gradient = 0.1 * (1 - step / 15), 2 * (w - batch)
        losses.append((w - batch) ** 2)
        w -= rate * np.clip(gradient, -0.5, 0.5)
        if step % 2:
            mean = np.mean(losses[-2:])
            expected.append([step + 1, (step + 1) / 5, mean, np.sqrt(mean), rate, abs(gradient)])
    written = lines(tmp_path / "a.csv")
    names = ["step", "epochs", "loss", "root", "learning_rate", "gradient_norm", "words_per_s"]
    assert list(written[0]) == names
    np.testing.assert_allclose(
        [[float(line[name]) for name in names[:-1]] for line in written], expected, rtol=1e-5
    )
    assert all(float(line["words_per_s"]) > 0 for line in written)


def test_the_artifact_has_the_same_numbers_without_the_speed(tmp_path):
    datasets = fit(tmp_path / "a.csv").datasets()
    assert set(datasets) == {
        f"steps/{name}" for name in ("step", "epochs", "loss", "root", "learning_rate", "gradient_norm")
    }
    for name, dataset in datasets.items():
        written = [float(line[name.removeprefix("steps/")]) for line in lines(tmp_path / "a.csv")]
        np.testing.assert_allclose(dataset.array, written, rtol=1e-5)


def test_each_line_is_written_right_after_its_step(tmp_path):
    counts = []

    class Count(Callback):
        def after_step(self, trainer, step, loss):
            counts.append(len(lines(tmp_path / "a.csv")))

    fit(tmp_path / "a.csv", Count())
    assert counts == [step // 2 for step in range(1, 16)]


@pytest.mark.parametrize("damage", [lambda text: text, lambda text: text[:-9], lambda text: ""])
def test_a_resumed_training_has_each_line_once(tmp_path, damage):
    """Whatever is left of the file: lines after the checkpoint, half a line, or nothing."""
    path = tmp_path / "a.csv"

    class Crash(Callback):
        def __init__(self, step):
            self.step = step

        def after_step(self, trainer, step, loss):
            if trainer.position.steps == 5:
                checkpoint.save(trainer)
            if trainer.position.steps == self.step:
                raise ZeroDivisionError

    with (
        pytest.raises(ZeroDivisionError),
        Checkpoint(tmp_path / "a.h5", minutes=1e6) as checkpoint,
    ):
        fit(path, checkpoint, Crash(9))
    path.write_text(damage(path.read_text()))
    with Checkpoint(tmp_path / "a.h5", minutes=1e6) as checkpoint:
        resumed = fit(path, checkpoint, Crash(None))
    written = lines(path)
    whole = fit(tmp_path / "whole.csv")
    assert [line["step"] for line in written] == [str(step) for step in range(2, 16, 2)]
    for line, other in zip(written, lines(tmp_path / "whole.csv"), strict=True):
        assert {**line, "words_per_s": 0} == {**other, "words_per_s": 0}
    for name, dataset in whole.datasets().items():
        assert resumed.datasets()[name].array.tobytes() == dataset.array.tobytes()


def test_a_training_that_still_runs_elsewhere_leaves_no_line_in_the_end(tmp_path):
    path = tmp_path / "a.csv"

    class Other(Callback):
        def after_step(self, trainer, step, loss):
            with open(path, "a", encoding="utf-8") as file:
                file.write("a line of the other\n")

    log = fit(path, Other())
    assert len(lines(path)) == len(log.records)
    assert "other" not in path.read_text()


def test_read_log_returns_the_columns(tmp_path):
    datasets = fit(tmp_path / "a.csv").datasets()
    loss, steps = read_log(tmp_path / "a.csv", ["loss", "step"])
    np.testing.assert_array_equal(steps, datasets["steps/step"].array)
    np.testing.assert_allclose(loss, datasets["steps/loss"].array, rtol=1e-5)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"step,speed\n", b"step\n1\n", b"step,speed\n1,2\n2\n", b"step,speed\n1,\n"),
        *(b"step,speed\n1,\xff\n", b"step,speed\n1," + b"2" * 200_000),
    ],
)
def test_a_log_without_lines_or_with_half_a_line_is_refused(tmp_path, text):
    (tmp_path / "a.csv").write_bytes(text)
    with pytest.raises(
        LexloomError, match=r"a\.csv: not a complete training log; .* numbers for step, speed in every line"
    ):
        read_log(tmp_path / "a.csv", ["step", "speed"])


def test_a_log_that_cannot_be_written_is_named(tmp_path):
    class FillDisk(Callback):
        def before_fit(self, trainer):
            (tmp_path / "a.csv").unlink()
            (tmp_path / "a.csv").symlink_to("/dev/full")

    with pytest.raises(LexloomError, match=r"a\.csv: could not be written: .*No space left on device"):
        fit(tmp_path / "a.csv", FillDisk())
