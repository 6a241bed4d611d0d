"""The test sentences of a page: how much each word surprises each language model."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lexloom.corpus.vocabulary import NO_WORD
from lexloom.report.explorer.words import PageWords

_LINE = 25  # words of a line of a text whose sentence ends are not marked


def sentences_section(
    test: np.ndarray,
    sentence_end: int,
    log_probabilities: Mapping[str, np.ndarray],
    page_words: PageWords,
    tokens: int,
) -> dict[str, Any] | None:
    """Return test sentences with the surprisal of each word in tenths of a bit; None without a model.

    Parameters
    ----------
    test : (L,) int array
        Word ids.
    sentence_end : int
        The id that ends a sentence, or `NO_WORD`.
    log_probabilities : mapping of str to (L,) float64 array
        Of each token, by the name of the model.
    page_words : PageWords
    tokens : int
        About how many tokens to show; of a longer text every second sentence, or every third, and so on.
    """
    if not log_probabilities:
        return None
    lengths = sentence_lengths(test, sentence_end)
    every = -(-len(test) // tokens)
    chosen = np.arange(len(lengths)) % every == 0
    shown = np.repeat(chosen, lengths)
    part = "Every sentence" if every == 1 else f"One of {every} sentences"
    return {
        "note": f"{part} of the test text, each word coloured by its surprisal: minus the logarithm, to base "
        "2, of the probability that the model gave it after the words before. 1 bit is a coin toss. Type "
        "words to find sentences with them; point at a word for its bits, click it to see it on the map.",
        "ids": page_words.numbers(test[shown]).tolist(),
        "lengths": lengths[chosen].tolist(),
        "models": [
            {"name": name, "bits": np.rint(values[shown] * (-10 / np.log(2))).astype(int).tolist()}
            for name, values in log_probabilities.items()
        ],
    }


def sentence_lengths(ids: np.ndarray, sentence_end: int) -> np.ndarray:
    """Return the lengths (S,) of the sentences of a text, or of lines of 25 words where no end is marked."""
    ends = (
        np.arange(_LINE - 1, len(ids), _LINE)
        if sentence_end == NO_WORD
        else np.flatnonzero(ids == sentence_end)
    )
    if not len(ends) or ends[-1] != len(ids) - 1:
        ends = np.append(ends, len(ids) - 1)
    return np.diff(ends, prepend=-1)
