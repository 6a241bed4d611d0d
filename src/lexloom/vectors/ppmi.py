"""Positive pointwise mutual information: how much more often two words co-occur than by chance."""

import numpy as np
from scipy import sparse

from lexloom.settings.mistakes import checked
from lexloom.settings.ppmi import Ppmi


def weight_ppmi(counts: sparse.csr_array, smoothing: float, shift: float) -> sparse.csr_array:
    """Weight counts by positive pointwise mutual information (PPMI), in bits.

    PPMI(w, c) = max(0, log2(P(w, c) / (P(w) P'(c))) - shift), where P'(c) is proportional to
    count(c) ** smoothing (Levy, Goldberg & Dagan 2015, section 3). Only counted pairs can be positive, so the
    result is sparse.

    Parameters
    ----------
    counts : (V, C) csr_array
        Counts of words (rows) with contexts (columns).
    smoothing : float
        Exponent on the context distribution. 1 leaves it unchanged; 0.75 gives rare contexts less weight.
    shift : float
        Bits subtracted from each cell: log2 of the corresponding number of negative samples.

    Returns
    -------
    ppmi : (V, C) csr_array, float32
        Positive cells only.

    Raises
    ------
    LexloomError
        If `smoothing` or `shift` is out of range.
    """
    checked(Ppmi, {"smoothing": smoothing, "shift": shift})
    word_totals = counts.sum(axis=1, dtype=np.float64)
    context_totals = counts.sum(axis=0, dtype=np.float64) ** smoothing
    expected = np.repeat(word_totals, np.diff(counts.indptr))
    expected *= (context_totals / context_totals.sum())[counts.indices]
    information = np.divide(counts.data, expected, out=expected)
    np.log2(information, out=information)
    information -= shift
    np.maximum(information, 0, out=information)
    parts = (information.astype(np.float32), counts.indices.copy(), counts.indptr.copy())
    ppmi = sparse.csr_array(parts, shape=counts.shape)
    ppmi.eliminate_zeros()
    return ppmi
