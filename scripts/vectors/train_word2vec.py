"""Train word vectors by CBOW or skip-gram with negative sampling."""

import argparse
import logging
import time

import numpy as np

from lexloom.commands.script import (
    add_checkpoint_option,
    add_compute_options,
    at_least,
    between,
    progress,
    run,
    script_parser,
)
from lexloom.corpus.vocabulary import join_vocabularies
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifacts import Artifact, Dataset, read_artifact, write_artifact
from lexloom.training.callbacks import Report, Ticker
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.randomness import random_stream
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import MODELS, FusedNegativeSampling, SampledModel

SETTINGS = (
    "model",
    "dimension",
    "dynamic",
    "epochs",
    "batch",
    "negatives",
    "samples",
    "share",
    "subsample",
    "optimizer",
    "learning_rate",
    "schedule",
    "add_contexts",
    "precision",
)


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("contexts", help="targets and contexts, HDF5 of kind contexts")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    parser.add_argument(
        "--start",
        help="trained vectors to go on from, HDF5 of kind vectors; old words keep their rows",
    )
    add_compute_options(parser)
    add_checkpoint_option(parser)
    parser.add_argument(
        "--model",
        choices=MODELS,
        default="cbow",
        help="cbow predicts a word from its contexts, skip-gram the contexts from the word",
    )
    parser.add_argument("--dimension", type=at_least(1), default=100, help="numbers in a vector")
    parser.add_argument(
        "--dynamic",
        action="store_true",
        help="draw the window of each word from 1 to that of the contexts, as word2vec.c does",
    )
    parser.add_argument("--epochs", type=at_least(1), default=20, help="times the training text is read")
    parser.add_argument("--batch", type=at_least(1), default=1024, help="target words in one update")
    parser.add_argument(
        "--negatives",
        type=between(0, 1000, above=True),
        default=5,
        help="sampled words that count as much as one predicted word, above 0",
    )
    parser.add_argument(
        "--samples", type=at_least(1), default=64, help="words drawn; together they count as --negatives"
    )
    parser.add_argument(
        "--share",
        type=at_least(1),
        default=64,
        help="consecutive target words that share their samples; 1 draws for each its own",
    )
    parser.add_argument(
        "--subsample",
        type=between(0, 1),
        default=0.0,
        help="words of a larger share of the text are left out at times, 0 to 1; 0 leaves out none",
    )
    parser.add_argument(
        "--optimizer", choices=OPTIMIZERS, default="adagrad", help="how gradients become updates"
    )
    parser.add_argument(
        "--learning-rate",
        type=between(0, 1000, above=True),
        default=0.2,
        help="above 0, before the schedule's factor",
    )
    parser.add_argument("--schedule", choices=SCHEDULES, default="linear", help="how the learning rate falls")
    parser.add_argument(
        "--add-contexts",
        action="store_true",
        help="add to each vector that of the word as an output, which skip-gram's contexts are compared with",
    )
    parser.add_argument(
        "--precision", choices=("float32", "float16"), default="float32", help="of the vectors written"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the contexts, train, write the vectors."""
    backend = get_backend(given.device, given.threads)
    contexts = read_artifact(given.contexts, "contexts")
    start = read_artifact(given.start, "vectors") if given.start else None
    words, numbers = join_vocabularies(start["words"] if start else [], contexts["words"])
    init, weight = random_stream(given.seed, "init"), given.negatives / given.samples
    model = MODELS[given.model](len(words), given.dimension, init, backend, weight=weight)
    if start:
        model.take_up(start, given.start)
    settings = {name: getattr(given, name) for name in SETTINGS} | contexts.settings
    origin = (settings, [path for path in (given.contexts, given.start) if path], backend.name, given.seed)
    with Checkpoint(given.output, *origin, given.checkpoint_minutes) as checkpoint:
        losses = train(model, given, batches_of(contexts, numbers, len(words), given), checkpoint)
        datasets = {parameter.name: backend.to_host(parameter.data) for parameter in model.parameters()}
        vectors = backend.to_host(model.vectors(given.add_contexts)).astype(given.precision)
        datasets |= {
            "vectors": Dataset(vectors, ("word", "dimension")),
            "words": words,
            "losses": Dataset(np.array(losses), ("epoch",), "nats a prediction, mean over batches"),
        }
        write_artifact(given.output, "vectors", datasets, *origin)


def batches_of(
    contexts: Artifact, numbers: np.ndarray, vocabulary: int, given: argparse.Namespace
) -> ContextBatches:
    """Return the batches of contexts whose words have other numbers in a vocabulary."""
    counts = np.zeros(vocabulary, np.int64)
    counts[numbers] = contexts["counts"]
    return ContextBatches(
        numbers[contexts["targets"]],
        counts,
        len(contexts["offsets"]) // 2,
        given.dynamic,
        given.batch,
        given.samples,
        given.share,
        given.subsample,
        given.seed,
    )


def train(
    model: SampledModel, given: argparse.Namespace, batches: ContextBatches, checkpoint: Checkpoint
) -> list[float]:
    """Train the model in place and return the loss of each epoch."""
    optimizer, schedule = OPTIMIZERS[given.optimizer](), SCHEDULES[given.schedule]
    trainer = Trainer(FusedNegativeSampling(model), optimizer, given.learning_rate, schedule)
    words = len(batches.text)
    began = time.perf_counter()

    def report(record: dict[str, float]) -> None:
        nonlocal began
        began, before = time.perf_counter(), began
        logging.info(
            "epoch %d: loss %.4f, %d words/s", record["epoch"], record["loss"], words / (began - before)
        )

    with progress(total=given.epochs * words, unit="word", desc=given.model) as bar:
        callbacks = [Ticker(lambda: bar.update(batches.words_of_step)), Report(report), checkpoint]
        history = trainer.fit(given.epochs, batches, callbacks)
    return [record["loss"] for record in history]


if __name__ == "__main__":
    run(main, options())
