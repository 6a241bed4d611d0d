"""Training recurrent language models from their settings: model, batches, trainer, measures and results."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend, backend_of
from lexloom.language.perplexity import perplexity_of
from lexloom.language.rnnlm import RNNLM, build_rnnlm, perplexity
from lexloom.nn.sampled_softmax import inclusion_probabilities
from lexloom.settings.rnnlm import Architecture, Rnnlm, Training
from lexloom.storage.artifact_writing import Dataset
from lexloom.training.batches import WindowParts, Windows
from lexloom.training.callbacks import AveragedWeights, KeepBest, Validation
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.parts import in_parts
from lexloom.training.randomness import epoch_stream, random_stream
from lexloom.training.ranks import ALONE, Ranks
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Callback, Trainer

MEASURE = "valid_perplexity"
"""The key of the perplexity on the valid text in the record of an epoch."""


def new_model(settings: Rnnlm, counts: np.ndarray, before: int, seed: int, backend: Backend) -> RNNLM:
    """Return a language model with initial weights, for V words that occur `counts` (V,) times in train.

    A text begins after the word `before`, see `RNNLM`.
    """
    inclusion = None if settings.samples is None else inclusion_probabilities(counts, settings.samples)
    architecture = dict(settings.part(Architecture))
    rng = random_stream(seed, "init")
    return build_rnnlm(len(counts), rng, backend, inclusion=inclusion, before=before, **architecture)


def new_trainer(settings: Training, model: RNNLM, seed: int, ranks: Ranks = ALONE) -> Trainer:
    """Return the trainer of a model on some ranks.

    Raises
    ------
    LexloomError
        If the ranks cannot share the parts of a batch.
    """

    def weight(batch: Any) -> float:
        inputs, _ = batch[0] if settings.parts > 1 else batch
        return inputs.shape[1] / settings.steps if settings.vary_steps else 1.0

    return Trainer(
        in_parts(model, settings.parts, ranks),
        OPTIMIZERS[settings.optimizer](weight_decay=settings.weight_decay),
        learning_rate=settings.learning_rate,
        schedule=SCHEDULES[settings.schedule],
        clip=settings.clip,
        rng=random_stream(seed, "dropout"),
        batch_weight=weight,
        limits=model.loss_limits,
    )


def windows(
    settings: Training, model: RNNLM, ids: np.ndarray, seed: int, epoch: int
) -> Windows | WindowParts:
    """Return the batches of an epoch of a training on a text (T,)."""
    rng = epoch_stream(seed, "windows", epoch) if settings.vary_steps else None
    of_epoch = model.windows(ids, settings.batch, settings.steps, rng)
    return of_epoch if settings.parts == 1 else WindowParts(of_epoch, settings.parts)


def measures(
    settings: Training,
    model: RNNLM,
    ids: np.ndarray,
    tick: Callable[[int], None] | None = None,
    ranks: Ranks = ALONE,
) -> list[Callback]:
    """Return the callbacks that average the weights, measure a text's perplexity and keep the best model.

    Parameters
    ----------
    settings : Training
    model : RNNLM
    ids : (T,) int array
        The valid text.
    tick : callable, optional
        Called with the number of tokens after each window that is measured.
    ranks : Ranks
        The first of them measures.
    """
    averaged = [] if settings.average_after is None else [AveragedWeights(MEASURE, settings.average_after)]
    limit = perplexity_of(model.loss_limits.ever)
    validation = Validation(MEASURE, lambda: ranks.first(lambda: perplexity(model, ids, tick=tick)), limit)
    return [*averaged, validation, KeepBest(MEASURE, settings.patience)]


def describe_epoch(samples: int | None, record: dict[str, float]) -> str:
    """Describe an epoch, and add to its record the perplexity of its loss, an estimate with samples."""
    record["train_perplexity"] = perplexity_of(record["loss"])
    estimated = f" (estimated by {samples} samples)" if samples else ""
    return (
        f"epoch {record['epoch']}: train perplexity {record['train_perplexity']:.2f}{estimated}, "
        f"valid perplexity {record[MEASURE]:.2f}"
    )


def trained_datasets(model: RNNLM, history: list[dict[str, float]]) -> dict[str, Any]:
    """Return what an artifact holds of a trained model: its parameters, and the history by epoch."""
    by_epoch = {
        f"history/{name}": Dataset(np.array([record[name] for record in history]), ("epoch",))
        for name in history[0]
    }
    arrays = {parameter.name: parameter.data for parameter in model.parameters()}
    return by_epoch | {name: backend_of(array).to_host(array) for name, array in arrays.items()}
