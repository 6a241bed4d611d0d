"""Subsampling of frequent words, for counted and for learned vectors."""

import numpy as np

from lexloom.errors import LexloomError


def keep_probabilities(counts: np.ndarray, threshold: float) -> np.ndarray:
    """Return the probability (V,) with which subsampling keeps each word.

    A word that makes up a proportion f of the text is kept with probability sqrt(threshold / f) + threshold /
    f, or 1 if that is larger, as in the program of Mikolov et al. 2013b. A threshold of 0 keeps all words.

    Parameters
    ----------
    counts : (V,) int array
        How often each word occurs.
    threshold : float
        From 0 to 1.

    Returns
    -------
    (V,) float64 array

    Raises
    ------
    LexloomError
        If the threshold is out of range.
    """
    if not 0 <= threshold <= 1:
        raise LexloomError(f"subsample: {threshold} is not allowed; expected a number, at least 0, at most 1")
    if threshold == 0:
        return np.ones(len(counts))
    share = np.maximum(counts, 1) / counts.sum()
    return np.minimum(np.sqrt(threshold / share) + threshold / share, 1)
