"""Rows of a sparse matrix in an artifact, read when they are asked for: all may not fit into memory."""

from pathlib import Path

import h5py
import numpy as np
from scipy import sparse

from lexloom.storage.artifacts import read_artifact


class StoredRows:
    """A sparse matrix in a file; called with a slice of its rows, it reads them.

    Parameters
    ----------
    path : path
        An artifact; it stays open.
    kind, name : str
        Its kind, and the name of the matrix.

    Attributes
    ----------
    settings : dict
    inputs : dict of str to str
        As in `Artifact`.
    lengths : (M,) int array
        How many cells each row has.

    Raises
    ------
    LexloomError
        As `read_artifact`.
    """

    def __init__(self, path: str | Path, kind: str, name: str):
        artifact = read_artifact(path, kind, [])
        self.settings, self.inputs = artifact.settings, artifact.inputs
        self._group = h5py.File(path, "r")[name]
        self._starts = self._group["indptr"][...].astype(np.int64)
        self.lengths = np.diff(self._starts)

    def __call__(self, rows: slice) -> sparse.csr_array:
        """Return rows (R, N) of the matrix."""
        starts = self._starts[rows.start : rows.stop + 1]
        cells = slice(starts[0], starts[-1])
        parts = self._group["data"][cells], self._group["indices"][cells], starts - starts[0]
        return sparse.csr_array(parts, shape=(len(starts) - 1, self._group.attrs["shape"][1]))
