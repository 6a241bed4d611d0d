"""Co-occurrence counts: how often two words stand near each other.

Counts run over the stream of ids, across the ends of sentences: the word that marks an end is a word like
others.

Counting goes through the rows of the matrix in runs that fit into a given memory. Where one run is not all,
each goes to temporary files when it is done: runs are sorted and do not overlap, so merging is appending.

A long text may be counted in shards, by jobs of their own, which are added up in the same way.
"""

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from lexloom.corpus.subsampling import keep_probabilities
from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Data, indices and indptr of some rows of a matrix in CSR form."""

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
    weights, _ = _whole_weights(window, weighting, len(ids))
    weigh = _weigher(occurrences, window, weighting, subsample, len(ids))
    kernels = backend_of(ids).kernels

    def count(rows: slice) -> Rows:
        return weigh(rows, kernels.count_cooccurrences(ids, vocabulary_size, weights, rows))

    return _stack(count, _needs(occurrences, len(weights)), memory_mb, folder)


def count_shard(
    ids: np.ndarray,
    vocabulary_size: int,
    window: int,
    weighting: str,
    shard: int,
    shards: int,
    memory_mb: int = 1000,
    folder: str | Path | None = None,
) -> sparse.csr_array:
    """Count the pairs whose first word stands in one of equal parts of the text, for `add_shards`.

    The second word may stand beyond: each pair is counted in one shard, from either side.

    Parameters
    ----------
    ids, vocabulary_size, window, weighting, memory_mb, folder
        As in `count_cooccurrences`.
    shard, shards : int
        Which part, from 1, of how many.

    Returns
    -------
    sums : (V, V) csr_array, int64
        Of weights that are multiplied to be whole numbers: sums of shards are exact.

    Raises
    ------
    LexloomError
        As `count_cooccurrences`, and when there is no such shard.
    """
    _check(ids, vocabulary_size, window, weighting)
    if not 1 <= shard <= shards:
        raise LexloomError(f"shard: {shard} of {shards}; expected a number from 1 to {shards}")
    weights, _ = _whole_weights(window, weighting, len(ids))
    begin, end = len(ids) * (shard - 1) // shards, len(ids) * shard // shards
    start = max(0, begin - len(weights))
    seen, places = ids[start : end + len(weights)], slice(begin - start, end - start)
    kernels = backend_of(ids).kernels

    def count(rows: slice) -> Rows:
        return kernels.count_cooccurrences(seen, vocabulary_size, weights, rows, places)

    occurrences = np.bincount(ids[begin:end], minlength=vocabulary_size)
    return _stack(count, _needs(occurrences, len(weights)), memory_mb, folder)


def add_shards(
    shards: Sequence[Callable[[slice], sparse.csr_array]],
    lengths: np.ndarray,
    occurrences: np.ndarray,
    window: int,
    weighting: str,
    subsample: float = 0.0,
    memory_mb: int = 1000,
    folder: str | Path | None = None,
) -> sparse.csr_array:
    """Return what `count_cooccurrences` counts in a text, to the bit, from all its shards.

    Parameters
    ----------
    shards : sequence of callables
        Each returns some rows of what `count_shard` returned for the same window and weighting.
    lengths : (V,) int array
        How many cells each row has in all shards together.
    occurrences : (V,) int array
        How often each word occurs in the text.
    window, weighting, subsample, memory_mb, folder
        As in `count_cooccurrences`.
    """
    weigh = _weigher(occurrences, window, weighting, subsample, occurrences.sum())

    def add(rows: slice) -> Rows:
        first, *others = shards
        sums = first(rows)
        for other in others:
            sums = sums + other(rows)
        return weigh(rows, (sums.data, sums.indices.astype(np.int32, copy=False), sums.indptr))

    return _stack(add, _CELL_BYTES * lengths, memory_mb, folder)


def _whole_weights(window: int, weighting: str, length: int) -> tuple[np.ndarray, int]:
    """Return `scale` times the weights at all distances in a text, which are whole numbers, and the scale.

    Sums of whole numbers are exact, in any order.
    """
    distances = np.arange(1, min(window, length - 1) + 1)
    if weighting == "flat":
        return np.ones_like(distances), 1
    if weighting == "dynamic":
        return window + 1 - distances, window
    scale = math.lcm(*range(1, min(len(distances), _EXACT_DISTANCES) + 1))
    return np.rint(scale / distances).astype(np.int64), scale


def _weigher(
    occurrences: np.ndarray, window: int, weighting: str, subsample: float, length: int
) -> Callable[[slice, Rows], Rows]:
    """Return a function that makes counts of some rows of sums of whole weights."""
    _, scale = _whole_weights(window, weighting, length)
    keep = keep_probabilities(occurrences, subsample)

    def weigh(rows: slice, sums: Rows) -> Rows:
        data, indices, indptr = sums
        if weighting == "flat" and subsample == 0:
            return sums
        both_stay = np.repeat(keep[rows], np.diff(indptr))
        both_stay *= keep[indices]
        return data / scale * both_stay, indices, indptr

    return weigh


def _needs(occurrences: np.ndarray, reach: int) -> np.ndarray:
    """Return how many bytes it takes at most to count each row."""
    columns = np.minimum(2 * reach * occurrences, len(occurrences))
    return occurrences.itemsize * occurrences + _CELL_BYTES * columns


def _stack(
    make: Callable[[slice], Rows], needs: np.ndarray, memory_mb: int, folder: str | Path | None
) -> sparse.csr_array:
    """Return a square matrix whose rows are made in runs that fit into memory, by what each row needs."""
    size = len(needs)
    first, *others = _runs(needs, memory_mb * 10**6)
    data, indices, indptr = _append(map(make, [first, *others]), folder) if others else make(first)
    index = sparse.get_index_dtype(maxval=max(len(data), size))
    parts = (data, indices.astype(index, copy=False), indptr.astype(index))
    return sparse.csr_array(parts, shape=(size, size))


def _runs(needs: np.ndarray, memory: int) -> Iterator[slice]:
    """Yield rows next to each other, as many as fit into `memory` bytes by their needs, but at least one."""
    needs = np.cumsum(needs)
    first, before = 0, 0
    while first < len(needs):
        last = max(first + 1, np.searchsorted(needs, before + memory, side="right"))
        yield slice(first, last)
        first, before = last, needs[last - 1]


def _append(parts: Iterable[Rows], folder: str | Path | None) -> Rows:
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
