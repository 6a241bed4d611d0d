"""Kill every script at random moments, run it again, and compare what it makes with an undisturbed run.

    python tests/fuzz/kills.py --kills 20 [--script NAME] [--seed N] [--workers 2]

Each script is killed alone and under Snakemake: the job, Snakemake, or both, by SIGKILL, SIGTERM or SIGINT,
at moments spread over its running time. A run that was killed is followed by the next, which may be killed as
well; the last one runs to its end. Then all files must have the bytes of an undisturbed run, no other file
may be there, and no training may have resumed from an earlier step than the last that was saved.
"""

import argparse
import contextlib
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1] / "workflow"))
from conftest import new_workflow

from lexloom.errors import LexloomError
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.checksums import file_sha256

ALONE, JOB, SNAKEMAKE, BOTH = MODES = ("alone", "job", "snakemake", "both")
SIGNALS = [signal.SIGKILL] * 3 + [signal.SIGTERM, signal.SIGINT]
SHARDS = 2
TARGETS = ["all", "sweep", "speeds", "lessons", "results/own/similarity/svd.h5"]
SHARD_FILES = [f"data/sample/shards/{shard}-of-{SHARDS}.h5" for shard in range(1, SHARDS + 1)]
PATIENCE = 300
"""Seconds that anything may take; more is a failure."""


@dataclass
class Job:
    """A job of the graph: the script, its command line and what it makes."""

    script: str
    outputs: list[str]
    command: str


@dataclass
class Figures:
    """What happened to a script."""

    script: str
    kills: int = 0
    runs: int = 0
    seconds: float = 0.0
    epochs_lost: float = 0.0
    faults: list[str] = field(default_factory=list)


class Runs:
    """The runs of one job in one way: alone, or under Snakemake with one of three victims."""

    def __init__(self, workflow: Any, job: Job, mode: str, rng: random.Random, figures: Figures):
        self.workflow, self.folder, self.job, self.mode = workflow, workflow.folder, job, mode
        self.rng, self.figures = rng, figures
        self.groups: list[int] = []
        self.said = self.folder / "said.txt"

    def run(self, kills: int, reference: dict[str, str], seconds: float) -> None:
        """Kill so many runs in a row, then compare what the next makes with the reference."""
        try:
            self._remove_outputs()
            done = 0
            while done < kills:
                done += self._killed(seconds, reference)
            self.figures.kills += kills
            if self.mode != ALONE:
                self.workflow.snakemake("--unlock")
            self._expect_end(self._start(), reference)
        finally:
            self._end_groups()

    def seconds_undisturbed(self, reference: dict[str, str]) -> float:
        """Return how long a run takes that is not killed."""
        self._remove_outputs()
        began = time.monotonic()
        self._expect_end(self._start(), reference)
        return time.monotonic() - began

    def _killed(self, seconds: float, reference: dict[str, str]) -> bool:
        """Start, kill, and return whether the kill came before the end."""
        if self.mode != ALONE:  # as --unlock does, which takes two seconds
            shutil.rmtree(self.folder / ".snakemake/locks", ignore_errors=True)
        saved = saved_steps(self.folder, self.job)
        process = self._start()
        wait(lambda: process.poll() is not None or bool(self._scripts(process)))
        time.sleep(self.rng.uniform(0, 1.2 * seconds))
        if process.poll() is not None:
            self._expect_end(process, reference)
            self._remove_outputs()
            return False
        self._kill(process)
        process.wait(PATIENCE)
        if self.rng.random() < 0.5:  # else the next run meets the orphans
            self._wait_for_orphans()
        self._count_lost(saved)
        return True

    def _start(self) -> subprocess.Popen:
        self.figures.runs += 1
        with open(self.said, "wb") as said:
            options = {"stdout": said, "stderr": said, "start_new_session": True}
            if self.mode == ALONE:
                command = self.job.command.replace(" --keep-finished ", " ")
                environment = os.environ | {"LEXLOOM_MIRROR": str(self.workflow.mirror)}
                process = subprocess.Popen(
                    ["bash", "-c", f"exec {command}"], cwd=self.folder, env=environment, **options
                )
            else:
                process = self.workflow.start("--notemp", *self.job.outputs, **options)
        self.groups.append(process.pid)
        return process

    def _scripts(self, process: subprocess.Popen) -> list[psutil.Process]:
        """Return the processes of the script."""
        scripts = []
        with contextlib.suppress(psutil.Error):
            root = psutil.Process(process.pid)
            for each in [root, *root.children(recursive=True)]:
                with contextlib.suppress(psutil.Error):
                    if f"{self.job.script}.py" in " ".join(each.cmdline()[:2]):
                        scripts.append(each)
        return scripts

    def _kill(self, process: subprocess.Popen) -> None:
        number = self.rng.choice(SIGNALS)
        if self.mode == BOTH:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, number)
        elif self.mode == JOB:
            for script in self._scripts(process):
                with contextlib.suppress(psutil.Error):
                    script.send_signal(number)
        else:
            process.send_signal(number)

    def _expect_end(self, process: subprocess.Popen, reference: dict[str, str]) -> None:
        """Wait for the end of a run; it must have ended well, with the bytes of the reference."""
        status = process.wait(PATIENCE)
        self._wait_for_orphans()
        if status:
            self._fault(f"ended with status {status}: {self.said.read_text()[-2000:]}")
        now = contents(self.folder)
        self._fault_of_files("bytes differ", [each for each in reference if now.get(each) != reference[each]])
        self._fault_of_files("left over", sorted(now.keys() - reference.keys()))

    def _fault_of_files(self, what: str, files: list[str]) -> None:
        if files:
            self._fault(f"{what}: {', '.join(files)}")

    def _fault(self, what: str) -> None:
        self.figures.faults.append(f"{self.job.script} ({self.mode}): {what}")

    def _count_lost(self, saved: int) -> None:
        """Count the steps that were saved before a run and made again in it."""
        resumed = re.findall(r"continuing from .*, after step (\d+)$", self.said.read_text(), re.M)
        if resumed and int(resumed[-1]) < saved:
            self.figures.epochs_lost += (saved - int(resumed[-1])) / steps_of_epoch(self.folder, self.job)
        if saved and not resumed and "epoch 1:" in self.said.read_text():
            self._fault(f"trained anew, though step {saved} was saved")

    def _wait_for_orphans(self) -> None:
        wait(lambda: not any(map(lives, self.groups)))
        self.groups.clear()

    def _end_groups(self) -> None:
        for group in filter(lives, self.groups):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(group, signal.SIGKILL)

    def _remove_outputs(self) -> None:
        for output in self.job.outputs:
            (self.folder / output).unlink(missing_ok=True)


