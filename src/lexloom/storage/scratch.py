"""Arrays and sparse matrices in temporary files, for what may not fit into memory.

The files have no names. They disappear with the object, and when the program ends.
"""

import os
import tempfile
from bisect import bisect_right
from collections.abc import Iterable
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lexloom.storage.atomic_files import failures_named
from lexloom.storage.in_parts import InParts

if TYPE_CHECKING:
    from scipy import sparse


class ScratchArray(InParts):
    """An array of one dimension in a temporary file, to which pieces are appended.

    A piece of whole numbers from 0 on is stored in the smallest type that holds it.

    Parameters
    ----------
    dtype : dtype
        The type of what is read.
    folder : path, optional
        Where the file is created; by default the temporary folder of the system, which may be in memory.
    """

    def __init__(self, dtype: np.dtype | type, folder: str | Path | None = None):
        self.dtype = np.dtype(dtype)
        self._folder = folder or tempfile.gettempdir()
        with self._failures_named():
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._starts, self._end = [0], 0
        self._pieces: list[tuple[int, np.dtype]] = []

    @property
    def shape(self) -> tuple[int, ...]:
        """Its length."""
        return (self._starts[-1],)

    def append(self, values: np.ndarray) -> None:
        """Write values (N,) after those that are there.

        Raises
        ------
        LexloomError
            If they could not be written, as on a full disk.
        """
        if not len(values):
            return
        stored = np.ascontiguousarray(values, _smallest_type(values))
        with self._failures_named():
            self._file.write(stored.data)
            self._file.flush()
        self._pieces.append((self._end, stored.dtype))
        self._end += stored.nbytes
        self._starts.append(self._starts[-1] + len(values))

    def __getitem__(self, places: slice) -> np.ndarray:
        """Return the values (N,) at consecutive places."""
        start, stop, _ = places.indices(len(self))
        values = np.empty(max(0, stop - start), self.dtype)
        at = start
        for piece in range(bisect_right(self._starts, start) - 1, len(self._pieces)):
            if at >= stop:
                break
            end = min(stop, self._starts[piece + 1])
            values[at - start : end - start] = self._read(piece, at - self._starts[piece], end - at)
            at = end
        return values

    def _read(self, piece: int, start: int, count: int) -> np.ndarray:
        place, dtype = self._pieces[piece]
        values = np.empty(count, dtype)
        left, place = values.view(np.uint8).data, place + start * dtype.itemsize
        while left:
            size = os.preadv(self._file.fileno(), [left], place)
            left, place = left[size:], place + size
        return values

    def _failures_named(self) -> AbstractContextManager[None]:
        return failures_named(f"a temporary file in {self._folder}")


class ScratchMatrix:
    """A sparse matrix in compressed rows, in temporary files; called with a slice of its rows, it reads them.

    Parameters
    ----------
    runs : iterable of csr_array
        The rows, some at a time, all with the same columns and type.
    folder : path, optional
        As in `ScratchArray`.

    Attributes
    ----------
    shape : tuple of int
    data, indices : ScratchArray
    indptr : array
        As in `scipy.sparse.csr_array`.
    """

    def __init__(self, runs: "Iterable[sparse.csr_array]", folder: str | Path | None = None):
        lengths = [np.zeros(1, np.int64)]
        for run in runs:
            if len(lengths) == 1:
                self.data = ScratchArray(run.data.dtype, folder)
                self.indices = ScratchArray(np.int32, folder)
            self.data.append(run.data)
            self.indices.append(run.indices)
            lengths.append(np.diff(run.indptr))
            columns = run.shape[1]
        starts = np.cumsum(np.concatenate(lengths))
        self.shape = len(starts) - 1, columns
        largest = max(len(self.data), *self.shape)
        self.indptr = starts.astype(np.int64 if largest > np.iinfo(np.int32).max else np.int32)

    @property
    def lengths(self) -> np.ndarray:
        """How many cells each row (M,) has."""
        return np.diff(self.indptr)

    def __call__(self, rows: slice) -> "sparse.csr_array":
        """Return rows (R, N) of the matrix."""
        from scipy import sparse  # takes long to load, and few programs need it

        first, last, _ = rows.indices(self.shape[0])
        starts = self.indptr[first : last + 1]
        cells = slice(int(starts[0]), int(starts[-1]))
        parts = self.data[cells], self.indices[cells], starts - starts[0]
        return sparse.csr_array(parts, shape=(len(starts) - 1, self.shape[1]))

    def tocsr(self) -> "sparse.csr_array":
        """Return the whole matrix, in memory."""
        return self(slice(None))


def stacked(
    runs: "Iterable[sparse.csr_array]", folder: str | Path | None = None
) -> "sparse.csr_array | ScratchMatrix":
    """Return a matrix of which some rows come at a time; if they all come at once, it stays in memory."""
    coming = iter(runs)
    first, second = next(coming), next(coming, None)
    return first if second is None else ScratchMatrix(chain([first, second], coming), folder)


def _smallest_type(values: np.ndarray) -> np.dtype:
    """Return the type in which to store values: of whole numbers from 0 on, the smallest that holds them."""
    if values.dtype.kind not in "iu" or values.min() < 0:
        return values.dtype
    return np.min_scalar_type(values.max())
