"""Numba's compiler, with a cache on disk that is invalidated by an edit of any kernel source.

Numba's own cache checks only the file of a function. If another function that is compiled into it is edited,
Numba goes on using the old code. So this module puts the cache into a folder named by a digest of all sources
of the kernels, unless `NUMBA_CACHE_DIR` names a folder that can be written to.
"""

import hashlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba

from lexloom.kernels.cpu.machine.cache_folder import cache_folder

_KERNELS = Path(__file__).parents[2]


def _digest(folder: Path) -> str:
    """Return a digest of all sources in a folder and its subfolders."""
    sources = sorted(folder.rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()[:16]


def _use_cache() -> bool:
    """Tell Numba where to keep machine code; return whether there is such a place."""
    folder = cache_folder(_KERNELS / "__pycache__" / _digest(_KERNELS), os.environ.get("NUMBA_CACHE_DIR"))
    if folder is None:
        warnings.warn(
            "no folder for machine code can be written to, so each program compiles anew, for a minute; "
            "set XDG_CACHE_HOME to a folder of your own",
            stacklevel=1,
        )
        return False
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # defined at run time
    return True


_CACHED = _use_cache()
numba.config.DISABLE_JIT = False  # type: ignore[attr-defined]  # intrinsics have no Python to run instead


def njit(**options: Any) -> Callable[..., Any]:
    """Return Numba's decorator, which does not cache where there is no folder for it."""
    decorator: Callable[..., Any] = numba.njit(**options | {"cache": options.get("cache", False) and _CACHED})
    return decorator


def inner(**options: Any) -> Callable[..., Any]:
    """Return Numba's decorator for a function that only compiled code calls, which takes less to compile."""
    wrappers = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True}
    decorator: Callable[..., Any] = numba.njit(**options | {"nogil": True} | wrappers)
    return decorator


def shared(name: str, signature: Any) -> Callable[..., Any]:
    """Return a decorator that compiles a function now, under a name by which compiled code can call it.

    Numba copies a function into each one that calls it, and compiles all copies.
    """

    def compile_now(function: Callable[..., None]) -> Any:
        compiled = numba.cfunc(signature, cache=_CACHED, error_model="numpy")(function)
        llvm.add_symbol(name, compiled.address)
        return compiled

    return compile_now
