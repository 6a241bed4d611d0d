"""Trained language models in use: read with their words, scoring a text, writing one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.corpus.reading import read_lines
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.vocabulary import UNKNOWN, known_ids
from lexloom.errors import LexloomError
from lexloom.kernels.backend import Backend
from lexloom.language import ngram, rnnlm
from lexloom.language.perplexity import perplexity_of_tokens
from lexloom.storage.artifacts import Artifact, read_artifact

KINDS = ("rnnlm", "ngram")
"""The kinds of artifacts that hold a language model."""


@dataclass(frozen=True)
class Score:
    """What a model makes of a line.

    Attributes
    ----------
    words : list of str
        As the model knows them.
    log_probabilities : (L,) float64 array
        Of each word, in nats.
    """

    words: list[str]
    log_probabilities: np.ndarray

    @property
    def perplexity(self) -> float:
        """Exp of minus the mean log probability."""
        return perplexity_of_tokens(self.log_probabilities)

    @property
    def unknown(self) -> int:
        """How many words are <unk>."""
        return self.words.count(UNKNOWN)


@dataclass(frozen=True)
class LanguageModel:
    """A trained language model, with its words and the way in which its corpus was cut into words.

    Attributes
    ----------
    model : RNNLM or NGramLM
        Has `log_probabilities(ids)` and `next_scores(ids, carry)`.
    words : list of str
    tokenizer : Tokenizer
    """

    model: Any
    words: list[str]
    tokenizer: Tokenizer

    def score(self, path: str | Path) -> list[Score]:
        """Score each line of a text file that has a token; the text is one stream, as in evaluation.

        Raises
        ------
        LexloomError
            As `lexloom.corpus.corpus.read_lines` does.
        """
        ids, lines = read_lines(path, self.tokenizer, self.words)
        values = self.model.log_probabilities(ids)
        bounds = np.flatnonzero(np.diff(lines)) + 1
        return [
            Score([self.words[word] for word in line], of_line)
            for line, of_line in zip(np.split(ids, bounds), np.split(values, bounds), strict=True)
        ]

    def generate(
        self,
        prompt: str,
        tokens: int,
        rng: np.random.Generator,
        temperature: float = 1.0,
        top_k: int | None = None,
    ) -> Iterator[str]:
        """Yield the words of a prompt, as the model knows them, and then words that the model draws.

        Before the prompt stands the end of a sentence.

        Parameters
        ----------
        tokens : int
            How many words to draw.
        temperature, top_k
            See `draw`.

        Raises
        ------
        LexloomError
            When a word of the prompt is not known and nothing stands for unknown words, or where there is no
            prompt and the corpus has no sentence ends, so that nothing stands before the first word.
        """
        end = self.tokenizer.sentence_end
        given = list(self.tokenizer.tokens(self.tokenizer.tidy(prompt)))
        before = [*known_ids(given, self.words, "prompt")]
        yield from (self.words[word] for word in before)
        if end is not None:
            before.insert(0, self.words.index(end))
        if not before:
            raise LexloomError(
                "prompt: empty, and the corpus has no sentence ends to begin after; give a word"
            )
        carry = None
        for _ in range(tokens):
            scores, carry = self.model.next_scores(np.array(before), carry)
            before = [draw(scores, rng, temperature, top_k)]
            yield self.words[before[0]]


def read_language_model(path: str | Path, backend: Backend) -> LanguageModel:
    """Read an artifact of kind "rnnlm" or "ngram".

    Raises
    ------
    LexloomError
        When it is of another kind or damaged, or does not say how its corpus was tokenized.
    """
    artifact = read_artifact(path, KINDS)
    if "tokenizer" not in artifact.settings:
        raise LexloomError(f"{path}: does not say how its corpus was tokenized; train it again")
    return LanguageModel(
        build_language_model(artifact, backend),
        artifact["words"],
        Tokenizer(**artifact.settings["tokenizer"]),
    )


def together(scores: Sequence[Score]) -> Score:
    """Return what a model makes of several lines as one."""
    return Score(
        [word for score in scores for word in score.words],
        np.concatenate([score.log_probabilities for score in scores]),
    )


def draw(
    scores: np.ndarray, rng: np.random.Generator, temperature: float = 1.0, top_k: int | None = None
) -> int:
    """Return a word drawn with probability proportional to exp(score / temperature).

    Parameters
    ----------
    scores : (V,) float64 array
        Logarithms of probabilities, up to a constant.
    temperature : float
        From 0. Below 1 the likely words become likelier; at 0 the likeliest is taken.
    top_k : int, optional
        Only the likeliest k words can be drawn.
    """
    order = np.argsort(-scores, kind="stable")[:top_k]
    if temperature == 0:
        return int(order[0])
    heights = np.cumsum(np.exp((scores[order] - scores[order[0]]) / temperature))
    drawn = np.searchsorted(heights, rng.random() * heights[-1], side="right")
    return int(order[min(drawn, len(order) - 1)])


def build_language_model(artifact: Artifact, backend: Backend) -> rnnlm.RNNLM | ngram.NGramLM:
    """Return the language model that an artifact of one of `KINDS` holds."""
    if artifact.kind == "rnnlm":
        return rnnlm.rnnlm_from_artifact(artifact, backend)
    return ngram.ngram_from_artifact(artifact)
