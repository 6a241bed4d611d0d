"""The subsampling of frequent words, for counted and for learned vectors."""

import numpy as np

from lexloom.errors import LexloomError


def keep_probabilities(counts: np.ndarray, threshold: float) -> np.ndarray:
    """Return the probability (V,) that a word stays in a text, by the subsampling of frequent words.

    A word that makes up a share f of the text stays with probability sqrt(threshold / f) + threshold / f, as
    in the program of Mikolov et al. 2013b; all words stay where the threshold is 0.

    Raises
    ------
    LexloomError
        When the threshold is not from 0 to 1.
    """
    if not 0 <= threshold <= 1:
        raise LexloomError(f"subsample: {threshold}; expected a share of the text from 0 to 1")
    if threshold == 0:
        return np.ones(len(counts))
    share = np.maximum(counts, 1) / counts.sum()
    return np.minimum(np.sqrt(threshold / share) + threshold / share, 1)
