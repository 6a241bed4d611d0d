"""The innermost loops, one interface for every device: `reference` says what each computes.

Compiled code is kept in a folder named after all the sources here. Numba by itself looks at the file of a
function only, not at those of the functions that are compiled into it, and would go on with old code when one
of these is edited.
"""

import hashlib
import os
from pathlib import Path

import numba


def _digest(folder: Path) -> str:
    """Return what tells the sources in a folder from any others."""
    sources = sorted(folder.glob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


if "NUMBA_CACHE_DIR" not in os.environ:
    _here = Path(__file__).parent
    numba.config.CACHE_DIR = str(_here / "__pycache__" / _digest(_here))
