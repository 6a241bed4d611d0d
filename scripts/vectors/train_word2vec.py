"""Train word vectors by CBOW or skip-gram with negative sampling."""

import argparse
import time
from functools import partial

from lexloom.commands.script import parse, script_parser
from lexloom.settings.execution import Compute, Resuming, Seed
from lexloom.settings.vectors import Vectors
from lexloom.settings.word2vec import Word2vec


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Word2vec, Vectors, Seed, Compute, Resuming)
    parser.add_argument("contexts", help="targets and contexts, HDF5 of kind contexts")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.commands.training import Result, Work, log_epochs, run_ranks, run_training
from lexloom.corpus.recorded import tokenizer_of
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifact_writing import Provenance
from lexloom.storage.artifacts import read_artifact
from lexloom.training.ranks import ALONE, Ranks
from lexloom.vectors.word2vec_training import Training


def main(options: argparse.Namespace, ranks: Ranks = ALONE) -> None:
    """Read the contexts, train, write the vectors."""
    settings, precision = Word2vec.of(options), Vectors.of(options)
    backend = get_backend(options.device, options.threads)
    contexts = read_artifact(options.contexts, "contexts")
    ids, words, counts = (contexts[name] for name in ("targets", "words", "counts"))
    window = len(contexts["offsets"]) // 2
    tokenizer = tokenizer_of(contexts)
    training = Training(settings, ids, words, counts, window, options.seed, backend, tokenizer, ranks)
    recorded = settings.model_dump(exclude={"start"}) | dict(precision) | contexts.settings
    inputs = [path for path in (options.contexts, settings.start) if path]
    datasets = partial(training.datasets, precision.precision)
    provenance = Provenance(recorded, inputs, backend.name, options.seed)
    run_training(
        training.trainer,
        settings.epochs,
        training.batches,
        work=Work("word", len(ids), training.batches.words_of_step),
        result=Result("vectors", options.output, datasets, provenance),
        resuming=Resuming.of(options),
        callbacks=lambda checkpoint: [log_epochs(Speed(len(ids)))],
        ranks=ranks,
    )


class Speed:
    """Describes an epoch by its loss and the words it read in a second."""

    def __init__(self, words: int):
        self.words, self.began = words, time.perf_counter()

    def __call__(self, record: dict[str, float]) -> str:
        """Return the line of an epoch."""
        began, self.began = self.began, time.perf_counter()
        speed = self.words / (self.began - began)
        return f"epoch {record['epoch']}: loss {record['loss']:.4f}, {speed:.0f} words/s"


if __name__ == "__main__":
    run_ranks(main, OPTIONS)
