"""How speed and memory of each stage grow with the text: 1, 10 and 100 million tokens that follow Zipf's law.

Each stage is the real script in a process of its own, with the settings of config/config.yaml, but one
epoch of training and no subsampling, so that all tokens count. Seconds are of the whole program, by the
clock and of the processor; memory is the peak that the system tells. Beside them stand the limits of one
core, measured in the same run (machine.py). Writes results/scale.json, in which sizes that a run leaves out
keep what an earlier one found; then scale_report.py prints the table and draws docs/images/scale.png.
"""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import yaml
from scale_report import RESULTS, ROOT, report
from zipf import LINE, write_zipf

from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration
from lexloom.storage.atomic_files import write_lines

TYPES = {1_000_000: 10_000, 10_000_000: 100_000, 100_000_000: 500_000}
HELD_OUT = 1000


def main() -> None:
    """Measure the sizes asked for, write what is known, and report it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument(
        "--tokens", type=int, choices=TYPES, nargs="+", default=list(TYPES), help="sizes of the text"
    )
    given = parser.parse_args()
    os.chdir(ROOT)
    for tokens in given.tokens:
        records = measure_size(tokens, TYPES[tokens], given.threads)
        known = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else []
        records += [record for record in known if record["tokens"] != tokens]
        records.sort(key=lambda record: record["tokens"])
        write_lines(RESULTS, [json.dumps(records, indent=2)])
    report()


def measure_size(tokens: int, types: int, threads: int) -> list[dict]:
    """Return a record for each stage on a text of one size."""
    limits = limits_of_a_core(types)
    Path("data").mkdir(exist_ok=True)
    records = []
    with tempfile.TemporaryDirectory(dir="data") as folder:
        words = tokens // (LINE + 1) * LINE  # the end of each line is a token too
        write_zipf(f"{folder}/train.txt", words, types)
        write_zipf(f"{folder}/held_out.txt", HELD_OUT, types)
        for stage, settings, command in stages(folder, threads):
            seconds, processor_seconds, peak = run(command)
            print(f"{stage}, {tokens:,} tokens: {seconds:.1f} s", flush=True)
            records.append(
                {
                    "stage": stage,
                    "tokens": tokens,
                    "types": types,
                    "threads": threads,
                    "seconds": seconds,
                    "processor_seconds": processor_seconds,
                    "peak_bytes": peak,
                    "settings": settings,
                    "limits": limits,
                }
            )
    return records


def stages(folder: str, threads: int) -> Iterator[tuple[str, dict, list[str]]]:
    """Yield the name, the settings and the command line of each stage, in order, as the rules have them."""
    configuration = Configuration.model_validate(yaml.safe_load(Path("config/config.yaml").read_text()))

    def command(script: str, output: str, settings: dict, *inputs: str) -> list[str]:
        options = shlex.split(as_options(settings))
        paths = [f"{folder}/{name}" for name in inputs]
        return [f"scripts/{script}.py", f"--output={folder}/{output}", *options, "--", *paths]

    tokenize = configuration.tokenize.model_dump(include={"sentence_end", "normalize"})
    held_out = {name: f"{folder}/held_out.txt" for name in ("valid", "test")}
    text = command("corpus/tokenize_corpus", "corpus.h5", tokenize | held_out, "train.txt")
    yield "tokenize", tokenize, text

    count = configuration.counts.model_dump(exclude={"shards"})
    counting = command("vectors/count_cooccurrences", "counts.h5", count | {"threads": threads}, "corpus.h5")
    yield "count", count, counting

    window = dict(configuration.contexts)
    yield "contexts", window, command("vectors/create_contexts", "contexts.h5", window, "corpus.h5")

    for stage, name in (("CBOW", "cbow"), ("skip-gram", "skipgram")):
        settings = dict(configuration.word2vec.models[name]) | {"epochs": 1, "subsample": 0.0}
        options = settings | {"seed": configuration.seed, "threads": threads}
        training = command("vectors/train_word2vec", f"{name}.h5", options, "contexts.h5")
        yield stage, settings | window, training


def run(command: list[str]) -> tuple[float, float, int]:
    """Run a program and return its seconds, those of the processor, and its peak memory in bytes."""
    start = time.perf_counter()
    process = subprocess.Popen([sys.executable, *command], stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    if status:
        raise SystemExit(f"{' '.join(command)}: ended with {os.waitstatus_to_exitcode(status)}")
    unit = 1 if sys.platform == "darwin" else 1024
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * unit


def limits_of_a_core(types: int) -> dict[str, float]:
    """Return what machine.py finds of this machine."""
    command = [sys.executable, "benchmarks/machine.py", "--types", str(types)]
    return json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout)


if __name__ == "__main__":
    main()
