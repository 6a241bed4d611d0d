"""Batches for the kernels of CBOW and skip-gram, and a comparison of two results."""

from typing import Any

import numpy as np

KERNELS = ("cbow", "skip_gram")
# Words, dimension, window, blocks, positions in a block, samples.
SHAPES = ((9, 4, 2, 2, 2, 3), (50, 40, 5, 3, 64, 70), (30, 33, 3, 2, 40, 5))


def batch(words: int, dimension: int, window: int, blocks: int, block: int, samples: int) -> tuple[Any, ...]:
    """Return arguments of a kernel, float32, with repeated and absent ids."""
    rng = np.random.default_rng(0)
    positions = blocks * block
    return (
        *rng.normal(size=(2, words, dimension)).astype(np.float32),
        rng.integers(-1, words, positions + 2 * window, np.int32),
        rng.integers(1, window + 1, positions, np.int32),
        rng.integers(0, words, (blocks, samples), np.int32),
        0.3,
    )


def assert_same(result: Any, expected: Any, words: int) -> None:
    """Compare the loss and the row gradients of a kernel, summed and on the host, with the reference's."""
    np.testing.assert_allclose(result[0], expected[0], rtol=1e-5)
    assert result[0].dtype == np.float64
    for (rows, sums), reference_rows in zip(result[1:], expected[1:], strict=True):
        assert sums.dtype == np.float32
        rows, sums = rows[rows >= 0], sums[rows >= 0]
        assert (np.diff(rows) > 0).all()
        dense = np.zeros((2, words, sums.shape[1]))
        dense[0][rows] = sums
        dense[1][reference_rows[0]] = reference_rows[1]
        np.testing.assert_allclose(*dense, rtol=1e-5, atol=1e-5)
