"""Training CBOW and skip-gram from their settings: model, batches, trainer and results."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import join_vocabularies, respelled
from lexloom.kernels.backend import Backend
from lexloom.settings.word2vec import Word2vec
from lexloom.storage.artifact_writing import Dataset
from lexloom.storage.artifacts import read_artifact
from lexloom.training.divergence import LossLimits, loss_limits
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.parts import in_parts
from lexloom.training.randomness import random_stream
from lexloom.training.ranks import ALONE, Ranks
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Trainer
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.word2vec import MODELS, FusedNegativeSampling


class Training:
    """CBOW or skip-gram with initial or earlier weights, its batches and its trainer.

    Parameters
    ----------
    settings : Word2vec
    ids : (T,) int32 array
        The training text.
    words : list of V str
        The word of each id.
    counts : (V,) int array
        How often each word occurs.
    window : int
        Words on each side.
    seed : int
    backend : Backend
    tokenizer : Tokenizer
        How the training text was cut into words; the words to continue from take its case and normal form.
    ranks : Ranks
        Who shares the parts of a batch.

    Attributes
    ----------
    words : list of str
        The words that have vectors: those of the vectors to continue from, then the new ones.
    model : SampledModel
    batches : ContextBatches
    trainer : Trainer

    Raises
    ------
    LexloomError
        If the vectors to continue from are missing or unsuitable, or the ranks cannot share the parts.
    """

    def __init__(
        self,
        settings: Word2vec,
        ids: np.ndarray,
        words: Sequence[str],
        counts: np.ndarray,
        window: int,
        seed: int,
        backend: Backend,
        tokenizer: Tokenizer,
        ranks: Ranks = ALONE,
    ):
        self.settings, self.backend = settings, backend
        start = read_artifact(settings.start, "vectors") if settings.start else None
        earlier = respelled(start["words"], tokenizer) if start else []
        self.words, numbers = join_vocabularies(earlier, words)
        all_counts = np.zeros(len(self.words), np.int64)
        all_counts[numbers] = counts
        weight, rng = settings.negatives / settings.samples, random_stream(seed, "init")
        model = MODELS[settings.model]
        self.model = model(len(self.words), settings.dimension, rng, backend, weight=weight)
        if start:
            self.model.take_up(start, str(settings.start))
        self.batches = ContextBatches(numbers[ids], all_counts, window, settings, seed)
        self.trainer = Trainer(
            in_parts(FusedNegativeSampling(self.model), settings.parts, ranks),
            OPTIMIZERS[settings.optimizer](),
            learning_rate=settings.learning_rate,
            schedule=SCHEDULES[settings.schedule],
            limits=limits_of(settings),
        )

    def vectors(self) -> np.ndarray:
        """Return the word vectors (V, D), on the host."""
        return self.backend.to_host(self.model.vectors(self.settings.add_contexts))

    def datasets(self, precision: str, history: list[dict[str, float]]) -> dict[str, Any]:
        """Return what an artifact holds: the vectors, the tables to continue from, and the losses."""
        losses = np.array([record["loss"] for record in history])
        tables = {table.name: self.backend.to_host(table.data) for table in self.model.parameters()}
        return tables | {
            "vectors": Dataset(self.vectors().astype(precision), ("word", "dimension")),
            "words": self.words,
            "losses": Dataset(losses, ("epoch",), "nats a prediction, mean over batches"),
        }


def limits_of(settings: Word2vec) -> LossLimits:
    """Return the losses above which a training has diverged.

    Knowing nothing, each product of two vectors is 0, and each word costs log(2). The first updates move all
    numbers by the learning rate, so that for a while products may be a hundredth of the dimension or more.
    """
    return loss_limits((1 + settings.negatives) * (math.log(2) + settings.dimension / 100))
