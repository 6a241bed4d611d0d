"""Time every stage on PTB beside its peers, print a table, and write results/benchmarks.json.

All sides of a stage take turns, each measurement in a fresh process; the medians of the rounds count. A rate
is in units of work per second, a ratio is our rate over the peer's: above 1, lexloom is faster. A stage may
have a bound, the rate of what cannot be left out; the ratio beside it is the share of it that lexloom
reaches. Peak memory is that of the whole process. `--isa avx2` holds every side to AVX2, and writes
results/benchmarks_avx2.json.
"""

import argparse
import importlib
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import isa
from harness import Stage
from measure import BOUND, OURS

from lexloom.storage.atomic_files import write_lines

MODULES = (
    "tokenizing",
    "counting",
    "factorizing",
    "word2vec",
    "language_model",
    "evaluation",
)
INPUTS = (
    "data/ptb/corpus.h5",
    "data/ptb/cooccurrences.h5",
    "data/ptb/ppmi.h5",
    "results/ptb/svd.h5",
    "data/eval/questions-words.txt",
)
HERE = Path(__file__).parent


def main() -> None:
    """Prepare the inputs, measure every stage, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    cores = os.cpu_count() or 1
    parser.add_argument("--threads", type=int, default=cores, help="for lexloom and for each peer that can")
    parser.add_argument("--rounds", type=int, default=3, help="measurements of each side")
    parser.add_argument(
        "--quick", action="store_true", help="one round on a tenth of the text; writes no results"
    )
    parser.add_argument("--only", choices=MODULES, nargs="*", default=MODULES, help="benchmark files to run")
    parser.add_argument(
        "--isa", choices=isa.ENVIRONMENT, default=isa.NATIVE, help="instruction set that all sides may use"
    )
    given = parser.parse_args()
    os.chdir(HERE.parent)
    prepare(given.threads)
    print(f"{'stage':28} {'side':36} {'seconds':>9} {'rate':>12} {'unit':12} {'peak MiB':>9} {'ratio':>7}")
    records = []
    for module in given.only:
        for stage in importlib.import_module(module).STAGES:
            records += measure_stage(module, stage, given)
    if not given.quick:
        suffix = "" if given.isa == isa.NATIVE else f"_{given.isa}"
        write_lines(f"results/benchmarks{suffix}.json", [json.dumps(records, indent=2)])


def prepare(threads: int) -> None:
    """Let the pipeline make what the stages work on."""
    snakemake = [sys.executable, "-m", "snakemake", "--cores", str(threads), "--quiet"]
    command = [*snakemake, "--config", "corpus=ptb", "--", *INPUTS]
    subprocess.run(command, check=True)


def measure_stage(module: str, stage: Stage, given: argparse.Namespace) -> list[dict]:
    """Measure all sides of a stage in turn, print a line for each, and return the records to write."""
    sides = [OURS, *stage.peers, *[BOUND] * (stage.bound is not None)]
    runs: dict[str, list[dict]] = {side: [] for side in sides}
    for _ in range(1 if given.quick else given.rounds):
        for side in sides:
            runs[side].append(measure_once(module, stage, side, given))
    rates = {
        side: median(measured, "rate") for side, measured in runs.items() if "missing" not in measured[0]
    }
    for side, measured in runs.items():
        print(f"{stage.name:28} {side:36} {line(stage, side, measured, rates)}", flush=True)
    peers = [peer for peer in stage.peers if peer in rates] or [None]
    taken = {side: measured[0].get("isa", {}) for side, measured in runs.items()}
    return [record(stage, given.threads, rates, peer) | {"isa": taken} for peer in peers]


def line(stage: Stage, side: str, measured: list[dict], rates: dict[str, float]) -> str:
    """Return what the table says of a side."""
    if side not in rates:
        return f"not measured: {measured[0]['missing']} is not installed"
    seconds, peak = median(measured, "seconds"), median(measured, "peak")
    ratio = "" if side == OURS else f"{rates[OURS] / rates[side]:.2f}"
    return f"{seconds:9.3f} {rates[side]:12.0f} {stage.unit:12} {peak:9.0f} {ratio:>7}"


def measure_once(module: str, stage: Stage, side: str, given: argparse.Namespace) -> dict:
    """Run one measurement in a process of its own and return what it prints."""
    threads = str(given.threads)
    command = [sys.executable, str(HERE / "measure.py"), module, stage.name, side, "--threads", threads]
    limits = {f"{library}_NUM_THREADS": threads for library in ("OMP", "OPENBLAS", "MKL")}
    done = subprocess.run(
        command + ["--quick"] * given.quick,
        env=isa.measuring(given.isa) | limits,
        stdout=subprocess.PIPE,
        check=True,
    )
    result = json.loads(done.stdout)
    if more := list(isa.disobedient(given.isa, result.get("isa", {}))):
        sys.exit(f"{stage.name}, {side}: more than {given.isa} is used by {'; '.join(more)}")
    return result


def median(runs: list[dict], key: str) -> float:
    """Return the median of one figure over the rounds."""
    return statistics.median(run[key] for run in runs)


def record(stage: Stage, threads: int, rates: dict[str, float], peer: str | None) -> dict:
    """Return one object of results/benchmarks.json."""
    ours, bound = rates[OURS], rates.get(BOUND)
    return {
        "name": stage.name,
        "unit": stage.unit,
        "ours": ours,
        "peer": rates[peer] if peer else None,
        "peer_name": peer,
        "ratio": ours / rates[peer] if peer else None,
        "bound": bound,
        "share": ours / bound if bound else None,
        "threads": threads,
        "device": "cpu",
    }


if __name__ == "__main__":
    main()
