"""Training language models: on sentences in memory, or on word ids with a model that already exists."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from lexloom.corpus.sentences import read_sentences, sentence_ids
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import LexloomError, check_known, check_settings, check_whole
from lexloom.kernels.backend import Backend, get_backend
from lexloom.language.ngram import NGramLM, count_ngrams
from lexloom.language.rnnlm import RNNLM, build_rnnlm, perplexity
from lexloom.language.trained import LanguageModel
from lexloom.nn.sampled_softmax import inclusion_probabilities
from lexloom.training.batches import Windows
from lexloom.training.optimizers import OPTIMIZERS
from lexloom.training.randomness import epoch_stream, random_stream
from lexloom.training.schedules import SCHEDULES
from lexloom.training.trainer import Callback, Report, Trainer
from lexloom.training.validation import KeepBest, Validation

MEASURE = "valid_perplexity"
"""The key of the perplexity on the valid text in the record of an epoch."""


def train_language_model(
    sentences: Iterable[str | Sequence[str]],
    method: str = "lstm",
    *,
    valid: Iterable[str | Sequence[str]] | None = None,
    min_count: int = 1,
    seed: int = 1,
    tokenizer: Tokenizer | None = None,
    device: str = "cpu",
    threads: int = 1,
    **settings: Any,
) -> LanguageModel:
    """Train a language model on sentences.

    The same sentences, settings and seed give the same model, for any number of threads.

    Parameters
    ----------
    sentences : iterable of str or of list of str
        A string is cut into words by the tokenizer. A list of words is taken as it is.
    method : {"lstm", "gru", "rnn", "ngram"}
        A recurrent network with layers of that kind (Mikolov et al. 2010), or n-grams with interpolated
        Kneser-Ney smoothing (Chen & Goodman 1999).
    valid : iterable of str or of list of str, optional
        Sentences on which a recurrent network is measured after each epoch. The weights of the best epoch are
        kept. Without them, the weights of the last epoch are.
    min_count : int
        Words that occur less often are replaced by `<unk>`. With 2 or more, the model can read unknown words.
    seed : int
        The seed of every random number.
    tokenizer : Tokenizer, optional
        How a string is cut into words. By default, at white space, with the word `<eos>` at the end of each
        sentence.
    device : {"cpu", "cuda"}
        Where a recurrent network is trained.
    threads : int
        CPU threads.
    **settings
        The settings of the method, by name; each has a default.

        ngram: `order` (5), the number of words in the longest n-gram.

        lstm, gru and rnn: `layers` (1), `embedding` (256), `hidden` (256), `tied` (False) and what is
        dropped or penalized, see `lexloom.language.rnnlm.build_rnnlm`; `batch` (10), `steps` (20),
        `vary_steps` (False), `samples` (None), `epochs` (5), `optimizer` ("adam"), `learning_rate` (0.002),
        `schedule` ("cosine"), `clip` (None), `weight_decay` (0.0) and `patience` (None), see `train_rnnlm`;
        `report`, called with the record of each epoch, such as `print`.

    Returns
    -------
    LanguageModel

    Raises
    ------
    LexloomError
        If there is no word, or a method or setting is unknown or out of range; the message says which.

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
    check_known("method", method, _METHODS)
    train, *_ = _METHODS[method]
    check_settings(settings, *_METHODS[method])
    for name, value in {"min_count": min_count, "threads": threads}.items():
        check_whole(name, value, 1)
    check_whole("seed", seed, 0)
    tokenizer = Tokenizer(sentence_end="<eos>") if tokenizer is None else tokenizer
    ids, words, counts = read_sentences(sentences, tokenizer, min_count)
    valid_ids = None if valid is None else np.concatenate(sentence_ids(valid, tokenizer, words))
    end = None if tokenizer.sentence_end is None else words.index(tokenizer.sentence_end)
    model = train(
        ids, valid_ids, counts, sentence_end=end, seed=seed, backend=get_backend(device, threads), **settings
    )
    return LanguageModel(model, words, tokenizer)


