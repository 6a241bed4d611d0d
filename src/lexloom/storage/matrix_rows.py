"""Rows of a sparse matrix in an artifact, read when they are asked for: all may not fit into memory."""

from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lexloom.storage.stored_artifacts import StoredArtifact, refusing

if TYPE_CHECKING:
    from scipy import sparse


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
    ArtifactError
        As `read_artifact`.
    """

    def __init__(self, path: str | Path, kind: str, name: str):
        self._refusing = partial(refusing, path, (kind,))
        with self._refusing(), ExitStack() as stack:
            artifact = stack.enter_context(closing(StoredArtifact(path, (kind,))))
            about = artifact.about()
            self._rows = artifact.rows(name)
            stack.pop_all()
        self.settings, self.inputs = about["settings"], about["inputs"]
        self.lengths = np.diff(self._rows.starts)

    def __call__(self, rows: slice) -> "sparse.csr_array":
        """Return rows (R, N) of the matrix.

        Raises
        ------
        ArtifactError
            If a cell of these rows is not as the kind has it.
        """
        with self._refusing():
            return self._rows(rows)
