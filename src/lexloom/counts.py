"""Counted word vectors: how often two words stand near each other, and how much more often than by chance.

Counts run over the stream of ids, across the ends of sentences: the word that marks an end is a word like
others.

Counting goes through the rows of the matrix in runs that fit into a given memory. Where one run is not all,
each goes to temporary files when it is done: runs are sorted and do not overlap, so merging is appending.
"""

import math
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from scipy import sparse

from lexloom.backend import backend_of
from lexloom.errors import LexloomError
from lexloom.subsampling import keep_probabilities

WEIGHTINGS = ("flat", "distance", "dynamic")

_EXACT_DISTANCES = 20  # 1, 1/2, ..., 1/20 are whole multiples of one fraction
# A sum and its column, of a thread, joined, and of the run before; what the sum is multiplied by and becomes.
_CELL_BYTES = 60


def count_cooccurrences(
    ids: np.ndarray,
    vocabulary_size: int,
    window: int,
    weighting: str = "flat",
    subsample: float = 0.0,
    memory_mb: int = 1000,
    folder: str | Path | None = None,
) -> sparse.csr_array:
    """Count each pair of words that stand at most `window` words apart.

    Word2vec draws the size of each window and leaves out frequent words at random. Here nothing is drawn:
    each pair counts its expectation (Levy, Goldberg & Dagan 2015, section 3.1).

    Parameters
    ----------
    ids : (N,) int array
        The stream of word ids, each from 0 to V - 1; the window is cut only at its two ends.
    vocabulary_size : int
        V.
    window : int
        Words on each side, at least 1.
    weighting : {"flat", "distance", "dynamic"}
        A pair at distance d counts 1; or 1/d; or (window - d + 1) / window, the share of the sizes from 1 to
        `window` that reach so far.
    subsample : float
        A pair also counts the probability that both words stay, each for itself, with this threshold of
        `keep_probabilities`; 0 keeps all words. A word that is left out leaves a gap: no window reaches
        farther for it.
    memory_mb : int
        Megabytes to count in, beside the result, the text, half as much again, and a row of counts for each
        thread; with less, more goes through temporary files. The result does not depend on it.
    folder : path, optional
        Where the temporary files are; they have no names, and end with the program. The system's own place
        for such files if not given, which may be in memory.

    Returns
    -------
    counts : (V, V) csr_array, int64 (flat without subsampling) or float64
        Symmetric to the last bit, columns of a row ascending. Flat counts are exact; so are sums of weights,
        up to the rounding of the result; but 1/d in a window above 20 is rounded to a multiple of
        1/232792560.

    Raises
    ------
    LexloomError
        When there is no pair, an id is outside of the vocabulary, or a setting is out of range.
    OSError
        When the folder is missing or full.
    """
    _check(ids, vocabulary_size, window, weighting)
    occurrences = np.bincount(ids, minlength=vocabulary_size)
    keep = keep_probabilities(occurrences, subsample)
    reach = min(window, len(ids) - 1)
    weights, scale = _whole_weights(window, weighting, reach)
    kernels = backend_of(ids).kernels

    def count(rows: slice) -> tuple[np.ndarray, ...]:
        sums, indices, indptr = kernels.count_cooccurrences(ids, vocabulary_size, weights, rows)
        if weighting == "flat" and subsample == 0:
            return sums, indices, indptr
        both_stay = np.repeat(keep[rows], np.diff(indptr))
        both_stay *= keep[indices]
        return sums / scale * both_stay, indices, indptr

    first, *others = _runs(occurrences, reach, memory_mb * 10**6)
    data, indices, indptr = _append(map(count, [first, *others]), folder) if others else count(first)
    index = sparse.get_index_dtype(maxval=max(len(data), vocabulary_size))
    parts = (data, indices.astype(index, copy=False), indptr.astype(index))
    return sparse.csr_array(parts, shape=(vocabulary_size, vocabulary_size))


