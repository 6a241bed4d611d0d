"""Train word vectors by CBOW or skip-gram with negative sampling."""

import argparse
import logging

import numpy as np

from lexloom.artifacts import Artifact, Dataset, read_artifact, write_artifact
from lexloom.backend import get_backend
from lexloom.command_line import add_compute_options, at_least, between, progress, run, script_parser
from lexloom.context_batches import ContextBatches
from lexloom.models.word2vec import CBOW, MODELS, FusedNegativeSampling, SkipGram
from lexloom.optimizers import OPTIMIZERS
from lexloom.randomness import random_stream
from lexloom.schedules import SCHEDULES
from lexloom.trainer import Report, Ticker, Trainer

SETTINGS = (
    "model",
    "dimension",
    "epochs",
    "batch",
    "negatives",
    "subsample",
    "optimizer",
    "learning_rate",
    "schedule",
    "precision",
)


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("contexts", help="targets and contexts, HDF5 of kind contexts")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    add_compute_options(parser)
    parser.add_argument(
        "--model",
        choices=MODELS,
        default="cbow",
        help="cbow predicts a word from its contexts, skip-gram the contexts from the word",
    )
    parser.add_argument("--dimension", type=at_least(1), default=100, help="numbers in a vector")
    parser.add_argument("--epochs", type=at_least(1), default=10, help="times the training text is read")
    parser.add_argument("--batch", type=at_least(1), default=1024, help="target words in one update")
    parser.add_argument(
        "--negatives", type=at_least(1), default=10, help="sampled words for each predicted one"
    )
    parser.add_argument(
        "--subsample",
        type=between(0, 1),
        default=0.001,
        help="words of a larger share of the text are left out at times, 0 to 1; 0 leaves out none",
    )
    parser.add_argument(
        "--optimizer", choices=OPTIMIZERS, default="adagrad", help="how gradients become updates"
    )
    parser.add_argument(
        "--learning-rate",
        type=between(0, 1000, above=True),
        default=0.1,
        help="above 0, before the schedule's factor",
    )
    parser.add_argument("--schedule", choices=SCHEDULES, default="linear", help="how the learning rate falls")
    parser.add_argument(
        "--precision", choices=("float32", "float16"), default="float32", help="of the vectors written"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the contexts, train, write the vectors."""
    backend = get_backend(given.device, given.threads)
    contexts = read_artifact(given.contexts, "contexts")
    model = MODELS[given.model](
        len(contexts["words"]), given.dimension, random_stream(given.seed, "init"), backend
    )
    history = train(model, given, contexts)
    datasets = {
        "vectors": Dataset(backend.to_host(model.W_in.data).astype(given.precision), ("word", "dimension")),
        "words": contexts["words"],
        "losses": Dataset(np.array([record["loss"] for record in history]), ("epoch",), "nats a prediction"),
    }
    settings = {name: getattr(given, name) for name in SETTINGS} | contexts.settings
    write_artifact(given.output, "vectors", datasets, settings, [given.contexts], backend.name, given.seed)


def train(model: CBOW | SkipGram, given: argparse.Namespace, contexts: Artifact) -> list[dict]:
    """Train the model in place and return its history."""
    batches = ContextBatches(
        contexts["targets"],
        contexts["contexts"],
        contexts["counts"],
        "target" if given.model == "cbow" else "contexts",
        given.batch,
        given.negatives,
        given.subsample,
        given.seed,
    )
    trainer = Trainer(
        FusedNegativeSampling(model),
        OPTIMIZERS[given.optimizer](),
        given.learning_rate,
        SCHEDULES[given.schedule],
    )
    with progress(total=given.epochs * len(contexts["targets"]), unit="word", desc=given.model) as bar:
        callbacks = [Ticker(lambda: bar.update(given.batch)), Report(report_epoch)]
        return trainer.fit(given.epochs, batches, callbacks)


def report_epoch(record: dict[str, float]) -> None:
    """Log an epoch."""
    logging.info("epoch %d: loss %.4f", record["epoch"], record["loss"])


if __name__ == "__main__":
    run(main, options())
