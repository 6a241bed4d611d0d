"""Test and time the GPU, in order of value, and write each result as soon as it is there.

Each part is a program of its own with a limit of time, so that one that hangs or fails costs no other. Every
line of gpu.jsonl, in the folder of `--output`, is one result: what was measured, and the floor: the largest
of bytes over bandwidth, operations over rate, and launches that wait for each other over launches per second,
all three as this GPU reached them at the start. Neither network nor Snakemake is needed, nor pydantic.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harness import Inputs
from unchecked import replace_missing

HERE = Path(__file__).resolve().parent
WORDS, TOKENS = 10_000, 929_589  # as the Penn Treebank
SECONDS = {  # limit of each part; together under nine minutes
    "limits": 30,
    "tests": 150,
    "language_models": 170,
    "word_vectors": 90,
    "counting": 40,
    "factorizing": 40,
}
MEASURED = 2.0  # seconds of one measurement, about
LIMITS = {"bytes": "bandwidth", "operations": "float32 product", "launches": "launches"}
Record = dict[str, Any]


@dataclass(frozen=True)
class Text(Inputs):
    """A text of as many words as PTB, drawn by Zipf's law, and the file of the results."""

    path: Path = Path("gpu.jsonl")

    def ids(self, tokens: int | None = None, split: str = "train") -> np.ndarray:
        """Return the first words, or all."""
        words, length = (WORDS // 10, TOKENS // 100) if self.quick else (WORDS, TOKENS)
        ends = np.cumsum(1 / np.arange(1, words + 1))
        drawn = np.searchsorted(ends, np.random.default_rng(1).random(length) * ends[-1], side="right")
        drawn[:words] = np.arange(words)[: len(drawn)]  # each occurs
        return drawn[:tokens].astype(np.int32)


def main() -> None:
    """Run the parts in turn, or a single one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", default=os.environ.get("OUT", "results/gpu"), help="folder of gpu.jsonl")
    parser.add_argument("--only", choices=SECONDS, nargs="*", default=list(SECONDS), help="parts to run")
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that all runs")
    parser.add_argument("--part", choices=SECONDS, help=argparse.SUPPRESS)
    given = parser.parse_args()
    path = Path(given.output) / "gpu.jsonl"
    if given.part:
        replace_missing()
        inputs = Text(os.cpu_count() or 1, given.quick, "cuda", path)
        for record in PARTS[given.part](inputs):
            write(path, {"part": given.part, **record, **floor(record, path)})
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    if not run_parts(given, path):
        sys.exit(1)


def run_parts(given: argparse.Namespace, path: Path) -> bool:
    """Run each part as a program of its own; return whether all ended well. Without a device, stop."""
    start = [*sys.orig_argv[: len(sys.orig_argv) - len(sys.argv) + 1]]
    good = True
    for part in given.only:
        options = ["--part", part, "--output", given.output, *["--quick"] * given.quick]
        began = time.perf_counter()
        try:
            status = subprocess.run([*start, *options], timeout=SECONDS[part]).returncode
        except subprocess.TimeoutExpired:
            status = None
        if status != 0:
            seconds = time.perf_counter() - began
            write(path, {"part": part, "name": "stopped" if status is None else "failed", "seconds": seconds})
        good &= status == 0
        if part == "limits" and status != 0:
            print("no result: the GPU cannot be used; see above", file=sys.stderr)
            break
    return good


def write(path: Path, record: Record) -> None:
    """Print a result and append it to the file, at once."""
    line = json.dumps(record)
    print(line, flush=True)
    with path.open("a", encoding="utf-8") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def floor(record: Record, path: Path) -> Record:
    """Return the least seconds that the counted work takes on this GPU, and which limit sets them."""
    if record.get("side") == "cpu":
        return {}
    lines = map(json.loads, path.read_text(encoding="utf-8").splitlines() if path.exists() else [])
    rates = {line["name"]: line["rate"] for line in lines if line["part"] == "limits" and "rate" in line}
    seconds = {
        limit: record[work] / rates[limit]
        for work, limit in LIMITS.items()
        if work in record and limit in rates
    }
    if not seconds:
        return {}
    limit = max(seconds, key=seconds.__getitem__)
    return {"floor_s": seconds[limit], "floor_by": limit}


def limits(inputs: Inputs) -> Iterator[Record]:
    """Measure what the GPU can do at most, and the versions of what is installed."""
    from lexloom.errors import LexloomError
    from lexloom.kernels.backend import get_backend

    try:
        backend = get_backend("cuda")
    except LexloomError as error:
        sys.exit(str(error))
    cupy = backend.xp
    free, total = cupy.cuda.runtime.memGetInfo()
    yield {"name": "device", "device": backend.name, "memory": total, "free": free, "cupy": cupy.__version__}
    size = 1 << (16 if inputs.quick else 28)
    source = cupy.ones(size, cupy.float32)
    target = cupy.empty_like(source)
    rate = per_second(lambda: target.__setitem__(slice(None), source), 8 * size, inputs)
    yield {"name": "bandwidth", "rate": rate, "unit": "bytes/s"}
    size = 64 if inputs.quick else 4096
    left = backend.to_device(np.random.default_rng(1).random((size, size), np.float32))
    rate = per_second(lambda: cupy.matmul(left, left), 2 * size**3, inputs)
    yield {"name": "float32 product", "rate": rate, "unit": "operations/s"}
    few = cupy.ones(1, cupy.float32)
    rate = per_second(lambda: few.__iadd__(1), 1, inputs)
    yield {"name": "launches", "rate": rate, "unit": "launches/s"}


def per_second(work: Callable[[], object], units: float, inputs: Inputs) -> float:
    """Return the units per second of work on the device that is repeated."""
    import cupy

    count, seconds = 1, 0.0
    work()
    while seconds < (0.001 if inputs.quick else MEASURED / 8):
        cupy.cuda.Device().synchronize()
        count *= 2
        start = time.perf_counter()
        for _ in range(count):
            work()
        cupy.cuda.Device().synchronize()
        seconds = time.perf_counter() - start
    return count * units / seconds


def tests(inputs: Text) -> Iterator[Record]:
    """Run the tests on the GPU, all of them, and write at once which fail, and why."""
    import pytest

    counts = {"passed": 0, "failed": 0, "skipped": 0}

    class Seen:
        def pytest_runtest_logreport(self, report: Any) -> None:
            if report.when == "call" or not report.passed:
                counts[report.outcome] += 1
            if report.failed:
                write(
                    inputs.path, {"part": "tests", "name": report.nodeid, "why": report.longreprtext[-2000:]}
                )

    root = HERE.parent
    options = ["-m", "gpu", f"--rootdir={root}", f"--confcutdir={root / 'tests' / 'gpu'}", "--tb=short"]
    some = ["-k", "LSTM or shape0"] * inputs.quick
    status = pytest.main([*options, "-p", "no:cacheprovider", *some, str(root / "tests" / "gpu")], [Seen()])
    yield {"name": "tests", **counts}
    if status:
        sys.exit(1)


def language_models(inputs: Inputs) -> Iterator[Record]:
    """Train, beside cuDNN by PyTorch, with float32 products and with TF32 ones."""
    import language_model

    ids = inputs.ids()
    for model in list(language_model.ON_GPU)[: 1 if inputs.quick else None]:
        fit = language_model.updates(inputs, model, ids)
        yield updates_per_second(model, "lexloom", fit, inputs) | work_of_update(inputs, model)
        del fit
        for tf32 in (False, True):
            fit = updates_of_cudnn(inputs, model, ids, tf32)
            if fit is None:
                yield {"name": model, "side": "PyTorch", "missing": "torch with CUDA"}
                break
            name = "PyTorch, TF32" if tf32 else "PyTorch"
            yield updates_per_second(model, name, fit, inputs)
            del fit


def updates_of_cudnn(inputs: Inputs, model: str, ids: np.ndarray, tf32: bool) -> Callable[[int], int] | None:
    """Return what makes updates by PyTorch on the GPU, or None if there is no PyTorch for it."""
    import language_model

    try:
        import torch
    except ImportError:
        return None
    if not torch.cuda.is_available():
        return None
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    return language_model.updates_by_torch(inputs, model, ids)


def updates_per_second(name: str, side: str, fit: Callable[[int], int], inputs: Inputs) -> Record:
    """Time as many updates as take some seconds, after a few to warm up."""
    few, most = (1, 1) if inputs.quick else (5, 1000)
    start = time.perf_counter()
    fit(few)
    warm_up = time.perf_counter() - start
    start = time.perf_counter()
    fit(few)
    count = max(few, min(most, int(MEASURED * few / (time.perf_counter() - start))))
    start = time.perf_counter()
    tokens = fit(count)
    seconds = time.perf_counter() - start
    return {
        "name": name,
        "side": side,
        "rate": tokens / seconds,
        "unit": "tokens/s",
        "update_ms": 1000 * seconds / count,
        "warm_up_s": warm_up,
    }


def work_of_update(inputs: Inputs, model: str) -> Record:
    """Return the operations, bytes and launches of one update.

    Bytes: weights are read forwards and backwards, gradients written, read for the norm and for the update,
    which reads and writes the weights; the scores are written and read, and so are their gradients. What
    stays in the caches is not counted. Launches: one for each product that runs over all steps, and one for
    the steps of each layer in each direction.
    """
    import language_model

    settings = language_model.settings_of(inputs, model)
    products = language_model.products_of(inputs, model)
    multiply_adds = sum(each.rows * each.inner * each.columns * each.times for each in products)
    words, hidden, layers = language_model.vocabulary_of(inputs), settings["hidden"], settings["layers"]
    recurrent = layers * language_model.GATES[settings["cell"]] * 2 * hidden * hidden
    weights, scores = words * hidden + recurrent, settings["batch"] * settings["steps"] * words
    return {
        "operations": 2 * multiply_adds,
        "bytes": 4 * (7 * weights + 4 * scores),
        "launches": 3 + layers * (3 + 1 + 2),
    }


def word_vectors(inputs: Inputs) -> Iterator[Record]:
    """Train CBOW and skip-gram, with the batch of the CPU and with one four times as large."""
    import word2vec

    ids = inputs.ids(256 if inputs.quick else None)
    sizes = list(word2vec.SIZES.values())[: 1 if inputs.quick else None]
    for dimension, window in sizes:
        for model in word2vec.OURS:
            for batch in (128,) if inputs.quick else (4096, 16384):
                fit = word2vec.lexloom_model(
                    ids, int(ids.max()) + 1, model, dimension, window, 1, 1, "cuda", batch
                )
                fit(1)
                start = time.perf_counter()
                fit(1)
                seconds = time.perf_counter() - start
                samples, block = word2vec.OURS[model]["samples"], word2vec.OURS[model]["block"]
                compared = samples + (1 if model == "cbow" else window + 1)
                rows = window + 1 + compared / block  # mean radius on both sides: (window + 1) / 2
                yield {
                    "name": f"{model}, dimension {dimension}, window {window}, batch {batch}",
                    "rate": len(ids) / seconds,
                    "unit": "words/s",
                    "operations": 6 * dimension * compared * len(ids),
                    "bytes": 12 * dimension * rows * len(ids),
                    "launches": 6 * -(-len(ids) // batch),
                }


def counting(inputs: Inputs) -> Iterator[Record]:
    """Count pairs on the GPU, beside the CPU with all its threads."""
    from lexloom.kernels.backend import get_backend
    from lexloom.kernels.counting import counting as kernels

    ids = inputs.ids()
    size = int(ids.max()) + 1
    for window in (2, 5):
        weights = np.ones(window, np.int64)
        for device in ("cuda", "cpu"):
            backend = get_backend(device, inputs.threads)
            arrays = backend.to_device(ids), size, backend.to_device(weights)
            count = kernels.of(arrays[0]).count_cooccurrences
            count(arrays[0][:1000], *arrays[1:])
            start = time.perf_counter()
            found = backend.to_host(count(*arrays)[0])
            seconds = time.perf_counter() - start
            yield {
                "name": f"count, window {window}",
                "side": device,
                "rate": len(ids) / seconds,
                "unit": "tokens/s",
                "seconds": seconds,
                "bytes": 2 * window * len(ids) * 16 * 4 + 16 * len(found),  # a radix sort in four passes
            }


def factorizing(inputs: Inputs) -> Iterator[Record]:
    """Factorize on the CPU, and time on the GPU what takes most of it: products with 16 columns."""
    from lexloom.kernels.backend import get_backend
    from lexloom.kernels.sparse import sparse
    from lexloom.vectors.cooccurrence import count_cooccurrences
    from lexloom.vectors.ppmi import weight_ppmi
    from lexloom.vectors.svd import truncated_svd

    ids = inputs.ids()
    host = get_backend("cpu", inputs.threads)
    matrix = weight_ppmi(count_cooccurrences(ids, int(ids.max()) + 1, 2), smoothing=1, shift=0)
    matrix = matrix.astype(np.float64)
    block = np.random.default_rng(1).random((matrix.shape[1], 16))
    for backend in (get_backend("cuda"), host):
        parts = [backend.to_device(part) for part in (matrix.data, matrix.indices, matrix.indptr, block)]
        rate = per_second(lambda parts=parts: sparse.of(parts[3]).sparse_matmul(*parts), 1, inputs)
        yield {
            "name": "sparse product, 16 columns",
            "side": backend.name,
            "rate": rate,
            "unit": "products/s",
            "operations": 32 * matrix.nnz,
            "bytes": 12 * matrix.nnz + 16 * 16 * matrix.shape[0],
        }
    start = time.perf_counter()
    truncated_svd(matrix, 10 if inputs.quick else 100, np.random.default_rng(1))
    yield {"name": "SVD, window 2", "side": "cpu", "seconds": time.perf_counter() - start}


PARTS: dict[str, Callable[[Text], Iterator[Record]]] = {
    "limits": limits,
    "tests": tests,
    "language_models": language_models,
    "word_vectors": word_vectors,
    "counting": counting,
    "factorizing": factorizing,
}

if __name__ == "__main__":
    main()
