"""Vocabularies that grow."""

from collections.abc import Sequence

import numpy as np


def join_vocabularies(words: Sequence[str], others: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return a vocabulary with the words of both, and where the others are in it.

    Parameters
    ----------
    words, others : sequences of str
        Each without repeats.

    Returns
    -------
    joined : list of str
        `words` where they were, then those of `others` that are new, in their order.
    numbers : (len(others),) int32 array
        `joined[numbers[i]]` is `others[i]`.
    """
    joined = list(dict.fromkeys([*words, *others]))
    places = {word: place for place, word in enumerate(joined)}
    return joined, np.array([places[word] for word in others], np.int32)