def train_rnnlm(
    model: RNNLM,
    train_ids: np.ndarray,
    valid_ids: np.ndarray | None = None,
    callbacks: Sequence[Callback] = (),
    *,
    seed: int,
    batch: int = 10,
    steps: int = 20,
    vary_steps: bool = False,
    epochs: int = 5,
    optimizer: str = "adam",
    learning_rate: float = 0.002,
    schedule: str = "cosine",
    clip: float | None = None,
    weight_decay: float = 0.0,
    patience: int | None = None,
) -> list[dict[str, float]]:
    """Train a recurrent language model in place and return the record of each epoch.

    Parameters
    ----------
    model : RNNLM
    train_ids : (T,) int32 array
    valid_ids : (L,) int32 array, optional
        A text on which the model is measured after each epoch. The weights of the best epoch are kept.
    callbacks : sequence of Callback
        Called after the measurement.
    seed : int
    batch : int
        Streams read side by side.
    steps : int
        Words of truncated backpropagation through time.
    vary_steps : bool
        Draw the steps of each update, about `steps`, and scale its learning rate by the proportion drawn.
    epochs : int
        How often the text is read.
    optimizer, schedule : str
        Names in `lexloom.training.optimizers.OPTIMIZERS` and `lexloom.training.schedules.SCHEDULES`.
    learning_rate : float
        Before the factor of the schedule.
    clip : float, optional
        The largest global norm of a gradient.
    weight_decay : float
        Decoupled, in units of the learning rate.
    patience : int, optional
        Stop after so many epochs in a row without a better perplexity on `valid_ids`.

    Raises
    ------
    LexloomError
        If a name is unknown, a number is out of range, or there is patience but no valid text.
    """
    check_known("optimizer", optimizer, OPTIMIZERS)
    check_known("schedule", schedule, SCHEDULES)
    for name, value in {"batch": batch, "steps": steps, "epochs": epochs}.items():
        check_whole(name, value, 1)
    if patience is not None and valid_ids is None:
        raise LexloomError(f"patience: {patience}, but there is no text to measure on; give valid as well")

    def windows(epoch: int) -> Windows:
        rng = epoch_stream(seed, "windows", epoch) if vary_steps else None
        return Windows(train_ids, batch, steps, rng)

    trainer = Trainer(
        model,
        OPTIMIZERS[optimizer](weight_decay=weight_decay),
        learning_rate=learning_rate,
        schedule=SCHEDULES[schedule],
        clip=clip,
        rng=random_stream(seed, "dropout"),
        batch_weight=(lambda window: window[0].shape[1] / steps) if vary_steps else (lambda window: 1.0),
    )
    measured: list[Callback] = []
    if valid_ids is not None:
        measured = [Validation(MEASURE, lambda: perplexity(model, valid_ids)), KeepBest(MEASURE, patience)]
    return trainer.fit(epochs, windows, [*measured, *callbacks])


def recurrent_model(
    cell: str,
    train_ids: np.ndarray,
    valid_ids: np.ndarray | None,
    counts: np.ndarray,
    *,
    sentence_end: int | None,
    seed: int,
    backend: Backend,
    layers: int = 1,
    embedding: int = 256,
    hidden: int = 256,
    tied: bool = False,
    dropout: float = 0.0,
    input_dropout: float | None = None,
    output_dropout: float | None = None,
    locked_dropout: bool = False,
    word_dropout: float = 0.0,
    weight_drop: float = 0.0,
    activation_penalty: float = 0.0,
    change_penalty: float = 0.0,
    samples: int | None = None,
    report: Callable[[dict[str, float]], None] | None = None,
    **training: Any,
) -> RNNLM:
    """Return a recurrent language model trained on a text whose V words occur `counts` (V,) times.

    Parameters
    ----------
    cell : {"lstm", "gru", "rnn"}
    train_ids, valid_ids
        See `train_rnnlm`.
    layers to change_penalty
        See `lexloom.language.rnnlm.build_rnnlm`.
    samples : int, optional
        The number of words with which an update compares its targets, on average; all by default.
    report : callable, optional
        Called with the record of each epoch.
    **training
        See `train_rnnlm`.
    """
    for name, value in {"layers": layers, "embedding": embedding, "hidden": hidden}.items():
        check_whole(name, value, 1)
    inclusion = None
    if samples is not None:
        check_whole("samples", samples, 1)
        inclusion = inclusion_probabilities(counts, samples)
    model = build_rnnlm(
        len(counts),
        random_stream(seed, "init"),
        backend,
        cell=cell,
        layers=layers,
        embedding=embedding,
        hidden=hidden,
        tied=tied,
        inclusion=inclusion,
        dropout=dropout,
        input_dropout=input_dropout,
        output_dropout=output_dropout,
        locked_dropout=locked_dropout,
        word_dropout=word_dropout,
        weight_drop=weight_drop,
        activation_penalty=activation_penalty,
        change_penalty=change_penalty,
    )
    callbacks = [Report(report)] if report else []
    train_rnnlm(model, train_ids, valid_ids, callbacks, seed=seed, **training)
    return model


def ngram_model(
    train_ids: np.ndarray,
    valid_ids: np.ndarray | None,
    counts: np.ndarray,
    *,
    sentence_end: int | None,
    seed: int,
    backend: Backend,
    order: int = 5,
) -> NGramLM:
    """Return an n-gram model of a text with V words, `counts` (V,); `valid_ids` and `seed` are not used."""
    return NGramLM(count_ngrams(train_ids, len(counts), order, sentence_end), sentence_end)


_METHODS: dict[str, tuple[Callable[..., Any], ...]] = {
    **{cell: (partial(recurrent_model, cell), train_rnnlm) for cell in ("lstm", "gru", "rnn")},
    "ngram": (ngram_model,),
}