def lives(group: int) -> bool:
    """Return whether a process of a group lives."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def wait(event: Callable[[], bool]) -> None:
    """Wait for something."""
    end = time.monotonic() + PATIENCE
    while not event():
        if time.monotonic() > end:
            raise TimeoutError(f"nothing happened within {PATIENCE} seconds")
        time.sleep(0.01)


def contents(folder: Path) -> dict[str, str]:
    """Return a checksum of each file that was made, without the speeds, which differ from run to run."""
    made = {}
    for path in [path for room in ("data", "results") for path in (folder / room).rglob("*")]:
        if path.is_file() and "benchmarks" not in path.parts:
            lines = path.read_bytes().splitlines() if path.suffix == ".csv" else []
            timeless = b"\n".join(line.rpartition(b",")[0] for line in lines).decode()
            made[str(path.relative_to(folder))] = timeless if lines else file_sha256(path)
    return made


def saved_steps(folder: Path, job: Job) -> int:
    """Return after how many steps the last checkpoint of a training was saved."""
    saved = [0]
    for path in (folder / job.outputs[0]).parent.glob(f"{Path(job.outputs[0]).stem}.*-*.h5"):
        with contextlib.suppress(LexloomError, FileNotFoundError):
            saved.append(json.loads(read_artifact(path, "checkpoint")["state"][0])["position"]["steps"])
    return max(saved)


def steps_of_epoch(folder: Path, job: Job) -> int:
    """Return the steps of an epoch, from the last checkpoint."""
    for path in (folder / job.outputs[0]).parent.glob(f"{Path(job.outputs[0]).stem}.*-*.h5"):
        with contextlib.suppress(LexloomError, FileNotFoundError):
            state = json.loads(read_artifact(path, "checkpoint")["state"][0])
            return max(1, state["position"]["batches"])
    return 1


def tiny_workflow(folder: Path) -> Any:
    """Return a copy of the repository with small corpora and models."""
    folder.mkdir()
    workflow = new_workflow(folder)
    workflow.config["counts"]["shards"] = SHARDS
    workflow.set("checkpoint_minutes", 0)
    workflow.set("rnnlm.models.tiny.epochs", 3)
    for model in ("cbow", "skipgram"):
        workflow.set(f"word2vec.models.{model}.epochs", 3)
    return workflow


def copied(workflow: Any, folder: Path) -> Any:
    """Return another copy of a workflow with all that it made."""
    shutil.copytree(workflow.folder, folder, symlinks=True)
    other = object.__new__(type(workflow))
    other.folder, other.mirror, other.config = folder, folder / "mirror", workflow.config
    return other


def jobs_of(workflow: Any) -> list[Job]:
    """Return a job for each script, those first on which no other depends."""
    plan = workflow.snakemake("--dry-run", "--forceall", "--printshellcmds", *TARGETS, *SHARD_FILES).stdout
    jobs = {}
    for block in re.split(r"^\[.*\]$", plan, flags=re.M):
        outputs = re.search(r"^Job \d+: \w+: (.*)$", block, re.M)
        command = re.search(r"^Shell command: (python scripts/\w+/(\w+)\.py .*)$", block, re.M)
        if outputs and command:
            jobs[command[2]] = Job(command[2], outputs[1].split(), command[1])
    return list(reversed(jobs.values()))


def try_script(workflow: Any, job: Job, kills: int, seed: int) -> Figures:
    """Kill a script in each way, and return what happened."""
    figures = Figures(job.script)
    began, seconds = time.monotonic(), 1.0
    reference = contents(workflow.folder)
    for number, mode in enumerate(MODES):
        runs = Runs(workflow, job, mode, random.Random(f"{seed} {job.script} {mode}"), figures)
        try:
            if mode == ALONE:
                seconds = runs.seconds_undisturbed(reference)
            runs.run((kills + number) // len(MODES), reference, seconds)
        except (AssertionError, TimeoutError, subprocess.TimeoutExpired) as error:
            figures.faults.append(f"{job.script} ({mode}): {error!r}")
            restore(workflow, job)
    figures.seconds = time.monotonic() - began
    return figures


def restore(workflow: Any, job: Job) -> None:
    """Make the outputs of a job anew after a failure, so that the next is tried from a whole graph."""
    workflow.snakemake("--unlock")
    workflow.snakemake("--notemp", *job.outputs, check=False)


def folders(workflow: Any, workers: int, parent: Path) -> Iterator[Any]:
    """Yield a workflow for each worker."""
    yield workflow
    for worker in range(1, workers):
        yield copied(workflow, parent / f"worker{worker}")


def main() -> int:
    """Try the scripts, print a line for each, and return the number of faults."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=20, help="of each script, in all ways together")
    parser.add_argument("--script", nargs="+", metavar="NAME", help="only these, such as train_rnnlm")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2, help="scripts that are tried at the same time")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="kills-") as parent:
        workflow = tiny_workflow(Path(parent) / "worker0")
        jobs = [job for job in jobs_of(workflow) if not options.script or job.script in options.script]
        workflow.snakemake("--notemp", *[output for job in jobs for output in job.outputs])
        free: SimpleQueue = SimpleQueue()
        for each in folders(workflow, options.workers, Path(parent)):
            free.put(each)

        def attempt(job: Job) -> Figures:
            own = free.get()
            try:
                figures = try_script(own, job, options.kills, options.seed)
            finally:
                free.put(own)
            print(
                f"{figures.script:22} {figures.kills:3} kills {figures.runs:3} runs {figures.seconds:5.0f} s "
                f"{figures.epochs_lost:.2f} epochs lost, {len(figures.faults)} faults",
                *figures.faults,
                sep="\n  ",
                flush=True,
            )
            return figures

        with ThreadPoolExecutor(options.workers) as pool:
            done = list(pool.map(attempt, jobs))
    kills, faults = sum(each.kills for each in done), sum(len(each.faults) for each in done)
    lost = sum(each.epochs_lost for each in done)
    print(f"{len(done)} scripts, {kills} kills, {lost:.2f} epochs lost, {faults} faults, seed {options.seed}")
    return min(faults, 1)


if __name__ == "__main__":
    sys.exit(main())
