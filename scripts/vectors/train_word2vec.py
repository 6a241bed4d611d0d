"""Train word vectors by CBOW or skip-gram with negative sampling."""

import argparse
import time
from functools import partial

import numpy as np

from lexloom.commands.script import run, script_parser
from lexloom.commands.training import Work, run_training
from lexloom.corpus.vocabulary import join_vocabularies
from lexloom.kernels.backend import Backend, get_backend
from lexloom.settings.execution import Checkpoints, Compute, Seed
from lexloom.settings.vectors import Vectors
from lexloom.settings.word2vec import Batches, Word2vec
from lexloom.storage.artifacts import Dataset, Provenance, read_artifact
from lexloom.training.randomness import random_stream
from lexloom.vectors.word2vec import SampledModel
from lexloom.vectors.word2vec_training import new_batches, new_model, new_trainer


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Word2vec, Vectors, Seed, Compute, Checkpoints)
    parser.add_argument("contexts", help="targets and contexts, HDF5 of kind contexts")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read the contexts, train, write the vectors."""
    settings, precision = Word2vec.of(options), Vectors.of(options)
    backend = get_backend(options.device, options.threads)
    contexts = read_artifact(options.contexts, "contexts")
    start = read_artifact(settings.start, "vectors") if settings.start else None
    words, numbers = join_vocabularies(start["words"] if start else [], contexts["words"])
    model = new_model(settings, len(words), random_stream(options.seed, "init"), backend)
    if start:
        model.take_up(start, settings.start)
    counts = np.zeros(len(words), np.int64)
    counts[numbers] = contexts["counts"]
    window = len(contexts["offsets"]) // 2
    batches = new_batches(settings.part(Batches), numbers[contexts["targets"]], counts, window, options.seed)
    recorded = settings.model_dump(exclude={"start"}) | dict(precision) | contexts.settings
    inputs = [path for path in (options.contexts, settings.start) if path]
    run_training(
        new_trainer(settings, model),
        settings.epochs,
        batches,
        work=Work("word", len(batches.text), batches.words_of_step),
        output=options.output,
        kind="vectors",
        datasets=partial(datasets_of, model, backend, words, settings.add_contexts, precision.precision),
        provenance=Provenance(recorded, inputs, backend.name, options.seed),
        minutes=options.checkpoint_minutes,
        describe=Speed(len(batches.text)),
    )


def datasets_of(
    model: SampledModel,
    backend: Backend,
    words: list[str],
    add_contexts: bool,
    precision: str,
    history: list[dict[str, float]],
) -> dict:
    """Return what the artifact holds: the vectors, the tables to continue from, and the losses."""
    vectors = backend.to_host(model.vectors(add_contexts)).astype(precision)
    losses = np.array([record["loss"] for record in history])
    return {parameter.name: backend.to_host(parameter.data) for parameter in model.parameters()} | {
        "vectors": Dataset(vectors, ("word", "dimension")),
        "words": words,
        "losses": Dataset(losses, ("epoch",), "nats a prediction, mean over batches"),
    }


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
    run(main, options())
