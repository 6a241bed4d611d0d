"""Bytes and seconds of communication in an update of trainings on PTB, by each rank.

    mpirun -n 2 python benchmarks/ranks.py

It needs data/ptb/corpus.h5. Each rank has one thread and one part of each batch. "Computes" is processor
time, which other programs disturb least. "Waits" is the time until the slowest rank has come; "talks" is the
communication after that. All are medians of the updates.
"""

import pickle
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from lexloom.corpus.recorded import tokenizer_of
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm_training import new_model, new_trainer, windows
from lexloom.settings.configuration import Configuration
from lexloom.storage.artifacts import read_artifact
from lexloom.training.ranks import MpiRanks
from lexloom.vectors.word2vec_training import Training

UPDATES = 15
WARM_UP = 3


class Measured(MpiRanks):
    """Ranks that note what they send, and how long it takes."""

    sent, waits, talks, processor = 0.0, 0.0, 0.0, 0.0

    def gather(self, value: Any) -> list[Any]:
        """Measure `MpiRanks.gather`."""
        return self._measured(len(pickle.dumps(value)) * (self.size - 1), super().gather, value)

    def exchange(self, blocks: Any) -> Any:
        """Measure `MpiRanks.exchange`."""
        return self._measured(blocks.nbytes * (self.size - 1) / self.size, super().exchange, blocks)

    def collect(self, array: Any) -> Any:
        """Measure `MpiRanks.collect`."""
        return self._measured(array.nbytes * (self.size - 1), super().collect, array)

    def _measured(self, size: float, operation: Callable[[Any], Any], value: Any) -> Any:
        came, before = time.perf_counter(), time.process_time()
        self.world.Barrier()
        began = time.perf_counter()
        result = operation(value)
        self.sent += size
        self.waits += began - came
        self.talks += time.perf_counter() - began
        self.processor += time.process_time() - before
        return result


def trainings(ranks: MpiRanks, config: Configuration) -> dict[str, Callable[[], tuple[Any, Any]]]:
    """Return, by name, functions that make a trainer and the batches of an epoch."""
    corpus = read_artifact("data/ptb/corpus.h5", "corpus")
    backend, parts = get_backend("cpu", 1), {"parts": ranks.size}

    def language_model(name: str, **changes: Any) -> tuple[Any, Any]:
        settings = config.rnnlm.models[name].model_copy(update=parts | changes)
        model = new_model(settings, corpus["counts"], 0, 1, backend)
        return new_trainer(settings, model, 1, ranks), windows(settings, model, corpus["train"], 1, 0)

    def cbow() -> tuple[Any, Any]:
        settings = config.word2vec.models["cbow"].model_copy(update=parts)
        words = (corpus[name] for name in ("train", "words", "counts"))
        training = Training(settings, *words, config.contexts.window, 1, backend, tokenizer_of(corpus), ranks)
        return training.trainer, training.batches(0)

    return {
        "LSTM 2 x 650, all words": partial(language_model, "lstm_650", samples=None),
        "LSTM 2 x 650, 1,000 samples": partial(language_model, "lstm_650"),
        "lstm": partial(language_model, "lstm"),
        "cbow": cbow,
    }


def main() -> None:
    """Measure each training, and print a line of the table on the first rank."""
    import yaml
    from mpi4py import MPI

    ranks = Measured(MPI.COMM_WORLD)
    with open("config/config.yaml", encoding="utf-8") as file:
        config = Configuration.model_validate(yaml.safe_load(file))
    if ranks.rank == 0:
        print("| training | MB sent | ms computes | ms waits | ms talks |\n|---|---|---|---|---|")
    for name, make in trainings(ranks, config).items():
        trainer, batches = make()
        carry, rows = None, []
        for place in range(WARM_UP + UPDATES):
            ranks.sent = ranks.waits = ranks.talks = ranks.processor = 0.0
            before = time.process_time()
            batch = batches[place]
            _, carry = trainer.step(batch, carry, 0.1)
            computes = time.process_time() - before - ranks.processor
            rows.append((ranks.sent / 1e6, *(1e3 * part for part in (computes, ranks.waits, ranks.talks))))
        if ranks.rank == 0:
            medians = map(median, np.transpose(rows[WARM_UP:]))
            print(f"| {name} | {' | '.join(f'{value:.2f}' for value in medians)} |", flush=True)


if __name__ == "__main__":
    main()
