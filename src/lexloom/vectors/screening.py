"""A coarse copy of word vectors, which tells which few of them can be nearest to a query.

Most of a query's time goes into reading all vectors. The copy has one byte for each entry::

    row = step codes + rest        codes: integers from -127 to 127; |rest| <= step / 2 in each entry

The query's product with the codes bounds its product with the row from both sides, because its product with
the rest is at most half a step times the sum of its magnitudes. Then only the rows that can be among the
nearest are read.
"""

import math

import numpy as np

from lexloom.kernels.screening import screening

_ROW_LEVELS = np.iinfo(np.int8).max
_QUERY_LEVELS = np.iinfo(np.int16).max
_LARGEST_SUM = np.iinfo(np.int32).max
_TILE = 4096
_SIDE_BY_SIDE = 16


class Screen:
    """A coarse copy of vectors.

    Parameters
    ----------
    rows : (V, D) float array
        Vectors of length one, or of zeros.
    """

    def __init__(self, rows: np.ndarray):
        self._size = len(rows)
        coded = [_coded(rows[start : start + _TILE], _ROW_LEVELS) for start in range(0, self._size, _TILE)]
        self._codes = np.concatenate([_side_by_side(codes.astype(np.int8)) for codes, _ in coded])
        self._steps = np.zeros(self._codes.shape[::2], np.float32)
        self._steps.ravel()[: self._size] = np.concatenate([steps for _, steps in coded])

    def bounds(self, query: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the least and the largest values (V,) that the cosines with a query can have.

        Parameters
        ----------
        query : (D,) float array
            A vector of length one.
        """
        dimensions = len(query)
        levels = min(_QUERY_LEVELS, _LARGEST_SUM // (_ROW_LEVELS * dimensions))
        codes, (step,) = _coded(query[None].astype(np.float32), levels)
        paired = np.zeros(dimensions + dimensions % 2, np.int16)
        paired[:dimensions] = codes
        # The magnitudes of a vector of length one add up to at most the root of its dimensions.
        query_rest = step / 2 * math.sqrt(dimensions)
        rounding = 2 * dimensions * np.finfo(np.float32).eps
        least, largest = screening.of(paired).cosine_bounds(
            self._codes,
            self._steps,
            paired.reshape(-1, 2),
            query_step=step,
            slope=np.abs(query).sum() / 2,
            offset=query_rest + rounding,
        )
        return least.ravel()[: self._size], largest.ravel()[: self._size]


def _side_by_side(codes: np.ndarray) -> np.ndarray:
    """Return codes (V, D) as blocks of rows side by side, in pairs of entries, padded with zeros."""
    rows, dimensions = codes.shape
    padded = np.pad(codes, ((0, -rows % _SIDE_BY_SIDE), (0, dimensions % 2)))
    blocks = padded.reshape(-1, _SIDE_BY_SIDE, padded.shape[1] // 2, 2)
    return np.ascontiguousarray(blocks.swapaxes(1, 2))


def _coded(rows: np.ndarray, levels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return rows as whole numbers from -levels to levels, and each row's step between them."""
    steps = np.abs(rows).max(axis=1) / levels
    return np.rint(np.divide(rows, steps[:, None], out=np.zeros_like(rows), where=steps[:, None] > 0)), steps
