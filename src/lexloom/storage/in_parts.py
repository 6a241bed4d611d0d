"""Arrays that are not in memory, of which slices are read."""

from abc import ABC, abstractmethod

import numpy as np


class InParts(ABC):
    """An array whose slices are read when they are asked for.

    Attributes
    ----------
    dtype : dtype
    """

    dtype: np.dtype

    @property
    @abstractmethod
    def shape(self) -> tuple[int, ...]:
        """The size of each axis."""

    @abstractmethod
    def __getitem__(self, rows: slice) -> np.ndarray:
        """Return consecutive rows."""

    def __len__(self) -> int:
        return self.shape[0]
