"""Numba's compiler, with a cache on disk that is invalidated by an edit of any kernel source.

Numba's own cache checks only the file of a function. If another function that is compiled into it is edited,
Numba goes on using the old code. So this module puts the cache into a folder named by a digest of all sources
of the kernels, unless `NUMBA_CACHE_DIR` is set.
"""

import hashlib
import os
from pathlib import Path

import numba
from numba import njit as njit

_KERNELS = Path(__file__).parents[2]


def _digest(folder: Path) -> str:
    """Return a digest of all sources in a folder and its subfolders."""
    sources = sorted(folder.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


if "NUMBA_CACHE_DIR" not in os.environ:
    _folder = _KERNELS / "__pycache__" / _digest(_KERNELS)
    numba.config.CACHE_DIR = str(_folder)  # type: ignore[attr-defined]  # defined at run time
