"""Counted word vectors with every combination of settings, to see which settings matter."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.settings.counts import Counting
from lexloom.settings.grids import combinations
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.svd import Svd
from lexloom.settings.sweep import SWEPT
from lexloom.training.randomness import random_stream
from lexloom.vectors.cooccurrence import count_cooccurrences
from lexloom.vectors.ppmi import weight_ppmi
from lexloom.vectors.svd import truncated_svd, word_vectors

COUNTING, WEIGHTING, SCALING = (
    tuple(name for name, group in SWEPT.items() if group is stage) for stage in (Counting, Ppmi, Svd)
)

Settings = dict[str, Any]


def factorizations(grid: Mapping[str, Sequence]) -> int:
    """Return the number of matrices that `sweep_counted_vectors` factorizes."""
    return int(np.prod([len(grid[name]) for name in (*COUNTING, *WEIGHTING)]))


def sweep_counted_vectors(
    ids: np.ndarray,
    vocabulary_size: int,
    grid: Mapping[str, Sequence],
    dimension: int,
    seed: int,
    factorized: Callable[[], None] = lambda: None,
) -> Iterator[tuple[Settings, np.ndarray]]:
    """Yield each combination of settings with its vectors, which equal those of the separate stages.

    Combinations with the same settings of counting share the counts. Combinations that differ only in
    `SCALING` share the factorization.

    Parameters
    ----------
    ids : (N,) int array
        The text as word ids, each from 0 to V - 1.
    vocabulary_size : int
        V.
    grid : mapping of str to sequence
        The values to try of each of `SWEPT`, see `count_cooccurrences`, `weight_ppmi` and `word_vectors`.
    dimension : int
        D, the size of a vector.
    seed : int
    factorized : callable
        Called after each factorization.

    Yields
    ------
    settings : dict
    vectors : (V, D) float32 array

    Raises
    ------
    LexloomError
        If a matrix cannot be factorized; the message names the settings that made it.
    """
    for counting in combinations(grid, COUNTING):
        counts = count_cooccurrences(ids, vocabulary_size, **counting)
        for weighting in combinations(grid, WEIGHTING):
            ppmi = weight_ppmi(counts, **weighting)
            try:
                factors = truncated_svd(ppmi, dimension, random_stream(seed, "svd"))
            except LexloomError as error:
                settings = ", ".join(f"{name} {value}" for name, value in (counting | weighting).items())
                raise LexloomError(f"with {settings}: {error}") from error
            factorized()
            for scaling in combinations(grid, SCALING):
                yield counting | weighting | scaling, word_vectors(*factors, **scaling).astype(np.float32)
