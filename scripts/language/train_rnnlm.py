"""Train a recurrent language model on a tokenized corpus by truncated backpropagation through time."""

import argparse
from functools import partial
from pathlib import Path
from typing import Any

from lexloom.commands.script import parse, script_parser
from lexloom.settings.execution import Compute, Resuming, Seed
from lexloom.settings.rnnlm import Rnnlm


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Rnnlm, Seed, Compute, Resuming)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="the trained model, HDF5 of kind rnnlm")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.commands.training import Record, Result, Work, log_epochs, run_ranks, run_training
from lexloom.corpus.recorded import word_before_text_of
from lexloom.corpus.tokenizer import tokenizer_settings
from lexloom.kernels.backend import get_backend
from lexloom.language.perplexity import perplexity_of
from lexloom.language.rnnlm_training import (
    describe_epoch,
    measures,
    new_model,
    new_trainer,
    trained_datasets,
    windows,
)
from lexloom.storage.artifact_writing import Provenance
from lexloom.storage.artifacts import read_artifact
from lexloom.training.checkpoint_files import beside
from lexloom.training.checkpoints import Checkpoint, Follower
from lexloom.training.ranks import ALONE, Ranks
from lexloom.training.trainer import Callback
from lexloom.training.training_log import TrainingLog

LOG_STEPS = 100
"""Steps from line to line of the log; an epoch with fewer has one line."""


def main(options: argparse.Namespace, ranks: Ranks = ALONE) -> None:
    """Read the corpus, train, write the model with the best valid perplexity."""
    settings = Rnnlm.of(options)
    backend = get_backend(options.device, options.threads)
    corpus = read_artifact(options.corpus, "corpus", ["train", "valid", "words", "counts"])
    before = word_before_text_of(corpus)
    model = new_model(settings, corpus["counts"], before, options.seed, backend)
    trainer = new_trainer(settings, model, options.seed, ranks)
    batches = partial(windows, settings, model, corpus["train"], options.seed)
    steps, tokens = len(batches(0)), len(corpus["train"])  # the steps of an epoch vary with their lengths
    log = TrainingLog(
        None if ranks.rank else beside(Path(options.output), ".csv"),
        min(LOG_STEPS, steps),
        unit="tokens",
        units=tokens / steps,
        measures={"perplexity": perplexity_of},
    )

    def callbacks(checkpoint: Checkpoint | Follower) -> list[Callback]:
        def tick(tokens: int) -> None:
            checkpoint.end_if_asked(trainer)

        measured = measures(settings, model, corpus["valid"], tick, ranks)
        return [*measured, log_epochs(partial(describe_epoch, settings.samples)), log]

    def datasets(history: list[Record]) -> dict[str, Any]:
        return trained_datasets(model, history) | log.datasets() | {"words": corpus["words"]}

    recorded = settings.model_dump() | {"tokenizer": tokenizer_settings(corpus.settings)}
    provenance = Provenance(recorded, [options.corpus], backend.name, options.seed)
    run_training(
        trainer,
        settings.epochs,
        batches,
        work=Work("tok", tokens, round(tokens / steps)),
        result=Result("rnnlm", options.output, datasets, provenance),
        resuming=Resuming.of(options),
        callbacks=callbacks,
        ranks=ranks,
    )


if __name__ == "__main__":
    run_ranks(main, OPTIONS)
