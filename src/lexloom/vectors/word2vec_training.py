"""Training CBOW and skip-gram from their settings: model, batches and trainer."""

import numpy as np

from lexloom.kernels.backend import Backend
from lexloom.settings.word2vec import Batches, Word2vec
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import MODELS, FusedNegativeSampling, SampledModel


def new_model(
    settings: Word2vec, vocabulary_size: int, rng: np.random.Generator, backend: Backend
) -> SampledModel:
    """Return CBOW or skip-gram with initial weights."""
    weight = settings.negatives / settings.samples
    return MODELS[settings.model](vocabulary_size, settings.dimension, rng, backend, weight=weight)


def new_trainer(settings: Word2vec, model: SampledModel) -> Trainer:
    """Return the trainer of CBOW or skip-gram."""
    return Trainer(
        FusedNegativeSampling(model),
        OPTIMIZERS[settings.optimizer](),
        learning_rate=settings.learning_rate,
        schedule=SCHEDULES[settings.schedule],
    )


def new_batches(
    settings: Batches, ids: np.ndarray, counts: np.ndarray, window: int, seed: int
) -> ContextBatches:
    """Return the batches of a text (T,) whose V words occur `counts` (V,) times."""
    return ContextBatches(ids, counts, window=window, seed=seed, **dict(settings))
