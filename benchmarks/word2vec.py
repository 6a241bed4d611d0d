"""Training CBOW and skip-gram with negative sampling: one epoch on PTB, without subsampling.

Both sides draw each window from one up to its size, read across the ends of sentences, count five negative
samples against each predicted word, and lower the learning rate linearly. gensim gets the text in pieces of
10,000 words, because it drops without a word what goes beyond that in a piece.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

from harness import Inputs, Stage, Work

NEGATIVES = 5
PIECE = 10_000
BATCH = 4096
OURS = {"cbow": {"block": 64, "samples": 16}, "skip-gram": {"block": 64, "samples": 32}}
LEARNING_RATE = 0.5
SIZES = {"dimension 100, window 5": (100, 5), "dimension 300, window 10": (300, 10)}


def lexloom_model(
    ids: Any,
    vocabulary: int,
    model: str,
    dimension: int,
    window: int,
    seed: int,
    threads: int,
    device: str = "cpu",
    batch: int = BATCH,
) -> Callable:
    """Return a function that trains lexloom's model for some epochs and returns its vectors (V, D)."""
    import numpy as np

    from lexloom.kernels.backend import get_backend
    from lexloom.settings.word2vec import Batches
    from lexloom.training.optimizers import RowAdaGrad
    from lexloom.training.randomness import random_stream
    from lexloom.training.schedules import linear
    from lexloom.training.trainer import Trainer
    from lexloom.vectors.contexts import ContextBatches
    from lexloom.vectors.word2vec import MODELS, FusedNegativeSampling

    init, settings = (
        random_stream(seed, "init"),
        {"dynamic": True, "subsample": 0, "batch": batch, **OURS[model]},
    )
    network = MODELS[model](
        vocabulary, dimension, init, get_backend(device, threads), weight=NEGATIVES / settings["samples"]
    )
    counts = np.bincount(ids, minlength=vocabulary)
    batches = ContextBatches(ids, counts, window, Batches(**settings), seed)
    trainer = Trainer(FusedNegativeSampling(network), RowAdaGrad(), LEARNING_RATE, schedule=linear)

    def fit(epochs: int) -> Any:
        trainer.fit(epochs, batches)
        return network.vectors()

    return fit


def gensim_model(ids: Any, skip_gram: int, dimension: int, window: int, seed: int, threads: int) -> Callable:
    """Return a function that trains gensim's model for some epochs and returns it."""
    from gensim.models import Word2Vec

    words = [str(word) for word in ids]
    texts = [words[start : start + PIECE] for start in range(0, len(words), PIECE)]
    model = Word2Vec(
        sg=skip_gram,
        vector_size=dimension,
        window=window,
        negative=NEGATIVES,
        sample=0,
        min_count=1,
        workers=threads,
        seed=seed,
    )
    model.build_vocab(texts)

    def fit(epochs: int) -> Any:
        model.train(texts, total_examples=len(texts), epochs=epochs)
        return model

    return fit


def ours(inputs: Inputs, model: str, dimension: int, window: int, device: str = "cpu") -> Work:
    """lexloom: batches that depend on no thread, samples shared by blocks of words."""
    ids = inputs.ids()
    size = int(ids.max()) + 1

    settings = (size, model, dimension, window, 1, inputs.threads, device)
    lexloom_model(ids[:1000], *settings)(1)
    fit = lexloom_model(ids, *settings)

    def work() -> int:
        fit(1)
        return len(ids)

    return work


def on_cuda(inputs: Inputs, **settings: Any) -> Work:
    """Return `ours` on a CUDA device."""
    import cupy  # noqa: F401  where it is not installed, this side is left out

    return ours(inputs, **settings, device="cuda")


def gensim(inputs: Inputs, model: str, dimension: int, window: int) -> Work:
    """gensim: word by word, threads that write over each other."""
    ids = inputs.ids()
    fit = gensim_model(ids, int(model == "skip-gram"), dimension, window, 1, inputs.threads)

    def work() -> int:
        fit(1)
        return len(ids)

    return work


STAGES = [
    Stage(
        f"{model}, {name}",
        partial(ours, **size),
        {"gensim": partial(gensim, **size), "lexloom, CUDA": partial(on_cuda, **size)},
        "words/s",
    )
    for model in ("cbow", "skip-gram")
    for name, (dimension, window) in SIZES.items()
    for size in [{"model": model, "dimension": dimension, "window": window}]
]
