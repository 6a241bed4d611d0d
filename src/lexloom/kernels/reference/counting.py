"""Co-occurrence counts, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module


class Reference:
    """Co-occurrence counts."""

    def count_cooccurrences(
        self, ids: Any, size: int, weights: Any, rows: slice = slice(None), places: slice = slice(None)
    ) -> tuple[Any, Any, Any]:
        """Count co-occurring words: a pair of words at distance d adds `weights[d - 1]`.

        Parameters
        ----------
        ids : (N,) int array
            The text as word ids, from 0 to size - 1.
        size : int
            Number of words in the vocabulary.
        weights : (W,) int64 array
            Positive; W is the size of the window.
        rows : slice
            Range of the words whose rows are returned.
        places : slice
            Range of the text. Only pairs whose first word, that of the row, is in this range count.

        Returns
        -------
        data (int64), indices, indptr : arrays
            These rows of a (size, size) matrix in CSR form, with ascending columns. The whole matrix is
            symmetric if all places count.
        """
        xp = array_module(ids)
        inside = xp.zeros(len(ids), xp.int64)
        inside[places] = 1
        counts = xp.zeros((size, size), xp.int64)
        for distance, weight in enumerate(weights, start=1):
            left, right = ids[:-distance], ids[distance:]
            xp.add.at(counts, (left, right), weight * inside[:-distance])
            xp.add.at(counts, (right, left), weight * inside[distance:])
        counts = counts[rows]
        cells, columns = xp.nonzero(counts)
        return counts[cells, columns], columns, xp.searchsorted(cells, xp.arange(len(counts) + 1))
