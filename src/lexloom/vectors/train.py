"""Training word vectors: on sentences in memory, or on word ids with a model that already exists."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np
from scipy import sparse

from lexloom.corpus.sentences import read_sentences
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import check_known, check_settings, check_whole
from lexloom.kernels.backend import Backend, get_backend
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.randomness import random_stream
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Callback, Report, Trainer
from lexloom.vectors import svd
from lexloom.vectors.contexts import ContextBatches
from lexloom.vectors.cooccurrence import count_cooccurrences
from lexloom.vectors.ppmi import weight_ppmi
from lexloom.vectors.word2vec import MODELS, FusedNegativeSampling, SampledModel
from lexloom.vectors.word_vectors import WordVectors


def train_vectors(
    sentences: Iterable[str | Sequence[str]],
    method: str = "skipgram",
    *,
    min_count: int = 1,
    seed: int = 1,
    tokenizer: Tokenizer | None = None,
    device: str = "cpu",
    threads: int = 1,
    **settings: Any,
) -> WordVectors:
    """Train word vectors on sentences.

    The same sentences, settings and seed give the same vectors, for any number of threads. They are the
    vectors that the pipeline makes of a file with one sentence per line.

    Parameters
    ----------
    sentences : iterable of str or of list of str
        A string is cut into words by the tokenizer. A list of words is taken as it is.
    method : {"skipgram", "cbow", "svd", "ppmi"}
        skipgram and cbow learn to predict words (Mikolov et al. 2013). svd factorizes the matrix of positive
        pointwise mutual information; ppmi takes the rows of that matrix, which are sparse and as long as the
        vocabulary (Levy, Goldberg & Dagan 2015).
    min_count : int
        Words that occur less often are replaced by `<unk>`.
    seed : int
        The seed of every random number.
    tokenizer : Tokenizer, optional
        How a string is cut into words. By default, at white space, with the word `<eos>` at the end of each
        sentence. Windows run across the ends of sentences.
    device : {"cpu", "cuda"}
        Where skipgram and cbow are trained.
    threads : int
        CPU threads.
    **settings
        The settings of the method, by name; each has a default.

        All methods: `window`, words on each side (5); `subsample`, the threshold of the subsampling of
        frequent words (0, none).

        svd and ppmi: `weighting` ("flat"), see `lexloom.vectors.cooccurrence.count_cooccurrences`;
        `smoothing` (1.0) and `shift` (0.0), see `lexloom.vectors.ppmi.weight_ppmi`.

        svd: `dimension` (100), `exponent` (0.5) and `add_contexts` (False), see
        `lexloom.vectors.svd.word_vectors`.

        skipgram and cbow: `dimension` (100), `epochs` (20), `dynamic` (True), `batch` (1024), `negatives`
        (5), `samples` (64), `share` (64), `optimizer` ("adagrad"), `learning_rate` (0.2), `schedule`
        ("linear"), `add_contexts` (False), see `train_word2vec`; `report`, called with the record of each
        epoch, such as `print`.

    Returns
    -------
    WordVectors

    Raises
    ------
    LexloomError
        If there is no word, or a method or setting is unknown or out of range; the message says which.

    Examples
    --------
    >>> sentences = ["the cat drinks milk", "the dog drinks water", "a cat sleeps", "a dog sleeps"] * 5
    >>> vectors = train_vectors(sentences, "ppmi", window=2)
    >>> vectors
    WordVectors(9 words, 9 dimensions)
    >>> vectors.similarity("cat", "dog") > vectors.similarity("cat", "sleeps")
    True
    >>> train_vectors(sentences, "skipgram", dimension=8, epochs=2)
    WordVectors(9 words, 8 dimensions)
    """
    check_known("method", method, _METHODS)
    train, *_ = _METHODS[method]
    check_settings(settings, *_METHODS[method])
    for name, value in {"min_count": min_count, "threads": threads}.items():
        check_whole(name, value, 1)
    check_whole("seed", seed, 0)
    tokenizer = Tokenizer(sentence_end="<eos>") if tokenizer is None else tokenizer
    ids, words, counts = read_sentences(sentences, tokenizer, min_count)
    rows = train(ids, counts, seed=seed, backend=get_backend(device, threads), **settings)
    return WordVectors(words, rows)


def train_word2vec(
    model: SampledModel,
    batches: ContextBatches,
    epochs: int,
    callbacks: Sequence[Callback] = (),
    *,
    optimizer: str = "adagrad",
    learning_rate: float = 0.2,
    schedule: str = "linear",
) -> list[dict[str, float]]:
    """Train CBOW or skip-gram in place and return the record of each epoch.

    Parameters
    ----------
    model : CBOW or SkipGram
    batches : ContextBatches
    epochs : int
        How often the text is read.
    callbacks : sequence of Callback
    optimizer, schedule : str
        Names in `lexloom.training.optimizers.OPTIMIZERS` and `lexloom.training.schedules.SCHEDULES`.
    learning_rate : float
        Before the factor of the schedule.

    Raises
    ------
    LexloomError
        If a name is unknown, or `epochs` is less than 1.
    """
    check_known("optimizer", optimizer, OPTIMIZERS)
    check_known("schedule", schedule, SCHEDULES)
    check_whole("epochs", epochs, 1)
    trainer = Trainer(
        FusedNegativeSampling(model),
        OPTIMIZERS[optimizer](),
        learning_rate=learning_rate,
        schedule=SCHEDULES[schedule],
    )
    return trainer.fit(epochs, batches, callbacks)


def ppmi_rows(
    ids: np.ndarray,
    counts: np.ndarray,
    *,
    seed: int,
    backend: Backend,
    window: int = 5,
    weighting: str = "flat",
    subsample: float = 0.0,
    smoothing: float = 1.0,
    shift: float = 0.0,
) -> sparse.csr_array:
    """Return the PPMI matrix (V, V) of a text (T,) whose V words occur `counts` (V,) times."""
    check_whole("window", window, 1)
    pairs = count_cooccurrences(ids, len(counts), window, weighting, subsample)
    return weight_ppmi(pairs, smoothing, shift)


def svd_rows(
    ids: np.ndarray,
    counts: np.ndarray,
    *,
    seed: int,
    backend: Backend,
    dimension: int = 100,
    exponent: float = 0.5,
    add_contexts: bool = False,
    **settings: Any,
) -> np.ndarray:
    """Return vectors (V, D) from the factorized PPMI matrix of a text, float32; settings of `ppmi_rows`."""
    check_whole("dimension", dimension, 1)
    ppmi = ppmi_rows(ids, counts, seed=seed, backend=backend, **settings)
    factors = svd.truncated_svd(ppmi, dimension, random_stream(seed, "svd"))
    return svd.word_vectors(*factors, exponent, add_contexts).astype(np.float32)


def word2vec_rows(
    name: str,
    ids: np.ndarray,
    counts: np.ndarray,
    *,
    seed: int,
    backend: Backend,
    dimension: int = 100,
    window: int = 5,
    dynamic: bool = True,
    epochs: int = 20,
    batch: int = 1024,
    negatives: float = 5,
    samples: int = 64,
    share: int = 64,
    subsample: float = 0.0,
    optimizer: str = "adagrad",
    learning_rate: float = 0.2,
    schedule: str = "linear",
    add_contexts: bool = False,
    report: Callable[[dict[str, float]], None] | None = None,
) -> np.ndarray:
    """Return vectors (V, D) that a model in `MODELS` learns from a text, float32.

    Parameters
    ----------
    name : {"cbow", "skip-gram"}
    ids : (T,) int32 array
    counts : (V,) int array
        How often each word occurs.
    dimension : int
        D.
    window, dynamic, batch, samples, share, subsample
        See `lexloom.vectors.contexts.ContextBatches`.
    negatives : float
        How many sampled words count as much as one predicted word; all `samples` together weigh that much.
    add_contexts : bool
        Whether the vector of a word is the sum of its rows in both tables.
    epochs, optimizer, learning_rate, schedule
        See `train_word2vec`.
    report : callable, optional
        Called with the record of each epoch.
    """
    numbers = {"dimension": dimension, "window": window, "batch": batch, "samples": samples, "share": share}
    for setting, value in numbers.items():
        check_whole(setting, value, 1)
    init, weight = random_stream(seed, "init"), negatives / samples
    model = MODELS[name](len(counts), dimension, init, backend, weight=weight)
    batches = ContextBatches(
        ids,
        counts,
        window=window,
        dynamic=dynamic,
        batch=batch,
        samples=samples,
        share=share,
        subsample=subsample,
        seed=seed,
    )
    train_word2vec(
        model,
        batches,
        epochs,
        [Report(report)] if report else [],
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
    )
    return backend.to_host(model.vectors(add_contexts))


_METHODS: dict[str, tuple[Callable[..., Any], ...]] = {
    "skipgram": (partial(word2vec_rows, "skip-gram"),),
    "cbow": (partial(word2vec_rows, "cbow"),),
    "svd": (svd_rows, ppmi_rows),
    "ppmi": (ppmi_rows,),
}
