"""What all benchmarks share: a stage with its sides, the text they work on, and one measurement.

A side is a function of `Inputs` that prepares, warms up compiled code, and returns the work to time; the
work returns how many units it did. Each measurement is a program of its own (`measure.py`), and a side
imports what it uses inside of its function, so that peak memory is the side's own.
"""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

Work = Callable[[], int]


@dataclass(frozen=True)
class Inputs:
    """What a side works on.

    Attributes
    ----------
    threads : int
    quick : bool
        Take a tenth of the text.
    device : str
        "cpu" or "cuda".
    """

    threads: int
    quick: bool = False
    device: str = "cpu"

    def config(self) -> dict:
        """Return config/config.yaml."""
        import yaml

        with open("config/config.yaml", encoding="utf-8") as file:
            return yaml.safe_load(file)

    def artifact(self, path: str, kind: str) -> Any:
        """Return an artifact of the pipeline on PTB."""
        from lexloom.storage.artifacts import read_artifact

        return read_artifact(path, kind)

    def train_tokens(self) -> int:
        """Return the number of tokens behind the matrices of PTB."""
        return len(self.artifact("data/ptb/corpus.h5", "corpus")["train"])

    def ids(self, tokens: int | None = None, split: str = "train") -> Any:
        """Return the first tokens of a split of PTB, or all, as word ids."""
        ids = self.artifact("data/ptb/corpus.h5", "corpus")[split]
        tokens = tokens or len(ids)
        return ids[: tokens // 10 if self.quick else tokens]


@dataclass(frozen=True)
class Stage:
    """A stage of the pipeline, lexloom's way and others' ways of doing the same.

    Attributes
    ----------
    name : str
    ours : side
    peers : dict of str to side
        By name; one whose import fails is left out.
    unit : str
        What the work counts, per second.
    bound : side, optional
        Does only what cannot be left out.
    """

    name: str
    ours: Callable[[Inputs], Work]
    peers: dict[str, Callable[[Inputs], Work]] = field(default_factory=dict)
    unit: str = "tokens/s"
    bound: Callable[[Inputs], Work] | None = None


def measure(side: Callable[[Inputs], Work], inputs: Inputs) -> dict[str, float]:
    """Return the seconds of one run, its units per second, and the peak memory of this process in MiB."""
    work = side(inputs)
    start = time.perf_counter()
    units = work()
    seconds = time.perf_counter() - start
    unit_bytes = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit_bytes / 2**20
    return {"seconds": seconds, "rate": units / seconds, "peak": peak}
