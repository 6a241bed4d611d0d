"""What trainings of several processes ask of Snakemake."""

import pytest
from library.configuration import check
from library.needs import SNAKEMAKE_MB
from library.processes import shared_training


@pytest.mark.parametrize(
    ("ranks", "parts", "tasks"), [(1, 1, None), (1, 4, None), (2, 1, None), (2, 4, 2), (8, 4, 4)]
)
@pytest.mark.parametrize(
    ("environment", "starter"),
    [({}, "mpirun"), ({"SLURM_JOB_ID": "7"}, "srun --mpi=pmi2 --kill-on-bad-exit")],
)
def test_only_several_processes_ask_for_mpi(monkeypatch, ranks, parts, tasks, environment, starter):
    monkeypatch.delenv("SLURM_JOB_ID", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    asked = shared_training(ranks, lambda wildcards: parts, megabytes=100)
    assert (asked["mpi"]({}), asked["tasks"]({})) == ((starter, tasks) if tasks else (None, None))
    assert asked["mem_mb"]({}, 1) == SNAKEMAKE_MB + 100 * (tasks or 1)


def test_a_gpu_trains_alone():
    _, messages = check({"device": "cuda", "ranks": 2})
    assert messages[("ranks",)] == "ranks is 2, but a GPU trains alone; set ranks to 1, or device to cpu"
