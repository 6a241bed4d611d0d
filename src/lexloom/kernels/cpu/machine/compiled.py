"""Numba's compiler for the kernels, whose compiled code is kept on disk and follows every edit.

Numba by itself looks at the file of a function, not at those of the functions that are compiled into it, and
would go on with old code when one of these is edited. So the code is kept in a folder named after all sources
of the kernels. `NUMBA_CACHE_DIR`, where it is set, is left as it is.
"""

import hashlib
import os
from pathlib import Path

import numba
from numba import njit as njit

_KERNELS = Path(__file__).parents[2]


def _digest(folder: Path) -> str:
    """Return a digest of all sources in a folder and the folders below it."""
    sources = sorted(folder.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


if "NUMBA_CACHE_DIR" not in os.environ:
    numba.config.CACHE_DIR = str(_KERNELS / "__pycache__" / _digest(_KERNELS))
