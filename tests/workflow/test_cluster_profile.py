"""What the profile for Slurm asks of a cluster, and what a person is told when a job fails there."""

import re
import subprocess
import sys
from types import SimpleNamespace

import pytest
import snakemake.api  # noqa: F401  # other modules of Snakemake cannot be imported before it
from library import failures
from library.needs import SNAKEMAKE_MB, memory
from snakemake.logging import logger
from test_library import ROOT


def test_the_executor_accepts_the_profile(tmp_path):
    profile = ["--workflow-profile", "workflow/profiles/slurm", "--directory", tmp_path]
    plan = subprocess.run(
        [sys.executable, "-m", "snakemake", "--dry-run", *profile, "--config", "corpus=sample"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    assert len(re.findall(r"^\[.*\] Group job language_model", plan, re.M)) == 3


def test_each_attempt_asks_for_as_much_memory_more():
    ask = memory(600)
    assert [ask(None, attempt) for attempt in (1, 2, 3)] == [k * (SNAKEMAKE_MB + 600) for k in (1, 2, 3)]


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("sbatch: error: CPU count per node can not be satisfied", "max-threads"),
        ("sbatch: error: Memory specification can not be satisfied", "mem_mb"),
        ("error: Invalid account or account/partition combination specified", "slurm_account"),
        ("sbatch: error: invalid partition specified: lost", "slurm_partition"),
        ("Requested time limit is invalid (missing or exceeds some limit)", "runtime"),
        ("SLURM-job '7' failed, SLURM status is: 'TIMEOUT'. ", "runtime"),
        ("SLURM-job '7' failed, SLURM status is: 'OUT_OF_MEMORY'. ", "mem_mb"),
    ],
)
def test_what_slurm_says_leads_to_the_key(said, key):
    (line,) = failures.explanation(said, [])
    assert key in re.findall(r"[\w-]+", line)
    assert line.endswith("; see docs/how-to/cluster.md")


def test_the_profile_has_each_key_that_is_named():
    profile = (ROOT / "workflow/profiles/slurm/config.yaml").read_text()
    for hint in failures.HINTS.values():
        for key in re.findall(r"max-threads|set-resources|default-resources|slurm_\w+|runtime", hint):
            assert key in profile


def failed(is_group, msg, **more):
    """Return what Snakemake and our addition say of a job that failed, one line each."""
    job = SimpleNamespace(is_group=lambda: is_group, log=["train.log", "missing.log"])
    job.jobs = [job]
    said = []
    explain = failures._explaining(lambda executor, job_info, msg, **more: said.append("snakemake"))
    handler = logger.error
    logger.error = said.append
    try:
        explain(None, SimpleNamespace(job=job), msg, **more)
    finally:
        logger.error = handler
    return said


def test_the_last_line_of_each_log_reaches_the_user(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.log").write_text("epoch 1\nerror: no room\n\n")
    (tmp_path / "7.log").write_text("slurmstepd: error: *** JOB 7 CANCELLED ***")
    ends = ["7.log ends: slurmstepd: error: *** JOB 7 CANCELLED ***", "train.log ends: error: no room"]
    assert failed(False, "it failed", aux_logs=["7.log"]) == ["snakemake", *ends]
    assert failed(True, "it failed", aux_logs=["7.log"]) == ["snakemake", "it failed", *ends]
    assert failed(True, "refused") == ["snakemake", "refused"], "the log is of an earlier attempt"
    assert failed(True, None) == ["snakemake"]
