"""Train a recurrent language model on a tokenized corpus by truncated backpropagation through time."""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from lexloom.commands.script import run, script_parser
from lexloom.commands.training import Work, run_training
from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.kernels.backend import Backend, get_backend
from lexloom.language.rnnlm import RNNLM
from lexloom.language.rnnlm_training import MEASURE, measures, new_model, new_trainer, windows
from lexloom.nn.losses import perplexity_of
from lexloom.settings.execution import Checkpoints, Compute, Seed
from lexloom.settings.rnnlm import Rnnlm
from lexloom.storage.artifacts import Dataset, Provenance, read_artifact
from lexloom.training.checkpoints import Checkpoint
from lexloom.training.trainer import Callback
from lexloom.training.training_log import TrainingLog

LOG_STEPS = 100
"""Steps from line to line of the log; an epoch with fewer has one line."""


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Rnnlm, Seed, Compute, Checkpoints)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="the trained model, HDF5 of kind rnnlm")
    return parser


def main(options: argparse.Namespace) -> None:
    """Read the corpus, train, write the model with the best valid perplexity."""
    settings = Rnnlm.of(options)
    backend = get_backend(options.device, options.threads)
    corpus = read_artifact(options.corpus, "corpus", ["train", "valid", "words", "counts"])
    model = new_model(settings, corpus["counts"], options.seed, backend)
    trainer = new_trainer(settings, model, options.seed)
    batches = partial(windows, settings, corpus["train"], options.seed)
    steps, tokens = len(batches(0)), len(corpus["train"])  # only about so many steps, where lengths vary
    log = TrainingLog(
        Path(options.output).with_suffix(".csv"),
        min(LOG_STEPS, steps),
        unit="tokens",
        units=tokens / steps,
        measures={"perplexity": perplexity_of},
    )

    def measured(checkpoint: Checkpoint) -> list[Callback]:
        return measures(settings, model, corpus["valid"], lambda tokens: checkpoint.end_if_asked(trainer))

    recorded = dict(settings) | {"tokenizer": tokenizer_settings(corpus.settings)}
    run_training(
        trainer,
        settings.epochs,
        batches,
        work=Work("tok", tokens, round(tokens / steps)),
        output=options.output,
        kind="rnnlm",
        datasets=partial(datasets_of, model, backend, corpus["words"], log),
        provenance=Provenance(recorded, [options.corpus], backend.name, options.seed),
        minutes=options.checkpoint_minutes,
        describe=partial(describe_epoch, settings.samples),
        before=measured,
        after=[log],
    )


def describe_epoch(samples: int | None, record: dict[str, float]) -> str:
    """Describe an epoch, and add to its record the perplexity of its loss, an estimate with samples."""
    record["train_perplexity"] = perplexity_of(record["loss"])
    estimated = f" (estimated by {samples} samples)" if samples else ""
    return (
        f"epoch {record['epoch']}: train perplexity {record['train_perplexity']:.2f}{estimated}, "
        f"valid perplexity {record[MEASURE]:.2f}"
    )


def datasets_of(
    model: RNNLM, backend: Backend, words: list[str], log: TrainingLog, history: list[dict[str, float]]
) -> dict:
    """Return what the artifact holds: parameters, words, history by epoch and log by interval."""
    by_epoch = {
        f"history/{name}": Dataset(np.array([record[name] for record in history]), ("epoch",))
        for name in history[0]
    }
    parameters = {parameter.name: backend.to_host(parameter.data) for parameter in model.parameters()}
    return {**parameters, **log.datasets(), **by_epoch, "words": words}


if __name__ == "__main__":
    run(main, options())
