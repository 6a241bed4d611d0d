"""Train a recurrent language model on a tokenized corpus by truncated backpropagation through time."""

import argparse
import logging
from pathlib import Path

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
from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.kernels.backend import get_backend
from lexloom.language.rnnlm import RNNLM, build_rnnlm, perplexity
from lexloom.nn.losses import perplexity_of
from lexloom.nn.recurrent import CELLS
from lexloom.nn.sampled_softmax import inclusion_probabilities
from lexloom.storage.artifacts import Dataset, read_artifact, write_artifact
from lexloom.training.batches import Windows
from lexloom.training.callbacks import AveragedWeights, KeepBest, Report, Ticker, Validation
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.randomness import epoch_stream, random_stream
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Trainer
from lexloom.training.training_log import TrainingLog

REGULARIZATION = (
    "dropout",
    "input_dropout",
    "output_dropout",
    "locked_dropout",
    "word_dropout",
    "weight_drop",
    "activation_penalty",
    "change_penalty",
)
MODEL = ("cell", "layers", "embedding", "hidden", "tied", *REGULARIZATION)
TRAINING = (
    "batch",
    "steps",
    "vary_steps",
    "samples",
    "epochs",
    "optimizer",
    "learning_rate",
    "schedule",
    "clip",
    "weight_decay",
    "patience",
    "average_after",
)

MEASURE = "valid_perplexity"

LOG_STEPS = 100
"""Steps from line to line of the log; an epoch with fewer has one line."""


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="the trained model, HDF5 of kind rnnlm")
    add_compute_options(parser)
    add_checkpoint_option(parser)
    parser.add_argument("--cell", choices=CELLS, default="lstm", help="kind of recurrent layer")
    parser.add_argument("--layers", type=at_least(1), default=1, help="recurrent layers on top of each other")
    parser.add_argument("--embedding", type=at_least(1), default=256, help="size of a word vector")
    parser.add_argument("--hidden", type=at_least(1), default=256, help="size of a hidden state")
    parser.add_argument(
        "--tied", action="store_true", help="share the embedding's table with the output layer"
    )
    add_regularization_options(parser)
    parser.add_argument("--batch", type=at_least(1), default=10, help="streams read side by side")
    parser.add_argument(
        "--steps", type=at_least(1), default=20, help="tokens of truncated backpropagation through time"
    )
    parser.add_argument(
        "--vary-steps",
        action="store_true",
        help="draw for each update how many, about --steps, and scale its learning rate by the share drawn",
    )
    parser.add_argument(
        "--samples",
        type=at_least(1),
        default=None,
        help="words with which an update compares its targets, on average; all if not set (sampled softmax)",
    )
    parser.add_argument("--epochs", type=at_least(1), default=5, help="times the training text is read")
    parser.add_argument(
        "--optimizer", choices=OPTIMIZERS, default="adam", help="how a gradient becomes an update"
    )
    parser.add_argument(
        "--learning-rate",
        type=between(0, 1000, above=True),
        default=0.002,
        help="above 0, before the schedule's factor",
    )
    parser.add_argument("--schedule", choices=SCHEDULES, default="cosine", help="how the learning rate falls")
    parser.add_argument(
        "--clip",
        type=between(0, 1e6, above=True),
        default=None,
        help="largest global norm of the gradient, above 0; none if not set",
    )
    parser.add_argument(
        "--weight-decay",
        type=between(0, 1),
        default=0.0,
        help="decoupled, in units of the learning rate, 0 to 1",
    )
    parser.add_argument(
        "--patience",
        type=at_least(1),
        default=None,
        help="stop after so many epochs without a better valid perplexity",
    )
    parser.add_argument(
        "--average-after",
        type=at_least(1),
        default=None,
        help="average the weights once valid perplexity is worse than before the last so many epochs",
    )
    return parser


