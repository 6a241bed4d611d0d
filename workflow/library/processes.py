"""Trainings of several processes: what their jobs ask for, and how these start."""

import os
from collections.abc import Callable
from typing import Any

from library.needs import memory


def shared_training(ranks: int, parts: Callable[[Any], int], megabytes: int) -> dict[str, Callable[..., Any]]:
    """Return the resources `mpi`, `tasks` and `mem_mb` of a rule that trains.

    A training has as many processes as `ranks`, at most one for each of its parts. One that has a single
    process has neither `mpi` nor `tasks`: the executor for Slurm refuses `mpi` with one task.

    Parameters
    ----------
    ranks : int
    parts : callable
        The wildcards -> the parts of a batch. Both numbers are powers of two, so one divides the other.
    megabytes : int
        What a process needs at most; all may be on the same node.
    """

    def tasks(wildcards: Any) -> int | None:
        processes = min(ranks, parts(wildcards))
        return processes if processes > 1 else None

    def mpi(wildcards: Any) -> str | None:
        in_slurm = "SLURM_JOB_ID" in os.environ
        starter = "srun --mpi=pmi2 --kill-on-bad-exit" if in_slurm else "mpirun"
        return starter if tasks(wildcards) else None

    def mem_mb(wildcards: Any, attempt: int) -> int:
        return memory((tasks(wildcards) or 1) * megabytes)(wildcards, attempt)

    return {"mpi": mpi, "tasks": tasks, "mem_mb": mem_mb}


def launch(wildcards: Any, resources: Any) -> str:
    """Return what stands before the command of a training, for its processes."""
    return f"{resources.mpi} -n {resources.tasks}" if "mpi" in resources.keys() else ""  # noqa: SIM118
