"""Using trained language models: reading one with its words, scoring text, generating text."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.corpus.reading import read_lines
from lexloom.corpus.recorded import tokenizer_of
from lexloom.corpus.sentences import prompt_words, sentence_ids
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import known_ids
from lexloom.errors import LexloomError, check_whole
from lexloom.kernels.backend import Backend, get_backend
from lexloom.language import ngram, rnnlm
from lexloom.language.perplexity import perplexity_of_tokens
from lexloom.settings.base import UNKNOWN
from lexloom.storage.artifacts import Artifact, read_artifact
from lexloom.training.randomness import random_stream

KINDS = ("rnnlm", "ngram")
"""The kinds of artifacts that hold a language model."""


@dataclass(frozen=True)
class Score:
    """How probable a line is to a model.

    Attributes
    ----------
    words : list of str
        The words as the model knows them: an unknown one is `<unk>`.
    log_probabilities : (L,) float64 array
        The natural logarithm of the probability of each word, given the words before it.
    """

    words: list[str]
    log_probabilities: np.ndarray

    @property
    def perplexity(self) -> float:
        """Exp of minus the mean log probability."""
        return perplexity_of_tokens(self.log_probabilities)

    @property
    def unknown(self) -> int:
        """The number of words that are `<unk>`."""
        return self.words.count(UNKNOWN)


@dataclass(frozen=True, repr=False)
class LanguageModel:
    """A trained language model, with its vocabulary and its tokenizer.

    Attributes
    ----------
    model : RNNLM or NGramLM
        Has `log_probabilities(ids)` and `next_scores(ids, carry)`.
    words : list of V str
    tokenizer : Tokenizer
        How the training text was cut into words.

    Examples
    --------
    >>> from lexloom.language.train import train_language_model
    >>> model = train_language_model(["the cat sleeps", "the dog runs"] * 9, "ngram", order=2)
    >>> model
    LanguageModel(NGramLM, 6 words)
    >>> (score,) = model.score("the cat sleeps")
    >>> score.words
    ['the', 'cat', 'sleeps', '<eos>']
    >>> " ".join(model.generate("the dog", tokens=2, temperature=0))
    'the dog runs <eos>'
    """

    model: Any
    words: list[str]
    tokenizer: Tokenizer

    def __repr__(self) -> str:
        return f"LanguageModel({type(self.model).__name__}, {len(self.words):,} words)"

    def score(self, text: str | Path | Iterable[str | Sequence[str]]) -> list[Score]:
        r"""Score each line of a text that has a word.

        The text is one stream, as in evaluation: a recurrent model predicts a line with the lines before it
        in mind. It begins as after a sentence end; or, if the corpus has none, with no word before it. To
        score sentences by themselves, call this method for each.

        Parameters
        ----------
        text : str, Path, or iterable of str or of list of str
            A string is cut at line ends; a `Path` is a UTF-8 text file. A sentence is cut into words by the
            tokenizer of the model; a list of words is not cut; each word takes the case and normal form of
            the tokenizer.

        Returns
        -------
        list of Score

        Raises
        ------
        LexloomError
            If a file cannot be read, there is no word, or an unknown word and the model has no `<unk>`.

        Examples
        --------
        >>> from lexloom.language.train import train_language_model
        >>> model = train_language_model(["the cat sleeps", "the dog runs"] * 9, "ngram", order=2)
        >>> cat, dog = model.score("the cat sleeps\nthe dog sleeps")
        >>> cat.perplexity < dog.perplexity
        True
        """
        if isinstance(text, Path):
            ids, lines = read_lines(text, self.tokenizer, self.words)
            return self._scores(np.split(ids, np.flatnonzero(np.diff(lines)) + 1))
        sentences = [text] if isinstance(text, str) else text
        return self._scores(sentence_ids(sentences, self.tokenizer, self.words, "text"))

    def surprisal(self, text: str | Path | Iterable[str | Sequence[str]]) -> list[tuple[str, float]]:
        """Return each word of a text, as the model knows it, and its surprisal in bits; see `score`.

        The surprisal of a word is minus the binary logarithm of its probability, given the words before it
        (Hale 2001, "A probabilistic Earley parser as a psycholinguistic model").

        Examples
        --------
        >>> from lexloom.language.train import train_language_model
        >>> model = train_language_model(["the cat sleeps", "the dog runs"] * 9, "ngram", order=2)
        >>> [(word, round(bits, 1)) for word, bits in model.surprisal("the cat runs")]
        [('the', 0.1), ('cat', 1.2), ('runs', 5.3), ('<eos>', 0.2)]
        """
        score = together(self.score(text))
        bits = -score.log_probabilities / np.log(2)
        return list(zip(score.words, bits.tolist(), strict=True))

    def perplexity(self, text: str | Path | Iterable[str | Sequence[str]]) -> float:
        """Return the perplexity of a text, sentence ends included; see `score`.

        Examples
        --------
        >>> from lexloom.language.train import train_language_model
        >>> model = train_language_model(["the cat sleeps", "the dog runs"] * 9, "ngram", order=2)
        >>> model.perplexity("the cat sleeps") < model.perplexity("the dog sleeps")
        True
        """
        return together(self.score(text)).perplexity

    def generate(
        self,
        prompt: str = "",
        tokens: int = 100,
        rng: np.random.Generator | int = 1,
        temperature: float = 1.0,
        top_k: int | None = None,
    ) -> Iterator[str]:
        """Yield the words of a prompt, as the model knows them, then words drawn from the model.

        The prompt begins a text, as one that is scored does. Its last line goes on, unless it ends.

        Parameters
        ----------
        prompt : str
            The beginning of the text; may be empty.
        tokens : int
            The number of words to draw.
        rng : Generator or int
            The source of randomness, or a seed. The same seed draws the same words.
        temperature, top_k
            See `draw`.

        Raises
        ------
        LexloomError
            If a word of the prompt is unknown and the model has no `<unk>`, or an argument is out of range.

        Examples
        --------
        >>> from lexloom.language.train import train_language_model
        >>> model = train_language_model(["the cat sleeps", "the dog runs"] * 9, "ngram", order=2)
        >>> list(model.generate(tokens=4)) == list(model.generate(tokens=4, rng=1))
        True
        """
        check_whole("tokens", tokens, 0)
        if not temperature >= 0:
            raise LexloomError(f"temperature: {temperature}; expected 0 or more")
        if top_k is not None:
            check_whole("top_k", top_k, 1)
        if not isinstance(rng, np.random.Generator):
            check_whole("rng", rng, 0)
            rng = random_stream(rng, "generate")
        read = known_ids(prompt_words(prompt, self.tokenizer), self.words, "prompt")
        yield from (self.words[word] for word in read)
        carry = None
        for _ in range(tokens):
            scores, carry = self.model.next_scores(read, carry)
            read = np.array([draw(scores, rng, temperature, top_k)])
            yield self.words[read[0]]

    def _scores(self, lines: Sequence[np.ndarray]) -> list[Score]:
        """Return the score of each line, an array of ids; all lines are one stream."""
        values = self.model.log_probabilities(np.concatenate(lines))
        bounds = np.cumsum([len(line) for line in lines])[:-1]
        return [
            Score([self.words[word] for word in line], of_line)
            for line, of_line in zip(lines, np.split(values, bounds), strict=True)
        ]


def read_language_model(path: str | Path, backend: Backend | None = None) -> LanguageModel:
    """Read a language model in a file that lexloom made.

    Parameters
    ----------
    path : path
        An HDF5 file of kind "rnnlm" or "ngram".
    backend : Backend, optional
        Where a recurrent network computes, see `lexloom.kernels.backend.get_backend`; one thread of the CPU
        by default.

    Returns
    -------
    LanguageModel

    Raises
    ------
    LexloomError
        If the file is missing, damaged, of another kind, or does not say how its corpus was tokenized.
    """
    return language_model_of(read_artifact(path, KINDS), backend or get_backend())


def language_model_of(artifact: Artifact, backend: Backend) -> LanguageModel:
    """Return the language model that an artifact of one of `KINDS` holds, with its words."""
    return LanguageModel(build_language_model(artifact, backend), artifact["words"], tokenizer_of(artifact))


def together(scores: Sequence[Score]) -> Score:
    """Return the score of several lines taken as one."""
    return Score(
        [word for score in scores for word in score.words],
        np.concatenate([score.log_probabilities for score in scores]),
    )


def draw(
    scores: np.ndarray, rng: np.random.Generator, temperature: float = 1.0, top_k: int | None = None
) -> int:
    """Return the id of a word drawn with probability proportional to exp(score / temperature).

    Parameters
    ----------
    scores : (V,) float64 array
        Logarithms of probabilities, up to a constant.
    temperature : float
        From 0. Below 1, likely words become more likely; at 0, the most likely word is always taken.
    top_k : int, optional
        Draw only among the k most likely words.
    """
    order = np.argsort(-scores, kind="stable")[:top_k]
    if temperature == 0:
        return int(order[0])
    with np.errstate(over="ignore"):  # of a temperature near 0: the others have no chance
        heights = np.cumsum(np.exp((scores[order] - scores[order[0]]) / temperature))
    drawn = np.searchsorted(heights, rng.random() * heights[-1], side="right")
    return int(order[min(drawn, len(order) - 1)])


def build_language_model(artifact: Artifact, backend: Backend) -> rnnlm.RNNLM | ngram.NGramLM:
    """Return the language model that an artifact of one of `KINDS` holds."""
    if artifact.kind == "rnnlm":
        return rnnlm.rnnlm_from_artifact(artifact, backend)
    return ngram.ngram_from_artifact(artifact)
