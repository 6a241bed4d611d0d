"""Co-occurrence counts: how often two words occur near each other.

Windows run across the ends of sentences; a sentence end counts as a word.

The matrix is counted in runs of consecutive rows, each small enough for the memory allowed. If there is more
than one run, finished runs are written to temporary files. They are sorted and do not overlap, so they are
merged by appending.

A long text can be counted in shards, each by a separate job. Shards are added up run by run as well.
"""

import math
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from lexloom.corpus.subsampling import keep_probabilities
from lexloom.errors import LexloomError
from lexloom.kernels.counting import counting
from lexloom.settings.counts import Counts, Pairs, Weighting
from lexloom.settings.mistakes import checked
from lexloom.storage.atomic_files import failures_named

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Data, indices and indptr of some rows of a CSR matrix."""

_DEFAULTS = Counts()

_EXACT_DISTANCES = 20  # up to here, weights 1/d are whole multiples of one fraction
# Peak bytes per nonzero cell, all copies included.
_CELL_BYTES = 60


def count_cooccurrences(
    ids: np.ndarray,
    vocabulary_size: int,
    window: int,
    weighting: Weighting = _DEFAULTS.weighting,
    subsample: float = _DEFAULTS.subsample,
    memory_mb: int = _DEFAULTS.memory_mb,
    folder: str | Path | None = None,
) -> sparse.csr_array:
    """Count each pair of words at most `window` positions apart.

    Word2vec draws the size of each window and drops frequent words at random. Here nothing is drawn: each
    pair counts its expected value (Levy, Goldberg & Dagan 2015, section 3.1).

    Parameters
    ----------
    ids : (N,) int array
        The text as word ids, each from 0 to V - 1. Windows are cut only at the two ends of the text.
    vocabulary_size : int
        V.
    window : int
        Words on each side, at least 1.
    weighting : {"flat", "distance", "dynamic"}
        What a pair at distance d counts: 1; 1/d; or (window - d + 1) / window, the proportion of window sizes
        from 1 to `window` that include the pair.
    subsample : float
        The threshold of `keep_probabilities`; 0 keeps all words. The count of a pair is multiplied by the
        probability that both words are kept. A dropped word leaves a gap: windows do not grow to make up
        for it.
    memory_mb : int
        Megabytes for counting, not including the result, one and a half copies of the text, and a row of
        counts for each thread. With less memory, more goes through temporary files. The result does not
        depend on it.
    folder : path, optional
        Where temporary files are created. They have no names and disappear when the program ends. By default
        the temporary folder of the system, which may be in memory.

    Returns
    -------
    counts : (V, V) csr_array, int64 (flat without subsampling) or float64
        Symmetric to the last bit, with ascending columns in each row. Flat counts are exact. Other sums are
        exact up to the rounding of the result, except that 1/d in a window above 20 is first rounded to a
        multiple of 1/232792560.

    Raises
    ------
    LexloomError
        If the text has fewer than two words, an id is not in the vocabulary, or a setting is out of range.
    OSError
        If the folder is missing or full.
    """
    _check(ids, vocabulary_size)
    occurrences = np.bincount(ids, minlength=vocabulary_size)
    weights, _ = _whole_weights(window, weighting, len(ids))
    weigh = _weigher(occurrences, window, weighting, subsample, len(ids))
    kernels = counting.of(ids)

    def count(rows: slice) -> Rows:
        return weigh(rows, kernels.count_cooccurrences(ids, vocabulary_size, weights, rows))

    return _stack(count, _needs(occurrences, len(weights)), memory_mb, folder)


def count_shard(
    ids: np.ndarray,
    vocabulary_size: int,
    window: int,
    weighting: Weighting,
    shard: int,
    shards: int,
    memory_mb: int = _DEFAULTS.memory_mb,
    folder: str | Path | None = None,
) -> sparse.csr_array:
    """Count the pairs whose first word is in one of several equal parts of the text, for `add_shards`.

    The second word may be outside that part. Each ordered pair is counted in exactly one shard.

    Parameters
    ----------
    ids, vocabulary_size, window, weighting, memory_mb, folder
        As in `count_cooccurrences`.
    shard, shards : int
        The number of the part, from 1, and the number of parts.

    Returns
    -------
    sums : (V, V) csr_array, int64
        Sums of weights that were scaled to whole numbers, so that adding shards is exact.

    Raises
    ------
    LexloomError
        As `count_cooccurrences` does, and if the shard does not exist.
    """
    _check(ids, vocabulary_size)
    if not 1 <= shard <= shards:
        raise LexloomError(f"shard: {shard} of {shards}; expected a number from 1 to {shards}")
    weights, _ = _whole_weights(window, weighting, len(ids))
    begin, end = len(ids) * (shard - 1) // shards, len(ids) * shard // shards
    start = max(0, begin - len(weights))
    seen, places = ids[start : end + len(weights)], slice(begin - start, end - start)
    kernels = counting.of(ids)

    def count(rows: slice) -> Rows:
        return kernels.count_cooccurrences(seen, vocabulary_size, weights, rows, places)

    occurrences = np.bincount(ids[begin:end], minlength=vocabulary_size)
    return _stack(count, _needs(occurrences, len(weights)), memory_mb, folder)


def add_shards(
    shards: Sequence[Callable[[slice], sparse.csr_array]],
    lengths: np.ndarray,
    occurrences: np.ndarray,
    window: int,
    weighting: Weighting,
    subsample: float,
    memory_mb: int = _DEFAULTS.memory_mb,
    folder: str | Path | None = None,
) -> sparse.csr_array:
    """Add up all shards of a text; the result equals that of `count_cooccurrences` to the bit.

    Parameters
    ----------
    shards : sequence of callables
        Each returns a slice of the rows that `count_shard` counted, with the same window and weighting.
    lengths : (V,) int array
        The number of cells of each row, added over the shards.
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
    """Return the weight at each distance, scaled to a whole number, and the scale.

    Sums of whole numbers are exact in any order.

    Raises
    ------
    LexloomError
        If a text of this length could have sums that are too large for int64.
    """
    checked(Pairs, {"window": window, "weighting": weighting})
    distances = np.arange(1, min(window, length - 1) + 1)
    if weighting == "flat":
        weights, scale = np.ones_like(distances), 1
    elif weighting == "dynamic":
        weights, scale = window + 1 - distances, window
    else:
        scale = math.lcm(*range(1, min(len(distances), _EXACT_DISTANCES) + 1))
        weights = np.rint(scale / distances).astype(np.int64)
    longest = np.iinfo(np.int64).max // (2 * int(weights.sum()))  # where all words are the same
    if length > longest:
        raise LexloomError(
            f"weighting {weighting} with a window of {window} counts texts of at most {longest:,} words, and "
            f"this has {length:,}; set weighting to dynamic or flat, or a smaller window"
        )
    return weights, scale


