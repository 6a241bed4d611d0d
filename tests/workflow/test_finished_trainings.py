"""The states at the end of trainings go when Snakemake has accepted their outputs."""

from types import SimpleNamespace

import snakemake.api  # noqa: F401  # snakemake.dag cannot be imported before it
from library import finished_trainings

from lexloom.training.checkpoint_files import finished_path


def graph(*outputs, done=True):
    return SimpleNamespace(jobs=[SimpleNamespace(output=outputs)], noneedrun_finished=lambda job: done)


def test_states_of_jobs_that_are_done_go(tmp_path):
    output = tmp_path / "lstm.h5"
    state = finished_path(output, "0a")
    state.touch()
    finished_trainings.remove_finished(graph(str(output), done=False))
    assert state.exists()
    finished_trainings.remove_finished(graph(str(output)))
    assert not state.exists()


def test_a_state_that_another_training_removes_meanwhile_does_no_harm(tmp_path, monkeypatch):
    gone, there = tmp_path / "gone.h5", tmp_path / "there.h5"
    there.touch()
    monkeypatch.setattr(finished_trainings, "finished_of", lambda output: [gone, there])
    finished_trainings.remove_finished(graph("lstm.h5"))
    assert not there.exists()
