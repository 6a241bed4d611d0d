"""Co-occurrence counts: how often two words occur near each other.

Windows run across the ends of sentences; a sentence end counts as a word.

The matrix is counted in runs of consecutive rows, each small enough for the memory allowed, and the next one
is counted when something has been done with it. A text that is too long for the memory is counted in pieces,
whose sums are kept in temporary files and added up run by run.

A long text can also be counted in shards, each by a separate job. They are added up in the same way.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy import sparse

from lexloom.corpus.subsampling import keep_probabilities
from lexloom.errors import LexloomError
from lexloom.kernels.counting import counting
from lexloom.kernels.tiles import runs
from lexloom.settings.counts import Counts, Pairs, Weighting
from lexloom.settings.mistakes import checked
from lexloom.storage.in_parts import InParts
from lexloom.storage.scratch import ScratchMatrix, stacked

Run = tuple[slice, sparse.csr_array]
"""Some rows of a matrix, and which they are."""
Advance = Callable[[int], object]


def _unnoticed(words: int) -> None:
    pass


_DEFAULTS = Counts()

_EXACT_DISTANCES = 20  # up to here, weights 1/d are whole multiples of one fraction
# Peak bytes per nonzero cell, and per word of a text, all copies included.
_CELL_BYTES = 60
_TOKEN_BYTES = 8
_TEXT_SHARE = 0.25  # of the memory, at most
_BLOCK = 1 << 22  # words of a text that are looked at together


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
    ids : (N,) int array or InParts
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
        Megabytes for counting, not including the result and a row of counts for each thread. With less
        memory, more goes through temporary files. The result does not depend on it.
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
    rows = count_runs(ids, vocabulary_size, window, weighting, subsample, memory_mb, folder)
    return stacked(rows, folder).tocsr()


def count_runs(
    ids: np.ndarray | InParts,
    vocabulary_size: int,
    window: int,
    weighting: Weighting,
    subsample: float,
    memory_mb: int,
    folder: str | Path | None = None,
    advance: Advance = _unnoticed,
) -> Iterator[sparse.csr_array]:
    """Yield the rows of `count_cooccurrences`, as many at a time as fit into memory.

    Parameters
    ----------
    ids, vocabulary_size, window, weighting, subsample, memory_mb, folder
        As in `count_cooccurrences`. Of `ids` in parts, no more is in memory than memory_mb allows.
    advance : callable
        Called with the number of words of the text of which the rows were counted.
    """
    occurrences = _occurrences(ids, vocabulary_size)
    weights, _ = _whole_weights(window, weighting, len(ids))
    weigh = _weigher(occurrences, window, weighting, subsample, len(ids))
    return weigh(_sums(ids, range(len(ids)), vocabulary_size, weights, memory_mb, folder, advance))


def shard_runs(
    ids: np.ndarray | InParts,
    vocabulary_size: int,
    window: int,
    weighting: Weighting,
    shard: int,
    shards: int,
    memory_mb: int = _DEFAULTS.memory_mb,
    folder: str | Path | None = None,
    advance: Advance = _unnoticed,
) -> Iterator[sparse.csr_array]:
    """Count the pairs whose first word is in one of several equal parts of the text, for `add_shards`.

    The second word may be outside that part. Each ordered pair is counted in exactly one shard.

    Parameters
    ----------
    ids, vocabulary_size, window, weighting, memory_mb, folder, advance
        As in `count_runs`. Of the text, no more is read than the shard needs.
    shard, shards : int
        The number of the part, from 1, and the number of parts.

    Returns
    -------
    sums : iterator of csr_arrays, int64
        Rows of sums of weights that were scaled to whole numbers, so that adding shards is exact.

    Raises
    ------
    LexloomError
        As `count_cooccurrences` does, and if the shard does not exist.
    """
    if not 1 <= shard <= shards:
        raise LexloomError(f"shard: {shard} of {shards}; expected a number from 1 to {shards}")
    _check_length(ids)
    weights, _ = _whole_weights(window, weighting, len(ids))
    part = range(len(ids) * (shard - 1) // shards, len(ids) * shard // shards)
    sums = _sums(ids, part, vocabulary_size, weights, memory_mb, folder, advance)
    return (matrix for _, matrix in sums)


def add_shards(
    shards: Sequence[Callable[[slice], sparse.csr_array]],
    lengths: np.ndarray,
    occurrences: np.ndarray,
    window: int,
    weighting: Weighting,
    subsample: float,
    memory_mb: int = _DEFAULTS.memory_mb,
) -> Iterator[sparse.csr_array]:
    """Add up all shards of a text; the rows equal those of `count_runs` to the bit.

    Parameters
    ----------
    shards : sequence of callables
        Each returns a slice of the rows that `shard_runs` counted, with the same window and weighting.
    lengths : (V,) int array
        The number of cells of each row, added over the shards.
    occurrences : (V,) int array
        How often each word occurs in the text.
    window, weighting, subsample, memory_mb
        As in `count_cooccurrences`.
    """
    weigh = _weigher(occurrences, window, weighting, subsample, int(occurrences.sum()))
    return weigh(_added(shards, lengths, memory_mb * 10**6))


def _sums(
    ids: np.ndarray | InParts,
    part: range,
    size: int,
    weights: np.ndarray,
    memory_mb: int,
    folder: str | Path | None,
    advance: Advance,
) -> Iterator[Run]:
    """Yield the whole sums of the words in a part of the text, in runs of rows.

    If the text takes too much of the memory, it is counted piece by piece, and the pieces are added up.
    """
    memory = memory_mb * 10**6
    most = max(1, int(_TEXT_SHARE * memory) // _TOKEN_BYTES)
    count = max(1, -(-len(part) // most))
    pieces = [part[len(part) * k // count : len(part) * (k + 1) // count] for k in range(count)]
    memory -= _TOKEN_BYTES * min(most, len(part))
    sums = [_piece_sums(ids, piece, size, weights, memory, advance) for piece in pieces]
    if count == 1:
        yield from sums[0]
        return
    shards = [ScratchMatrix((matrix for _, matrix in each), folder) for each in sums]
    yield from _added(shards, np.sum([shard.lengths for shard in shards], axis=0), memory)


def _piece_sums(
    ids: np.ndarray | InParts, piece: range, size: int, weights: np.ndarray, memory: int, advance: Advance
) -> Iterator[Run]:
    start = max(0, piece.start - len(weights))
    seen = ids[start : piece.stop + len(weights)]
    places = slice(piece.start - start, piece.stop - start)
    _check_ids(seen, size)
    kernels = counting.of(seen)
    occurrences = np.bincount(seen[places], minlength=size)
    for rows in runs(_needs(occurrences, len(weights)), memory):
        yield rows, _matrix(kernels.count_cooccurrences(seen, size, weights, rows, places), size)
        advance(int(occurrences[rows].sum()))


def _added(
    shards: Sequence[Callable[[slice], sparse.csr_array]], lengths: np.ndarray, memory: int
) -> Iterator[Run]:
    """Yield the sum of matrices, in runs of rows; `lengths` are the cells of each row in all of them."""
    for rows in runs(_CELL_BYTES * lengths.astype(np.int64), memory):
        sums = [shard(rows) for shard in shards]
        while len(sums) > 1:  # in pairs, since the sum of all before takes longer to add to than one
            sums = [sum(sums[k + 1 : k + 2], sums[k]) for k in range(0, len(sums), 2)]
        yield rows, sums[0]


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
) -> Callable[[Iterator[Run]], Iterator[sparse.csr_array]]:
    """Return a function that turns runs of whole sums into counts."""
    _, scale = _whole_weights(window, weighting, length)
    keep = keep_probabilities(occurrences, subsample)

    def weigh(counted: Iterator[Run]) -> Iterator[sparse.csr_array]:
        for rows, sums in counted:
            if weighting != "flat" or subsample != 0:
                both_kept = np.repeat(keep[rows], np.diff(sums.indptr))
                both_kept *= keep[sums.indices]
                sums.data = sums.data / scale * both_kept
            yield sums

    return weigh


def _needs(occurrences: np.ndarray, reach: int) -> np.ndarray:
    """Return the most bytes that counting each row can take."""
    columns = np.minimum(2 * reach * occurrences, len(occurrences))
    return occurrences.itemsize * occurrences + _CELL_BYTES * columns


def _matrix(rows: tuple[np.ndarray, np.ndarray, np.ndarray], columns: int) -> sparse.csr_array:
    data, indices, indptr = rows
    index = sparse.get_index_dtype(maxval=max(len(data), columns))
    parts = data, indices.astype(index, copy=False), indptr.astype(index)
    return sparse.csr_array(parts, shape=(len(indptr) - 1, columns))


def _occurrences(ids: np.ndarray | InParts, size: int) -> np.ndarray:
    """Return how often each word (V,) occurs in a text."""
    _check_length(ids)
    occurrences = np.zeros(size, np.int64)
    for start in range(0, len(ids), _BLOCK):
        block = ids[start : start + _BLOCK]
        _check_ids(block, size)
        occurrences += np.bincount(block, minlength=size)
    return occurrences


def _check_length(ids: np.ndarray | InParts) -> None:
    if len(ids) < 2:
        raise LexloomError(
            f"counting pairs needs at least 2 words, the corpus has {len(ids)}; use a longer text"
        )


def _check_ids(ids: np.ndarray, size: int) -> None:
    if len(ids) and (ids.min() < 0 or ids.max() >= size):
        raise LexloomError(
            f"word ids from {ids.min()} to {ids.max()}, but the vocabulary has {size} words; "
            "tokenize the corpus again"
        )