def _weigher(
    occurrences: np.ndarray, window: int, weighting: str, subsample: float, length: int
) -> Callable[[slice, Rows], Rows]:
    """Return a function that turns rows of whole sums into counts."""
    _, scale = _whole_weights(window, weighting, length)
    keep = keep_probabilities(occurrences, subsample)

    def weigh(rows: slice, sums: Rows) -> Rows:
        data, indices, indptr = sums
        if weighting == "flat" and subsample == 0:
            return sums
        both_kept = np.repeat(keep[rows], np.diff(indptr))
        both_kept *= keep[indices]
        return data / scale * both_kept, indices, indptr

    return weigh


def _needs(occurrences: np.ndarray, reach: int) -> np.ndarray:
    """Return the most bytes that counting each row can take."""
    columns = np.minimum(2 * reach * occurrences, len(occurrences))
    return occurrences.itemsize * occurrences + _CELL_BYTES * columns


def _stack(
    make: Callable[[slice], Rows], needs: np.ndarray, memory_mb: int, folder: str | Path | None
) -> sparse.csr_array:
    """Return a square matrix, made in runs of rows that fit into memory; `needs` is the bytes of each row."""
    size = len(needs)
    first, *others = _runs(needs, memory_mb * 10**6)
    data, indices, indptr = _append(map(make, [first, *others]), folder) if others else make(first)
    index = sparse.get_index_dtype(maxval=max(len(data), size))
    parts = (data, indices.astype(index, copy=False), indptr.astype(index))
    return sparse.csr_array(parts, shape=(size, size))


def _runs(needs: np.ndarray, memory: int) -> Iterator[slice]:
    """Yield slices of consecutive rows: as many as fit into `memory` bytes, but at least one."""
    needs = np.cumsum(needs)
    first, before = 0, 0
    while first < len(needs):
        last = max(first + 1, int(np.searchsorted(needs, before + memory, side="right")))
        yield slice(first, last)
        first, before = last, needs[last - 1]


def _append(parts: Iterable[Rows], folder: str | Path | None) -> Rows:
    """Return data, indices and indptr of CSR matrices stacked vertically, with one at a time in memory."""
    lengths = [np.zeros(1, np.int64)]
    with (
        failures_named(f"a temporary file in {folder or tempfile.gettempdir()}"),
        tempfile.TemporaryFile(dir=folder) as values,
        tempfile.TemporaryFile(dir=folder) as columns,
    ):
        for data, indices, indptr in parts:
            data.tofile(values)
            indices.tofile(columns)
            lengths.append(np.diff(indptr))
            types = data.dtype, indices.dtype
        values.seek(0)
        columns.seek(0)
        data, indices = np.fromfile(values, types[0]), np.fromfile(columns, types[1])
    return data, indices, np.cumsum(np.concatenate(lengths))


def _check(ids: np.ndarray, vocabulary_size: int) -> None:
    if len(ids) < 2:
        raise LexloomError(
            f"counting pairs needs at least 2 words, the corpus has {len(ids)}; use a longer text"
        )
    if ids.min() < 0 or ids.max() >= vocabulary_size:
        raise LexloomError(
            f"word ids from {ids.min()} to {ids.max()}, but the vocabulary has {vocabulary_size} words; "
            "tokenize the corpus again"
        )
