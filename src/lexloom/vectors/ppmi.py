"""Positive pointwise mutual information: how much more often two words co-occur than by chance."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from lexloom.kernels.tiles import runs
from lexloom.settings.mistakes import checked
from lexloom.settings.ppmi import Ppmi

Rows = Callable[[slice], sparse.csr_array]
"""A matrix, of which it returns some rows."""
_CELLS = 1 << 22  # weighted at a time: some 100 MB


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
    lengths = np.diff(counts.indptr)
    rows = ppmi_runs(lambda rows: counts[rows], lengths, counts.shape[1], smoothing, shift)
    return sparse.vstack(list(rows), format="csr")


def ppmi_runs(
    counts: Rows, lengths: np.ndarray, contexts: int, smoothing: float, shift: float
) -> Iterator[sparse.csr_array]:
    """Yield the rows of `weight_ppmi`, some at a time, in order.

    Parameters
    ----------
    counts : callable
        Returns a slice of the rows of the counts. Each row is read twice.
    lengths : (V,) int array
        The number of cells of each row.
    contexts : int
        C.
    smoothing, shift
        As in `weight_ppmi`.
    """
    checked(Ppmi, {"smoothing": smoothing, "shift": shift})
    slices = list(runs(lengths.astype(np.int64), _CELLS))
    totals = _column_totals(map(counts, slices), contexts) ** smoothing
    probabilities = totals / totals.sum()
    return (_weighted(counts(rows), probabilities, shift) for rows in slices)


def _column_totals(some_rows: Iterator[sparse.csr_array], columns: int) -> np.ndarray:
    """Return the sum of each column (C,), added up from the first row to the last."""
    totals = np.zeros(columns)
    for rows in some_rows:
        np.add.at(totals, rows.indices, rows.data.astype(np.float64, copy=False))
    return totals


def _weighted(counts: sparse.csr_array, probabilities: np.ndarray, shift: float) -> sparse.csr_array:
    expected = np.repeat(counts.sum(axis=1, dtype=np.float64), np.diff(counts.indptr))
    expected *= probabilities[counts.indices]
    information = np.divide(counts.data, expected, out=expected)
    np.log2(information, out=information)
    information -= shift
    np.maximum(information, 0, out=information)
    parts = (information.astype(np.float32), counts.indices.copy(), counts.indptr.copy())
    ppmi = sparse.csr_array(parts, shape=counts.shape)
    ppmi.eliminate_zeros()
    return ppmi
