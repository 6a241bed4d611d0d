"""Rows of arrays and sparse matrices in artifacts, read when asked for: all may not fit into memory."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import numpy as np

from lexloom.storage.in_parts import InParts
from lexloom.storage.stored_artifacts import Rows, Slices

if TYPE_CHECKING:
    from scipy import sparse

Refusing = Callable[[], AbstractContextManager[None]]


class StoredArray(InParts):
    """An array in a file that is open.

    Parameters
    ----------
    slices : Slices
    refusing : callable
        Returns the context in which to read, that names the file in errors.
    """

    def __init__(self, slices: Slices, refusing: Refusing):
        self._slices, self._refusing = slices, refusing
        self.dtype = slices.dtype

    @property
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""
        return self._slices.shape

    def __getitem__(self, rows: slice) -> np.ndarray:
        """Return consecutive rows.

        Raises
        ------
        ArtifactError
            If a value in them is not as the kind has it.
        """
        first, last, _ = rows.indices(len(self))
        with self._refusing():
            return self._slices(first, max(first, last))


class StoredRows:
    """A sparse matrix in a file that is open; called with a slice of its rows, it reads them.

    Parameters
    ----------
    rows : Rows
    refusing : callable
        As in `StoredArray`.

    Attributes
    ----------
    shape : tuple of int
    lengths : (M,) int array
        How many cells each row has.
    """

    def __init__(self, rows: Rows, refusing: Refusing):
        self._rows, self._refusing = rows, refusing
        self.shape, self.lengths = rows.shape, np.diff(rows.starts)

    def __call__(self, rows: slice) -> "sparse.csr_array":
        """Return rows (R, N) of the matrix.

        Raises
        ------
        ArtifactError
            If a cell of these rows is not as the kind has it.
        """
        with self._refusing():
            return self._rows(rows)