def _whole_weights(window: int, weighting: str, reach: int) -> tuple[np.ndarray, int]:
    """Return `scale` times the weights at the distances 1 to `reach`, which are whole numbers, and the scale.

    Sums of whole numbers are exact, in any order.
    """
    distances = np.arange(1, reach + 1)
    if weighting == "flat":
        return np.ones(reach, np.int64), 1
    if weighting == "dynamic":
        return window + 1 - distances, window
    scale = math.lcm(*range(1, min(reach, _EXACT_DISTANCES) + 1))
    return np.rint(scale / distances).astype(np.int64), scale


def _runs(occurrences: np.ndarray, reach: int, memory: int) -> Iterator[slice]:
    """Yield rows next to each other, as many as can be counted in `memory` bytes, but at least one."""
    columns = np.minimum(2 * reach * occurrences, len(occurrences))
    needs = np.cumsum(occurrences.itemsize * occurrences + _CELL_BYTES * columns)
    first, before = 0, 0
    while first < len(needs):
        last = max(first + 1, np.searchsorted(needs, before + memory, side="right"))
        yield slice(first, last)
        first, before = last, needs[last - 1]


def _append(parts: Iterable[tuple[np.ndarray, ...]], folder: str | Path | None) -> tuple[np.ndarray, ...]:
    """Return data, indices and indptr of CSR matrices one below the other, one at a time in memory."""
    lengths = [np.zeros(1, np.int64)]
    with tempfile.TemporaryFile(dir=folder) as values, tempfile.TemporaryFile(dir=folder) as columns:
        for data, indices, indptr in parts:
            data.tofile(values)
            indices.tofile(columns)
            lengths.append(np.diff(indptr))
            types = data.dtype, indices.dtype
        merged = []
        for file, dtype in zip((values, columns), types, strict=True):
            file.seek(0)
            merged.append(np.fromfile(file, dtype))
    return *merged, np.cumsum(np.concatenate(lengths))


def weight_ppmi(counts: sparse.csr_array, smoothing: float = 1.0, shift: float = 0.0) -> sparse.csr_array:
    """Weight counts by positive pointwise mutual information, in bits.

    PPMI(w, c) = max(0, log2(P(w, c) / (P(w) P'(c))) - shift), with P'(c) proportional to
    count(c) ** smoothing (Levy, Goldberg & Dagan 2015, section 3). Only cells that were counted can be
    positive, so the result is sparse.

    Parameters
    ----------
    counts : (V, C) csr_array
        Counts of words (rows) with contexts (columns).
    smoothing : float
        Exponent on the context distribution; 1 leaves it alone, 0.75 makes rare contexts less surprising.
    shift : float
        Bits taken off each cell: log2 of the number of negative samples that it stands for.

    Returns
    -------
    ppmi : (V, C) csr_array, float32
        Positive cells only.

    Raises
    ------
    LexloomError
        When a setting is out of range.
    """
    if not (0 < smoothing <= 1 and 0 <= shift < np.inf):
        raise LexloomError(
            f"smoothing: {smoothing}, shift: {shift}; expected smoothing above 0, up to 1, and shift from 0"
        )
    word_totals = counts.sum(axis=1, dtype=np.float64)
    context_totals = counts.sum(axis=0, dtype=np.float64) ** smoothing
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    expected = word_totals[rows] * (context_totals[counts.indices] / context_totals.sum())
    information = np.log2(counts.data / expected) - shift
    parts = (np.maximum(information, 0).astype(np.float32), counts.indices.copy(), counts.indptr.copy())
    ppmi = sparse.csr_array(parts, shape=counts.shape)
    ppmi.eliminate_zeros()
    return ppmi


def _check(ids: np.ndarray, vocabulary_size: int, window: int, weighting: str) -> None:
    if window < 1:
        raise LexloomError(f"window: {window}; expected at least 1 word on each side")
    if weighting not in WEIGHTINGS:
        raise LexloomError(f"weighting: {weighting!r}; it is one of {', '.join(WEIGHTINGS)}")
    if len(ids) < 2:
        raise LexloomError(
            f"counting pairs needs at least 2 words, the corpus has {len(ids)}; use a longer text"
        )
    if ids.min() < 0 or ids.max() >= vocabulary_size:
        raise LexloomError(
            f"word ids from {ids.min()} to {ids.max()}, but the vocabulary has {vocabulary_size} words; "
            "tokenize the corpus again"
        )