def add_regularization_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of what is dropped and penalized in training."""
    share = between(0, 1, below=True)
    parser.add_argument(
        "--dropout",
        type=share,
        default=0.0,
        help="share of values dropped between layers, from 0 to below 1",
    )
    parser.add_argument(
        "--input-dropout",
        type=share,
        help="the same before the first recurrent layer; as --dropout if not set",
    )
    parser.add_argument(
        "--output-dropout",
        type=share,
        help="the same after the last recurrent layer; as --dropout if not set",
    )
    parser.add_argument(
        "--locked-dropout",
        action="store_true",
        help="drop the same values at all steps of a window (variational dropout)",
    )
    parser.add_argument(
        "--word-dropout",
        type=share,
        default=0.0,
        help="share of words whose vectors are dropped, from 0 to below 1 (embedding dropout)",
    )
    parser.add_argument(
        "--weight-drop",
        type=share,
        default=0.0,
        help="share of recurrent weights dropped, from 0 to below 1 (DropConnect)",
    )
    parser.add_argument(
        "--activation-penalty",
        type=between(0, 1000),
        default=0.0,
        help="weight of the mean square of the last layer's hidden states, from 0 (AR)",
    )
    parser.add_argument(
        "--change-penalty",
        type=between(0, 1000),
        default=0.0,
        help="weight of the mean square of their change from step to step, from 0 (TAR)",
    )


def main(given: argparse.Namespace) -> None:
    """Read the corpus, train, write the model with the best valid perplexity."""
    backend = get_backend(given.device, given.threads)
    corpus = read_artifact(given.corpus, "corpus", ["train", "valid", "words", "counts"])
    settings = {name: getattr(given, name) for name in MODEL + TRAINING}
    settings["tokenizer"] = tokenizer_settings(corpus.settings)
    model = build_rnnlm(
        len(corpus["words"]),
        random_stream(given.seed, "init"),
        backend,
        inclusion=given.samples and inclusion_probabilities(corpus["counts"], given.samples),
        **{name: settings[name] for name in MODEL},
    )
    origin = (settings, [given.corpus], backend.name, given.seed)
    with Checkpoint(given.output, *origin, given.checkpoint_minutes) as checkpoint:
        history, log = train(model, given, corpus["train"], corpus["valid"], checkpoint)
        datasets = {parameter.name: backend.to_host(parameter.data) for parameter in model.parameters()}
        datasets |= log.datasets() | {
            f"history/{name}": Dataset(np.array([record[name] for record in history]), ("epoch",))
            for name in history[0]
        }
        datasets["words"] = corpus["words"]
        write_artifact(given.output, "rnnlm", datasets, *origin)


def train(
    model: RNNLM,
    given: argparse.Namespace,
    train_ids: np.ndarray,
    valid_ids: np.ndarray,
    checkpoint: Checkpoint,
) -> tuple[list[dict], TrainingLog]:
    """Train the model in place; return its history by epoch, and its log."""

    def windows(epoch: int) -> Windows:
        rng = epoch_stream(given.seed, "windows", epoch) if given.vary_steps else None
        return Windows(train_ids, given.batch, given.steps, rng)

    steps = len(windows(0))  # of an epoch; only about, where lengths vary
    trainer = Trainer(
        model,
        OPTIMIZERS[given.optimizer](weight_decay=given.weight_decay),
        given.learning_rate,
        SCHEDULES[given.schedule],
        given.clip,
        random_stream(given.seed, "dropout"),
        (lambda batch: batch[0].shape[1] / given.steps) if given.vary_steps else (lambda batch: 1.0),
    )

    log = TrainingLog(
        Path(given.output).with_suffix(".csv"),
        min(LOG_STEPS, steps),
        "tokens",
        len(train_ids) / steps,
        {"perplexity": perplexity_of},
    )

    def measure() -> float:
        return perplexity(model, valid_ids, tick=lambda tokens: checkpoint.end_if_asked(trainer))

    averages = [] if given.average_after is None else [AveragedWeights(MEASURE, given.average_after)]
    with progress(total=given.epochs * len(train_ids), unit="tok", desc="train") as bar:
        callbacks = [
            Ticker(lambda: bar.update(round(len(train_ids) / steps))),
            *averages,
            Validation(MEASURE, measure),
            KeepBest(MEASURE, given.patience),
            Report(lambda record: report_epoch(record, given.samples)),
            log,
            checkpoint,
        ]
        return trainer.fit(given.epochs, windows, callbacks), log


def report_epoch(record: dict[str, float], samples: int | None) -> None:
    """Log an epoch and add the perplexity of its training loss, an estimate by samples, to the history."""
    record["train_perplexity"] = perplexity_of(record["loss"])
    logging.info(
        "epoch %d: train perplexity %.2f%s, valid perplexity %.2f",
        record["epoch"],
        record["train_perplexity"],
        f" (estimated by {samples} samples)" if samples else "",
        record["valid_perplexity"],
    )


if __name__ == "__main__":
    run(main, options())
