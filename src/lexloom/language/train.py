"""Training language models on sentences in memory."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any, get_args

import numpy as np

from lexloom.corpus.sentences import read_sentences, sentence_ids
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import word_before_text
from lexloom.errors import LexloomError, check_known, refuse_arguments
from lexloom.kernels.backend import get_backend
from lexloom.language.ngram import NGramLM, count_ngrams
from lexloom.language.rnnlm_training import measures, new_model, new_trainer, windows
from lexloom.language.trained import LanguageModel
from lexloom.settings.execution import Device, Seed
from lexloom.settings.mistakes import checked
from lexloom.settings.ngram import Ngram
from lexloom.settings.rnnlm import Cell, Rnnlm
from lexloom.training.callbacks import Report
from lexloom.training.trainer import Callback

METHODS = (*get_args(Cell), "ngram")


def train_language_model(
    sentences: Iterable[str | Sequence[str]],
    method: str = "lstm",
    *,
    valid: Iterable[str | Sequence[str]] | None = None,
    min_count: int = 1,
    seed: int = 1,
    tokenizer: Tokenizer | None = None,
    device: Device = "cpu",
    threads: int = 1,
    report: Callable[[dict[str, float]], None] | None = None,
    **settings: Any,
) -> LanguageModel:
    """Train a language model on sentences.

    The same sentences, settings and seed give the same model, for any number of threads.

    Parameters
    ----------
    sentences : iterable of str or of list of str
        A string is cut into words by the tokenizer. A list of words is not cut;
        each word takes the case and normal form of the tokenizer.
    method : {"lstm", "gru", "rnn", "ngram"}
        A recurrent network with layers of that kind (Mikolov et al. 2010), or n-grams with interpolated
        Kneser-Ney smoothing (Chen & Goodman 1999).
    valid : iterable of str or of list of str, optional
        Sentences on which a recurrent network is measured after each epoch. The weights of the best epoch are
        kept. Without them, the weights of the last epoch are. The settings `patience` and `average_after`
        need them.
    min_count : int
        Words that occur less often are replaced by `<unk>`. With 2 or more, the model can read unknown words.
    seed : int
        The seed of every random number.
    tokenizer : Tokenizer, optional
        How a string is cut into words. By default, at white space, in the Unicode normal form NFC, with the
        word `<eos>` at the end of each sentence.
    device : {"cpu", "cuda"}
        Where a recurrent network is trained.
    threads : int
        CPU threads.
    report : callable, optional
        Called with the record of each epoch of a recurrent network, such as `print`.
    **settings
        The settings of the method, by name, with the defaults of `lexloom.settings.ngram.Ngram` or
        `lexloom.settings.rnnlm.Rnnlm`, such as `hidden`, `epochs` and `dropout`.

    Returns
    -------
    LanguageModel

    Raises
    ------
    LexloomError
        If there is no word, or a method or setting is unknown, out of range or of another method; the message
        says which.

    Examples
    --------
    >>> sentences = ["the cat drinks milk", "the dog drinks water", "a cat sleeps", "a dog sleeps"] * 5
    >>> model = train_language_model(sentences, "ngram", order=3)
    >>> model.perplexity("a cat sleeps") < model.perplexity("sleeps cat a")
    True
    >>> model = train_language_model(sentences, "lstm", hidden=16, embedding=16, epochs=2)
    >>> model
    LanguageModel(RNNLM, 9 words)
    """
    check_known("method", method, METHODS)
    checked(Seed, {"seed": seed})
    tokenizer = tokenizer or Tokenizer()
    if method == "ngram":
        refuse_arguments(method, valid=valid, report=report, device=None if device == "cpu" else device)
        order = checked(Ngram, settings).order
        get_backend(threads=threads)
        ids, words, _ = read_sentences(sentences, tokenizer, min_count=min_count)
        before = word_before_text(words, tokenizer.sentence_end)
        return LanguageModel(NGramLM(count_ngrams(ids, len(words), order, before), before), words, tokenizer)
    refuse_arguments(method, cell=settings.get("cell"))
    recurrent = checked(Rnnlm, settings | {"cell": method})
    for name in ("patience", "average_after"):
        if valid is None and getattr(recurrent, name) is not None:
            raise LexloomError(
                f"{name}: {getattr(recurrent, name)}, but there is no text to measure on; give valid"
            )
    backend = get_backend(device, threads)
    ids, words, counts = read_sentences(sentences, tokenizer, min_count=min_count)
    model = new_model(recurrent, counts, word_before_text(words, tokenizer.sentence_end), seed, backend)
    callbacks: list[Callback] = []
    if valid is not None:
        valid_ids = np.concatenate(sentence_ids(valid, tokenizer, words, "valid"))
        callbacks += measures(recurrent, model, valid_ids)
    if report:
        callbacks.append(Report(report))
    trainer = new_trainer(recurrent, model, seed)
    trainer.fit(recurrent.epochs, partial(windows, recurrent, model, ids, seed), callbacks)
    return LanguageModel(model, words, tokenizer)
