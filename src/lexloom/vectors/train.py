"""Training word vectors on sentences in memory."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from scipy import sparse

from lexloom.corpus.sentences import read_sentences
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import check_known, refuse_arguments
from lexloom.kernels.backend import get_backend
from lexloom.settings.contexts import Contexts
from lexloom.settings.counts import Counting
from lexloom.settings.execution import Device, Seed
from lexloom.settings.mistakes import checked
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.svd import Svd
from lexloom.settings.word2vec import Word2vec
from lexloom.training.callbacks import Report
from lexloom.training.randomness import random_stream
from lexloom.vectors.cooccurrence import count_cooccurrences
from lexloom.vectors.ppmi import weight_ppmi
from lexloom.vectors.svd import truncated_svd, word_vectors
from lexloom.vectors.word2vec_training import Training
from lexloom.vectors.word_vectors import WordVectors


class Weighted(Ppmi, Counting):
    """Counted pairs, weighted."""


class Factorized(Svd, Weighted):
    """Weighted pairs, factorized."""


class Learned(Word2vec, Contexts):
    """Vectors that learn to predict words."""


METHODS: dict[str, type[Learned | Weighted]] = {
    "skipgram": Learned,
    "cbow": Learned,
    "svd": Factorized,
    "ppmi": Weighted,
}
"""The settings of each way to make word vectors."""


def train_vectors(
    sentences: Iterable[str | Sequence[str]],
    method: str = "skipgram",
    *,
    min_count: int = 1,
    seed: int = 1,
    tokenizer: Tokenizer | None = None,
    device: Device = "cpu",
    threads: int = 1,
    report: Callable[[dict[str, float]], None] | None = None,
    **settings: Any,
) -> WordVectors:
    """Train word vectors on sentences.

    The same sentences, settings and seed give the same vectors, for any number of threads. They are the
    vectors that the pipeline makes of a file with one sentence per line.

    Parameters
    ----------
    sentences : iterable of str or of list of str
        A string is cut into words by the tokenizer. A list of words is not cut;
        each word takes the case and normal form of the tokenizer.
    method : {"skipgram", "cbow", "svd", "ppmi"}
        skipgram and cbow learn to predict words (Mikolov et al. 2013). svd factorizes the matrix of positive
        pointwise mutual information; ppmi takes the rows of that matrix, which are sparse and as long as the
        vocabulary (Levy, Goldberg & Dagan 2015).
    min_count : int
        Words that occur less often are replaced by `<unk>`.
    seed : int
        The seed of every random number.
    tokenizer : Tokenizer, optional
        How a string is cut into words. By default, at white space, in the Unicode normal form NFC, with the
        word `<eos>` at the end of each sentence. Windows run across the ends of sentences.
    device : {"cpu", "cuda"}
        Where skipgram and cbow are trained.
    threads : int
        CPU threads.
    report : callable, optional
        Called with the record of each epoch of skipgram and cbow, such as `print`.
    **settings
        The settings of the method, by name, with the defaults of the classes in `METHODS`, such as `window`,
        `dimension` and `epochs`. With `start`, the path of vectors that the pipeline trained, skipgram and
        cbow continue from these: their words come first.

    Returns
    -------
    WordVectors

    Raises
    ------
    LexloomError
        If there is no word, or a method or setting is unknown, out of range or of another method; the message
        says which.

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
    check_known("method", method, METHODS)
    checked(Seed, {"seed": seed})
    if METHODS[method] is Learned:
        refuse_arguments(method, model=settings.get("model"))
        settings = settings | {"model": method.replace("skip", "skip-")}
    else:
        refuse_arguments(method, report=report, device=None if device == "cpu" else device)
    chosen = checked(METHODS[method], settings)
    backend = get_backend(device, threads)
    tokenizer = tokenizer or Tokenizer()
    ids, words, counts = read_sentences(sentences, tokenizer, min_count=min_count)
    if isinstance(chosen, Learned):
        training = Training(chosen, ids, words, counts, chosen.window, seed, backend, tokenizer)
        training.trainer.fit(chosen.epochs, training.batches, [Report(report)] if report else [])
        return WordVectors(training.words, training.vectors(), tokenizer)
    ppmi = _weighted(ids, len(words), chosen)
    if isinstance(chosen, Factorized):
        return WordVectors(words, _factorized(ppmi, chosen, seed), tokenizer)
    return WordVectors(words, ppmi, tokenizer)


def _weighted(ids: np.ndarray, vocabulary_size: int, settings: Weighted) -> sparse.csr_array:
    pairs = count_cooccurrences(ids, vocabulary_size, **dict(settings.part(Counting)))
    return weight_ppmi(pairs, **dict(settings.part(Ppmi)))


def _factorized(ppmi: sparse.csr_array, settings: Factorized, seed: int) -> np.ndarray:
    factors = truncated_svd(ppmi, settings.dimension, random_stream(seed, "svd"))
    return word_vectors(*factors, settings.exponent, settings.add_contexts).astype(np.float32)
