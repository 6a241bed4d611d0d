"""Words to look at, where nobody named any."""

from collections.abc import Sequence

import numpy as np

_COUNT = 6
_FIRST_RANK = 20  # the most frequent words have only grammar in common


def words_across_frequencies(
    words: Sequence[str], counts: np.ndarray, special: Sequence[str | None] = ()
) -> list[str]:
    """Return a few words of a vocabulary, from frequent to rare, at equal ratios of their ranks.

    Parameters
    ----------
    words : sequence of V str
    counts : (V,) int array
        How often each word occurs.
    special : sequence of str
        Words to leave out, as are words without a letter.

    Examples
    --------
    >>> words_across_frequencies(["<eos>", "the", ".", "cat"], np.array([9, 5, 4, 1]), ["<eos>"])
    ['the', 'cat']
    """
    order = np.argsort(-counts, kind="stable")
    ranked = [words[word] for word in order if words[word] not in special and _has_letter(words[word])]
    if not ranked:
        return []
    ranks = np.geomspace(min(_FIRST_RANK, len(ranked) / _COUNT + 1), len(ranked), _COUNT).round().astype(int)
    return [ranked[rank - 1] for rank in np.unique(ranks.clip(1, len(ranked)))]


def _has_letter(word: str) -> bool:
    return any(map(str.isalpha, word))
