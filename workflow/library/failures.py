"""What a person is told when a job on a cluster fails, beside what Snakemake says."""

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from snakemake.logging import logger
from snakemake_interface_executor_plugins.executors.remote import RemoteExecutor

PAGE = "docs/how-to/cluster.md"
HINTS = {
    "CPU count per node": "set max-threads to the CPUs of a node",
    "Memory specification": "under set-resources, set mem_mb of this rule to what a node has",
    "Invalid account": "under default-resources, set slurm_account to one that you may use",
    "invalid partition": "under default-resources, set slurm_partition to one that sinfo lists",
    "time limit is invalid": "under set-resources, set runtime of this rule to the minutes that sinfo lists",
    "'TIMEOUT'": "under set-resources, set runtime of this rule, in minutes; each attempt has more of it",
    "'OUT_OF_MEMORY'": "under set-resources, set mem_mb of this rule; each attempt has more of it",
}
"""What Slurm says, in any case of letters: what to do in the profile."""


def explain_failures() -> None:
    """Have Snakemake say why a job on a cluster failed, with the last line of its log, and what to do."""
    RemoteExecutor.print_job_error = _explaining(RemoteExecutor.print_job_error)


def explanation(message: str, logs: Iterable[str]) -> list[str]:
    """Return what to add to the message of a job that failed.

    Parameters
    ----------
    message : str
        What the cluster said.
    logs : iterable of str
        The logs of the job; of those that are there, the last lines are shown.
    """
    hints = [hint for said, hint in HINTS.items() if said.lower() in message.lower()]
    return [*_last_lines(logs), *(f"in the profile, {hint}; see {PAGE}" for hint in hints)]


def _explaining(print_job_error: Callable[..., None]) -> Callable[..., None]:
    def explain(executor: Any, job_info: Any, msg: str | None = None, **more: Any) -> None:
        print_job_error(executor, job_info, msg, **more)
        job, cluster_logs = job_info.job, more.get("aux_logs", [])
        jobs = job.jobs if job.is_group() else [job]
        logs = cluster_logs and [*cluster_logs, *(log for each in jobs for log in each.log)]
        dropped = [msg] if msg and job.is_group() else []  # by Snakemake
        for line in [*dropped, *explanation(msg or "", logs)]:
            logger.error(line)

    return explain


def _last_lines(logs: Iterable[str]) -> list[str]:
    lines = []
    for log in filter(Path.is_file, map(Path, logs)):
        text = log.read_text(errors="replace").split("\n")
        lines += [f"{log} ends: {line}" for line in list(filter(str.strip, text))[-1:]]
    return lines
