"""Numba's compiler, with a cache on disk that follows the sources.

Numba's own cache checks only the file of a function. If another function that is compiled into it is edited,
Numba goes on using the old code. So each source file has a folder for its machine code, named by a digest of
the file and of all modules of lexloom that it imports: an edit compiles what uses the edited file, and
nothing else.
"""

import hashlib
import logging
import os
import sys
import warnings
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any

import llvmlite.binding as llvm
import numba
from numba.core import event as events

from lexloom.kernels.cpu.machine.cache_folder import cache_folder
from lexloom.kernels.cpu.machine.imports import LIBRARY, imported_files

numba.config.DISABLE_JIT = False  # type: ignore[attr-defined]  # intrinsics have no Python to run instead


def digest(path: Path, library: Path = LIBRARY) -> str:
    """Return a digest of a source file and of the modules that it imports, itself or through others."""
    files = {path} | {file for file in imported_files(path, library) if file.name != "__init__.py"}
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in sorted(files))).hexdigest()[:16]


@cache
def _folder(path: Path) -> Path | None:
    """Return where the machine code of a source file is kept, or None if there is no such place."""
    beside = LIBRARY / "kernels" / "__pycache__" / digest(path)
    folder = cache_folder(beside, os.environ.get("NUMBA_CACHE_DIR"))
    if folder is None:
        _warn_once()
    return folder


@cache
def _warn_once() -> None:
    warnings.warn(
        "no folder for machine code can be written to, so each program compiles anew, for a minute; "
        "set XDG_CACHE_HOME to a folder of your own",
        stacklevel=1,
    )


def njit(**options: Any) -> Callable[..., Any]:
    """Return Numba's decorator, which does not cache where there is no folder for it."""
    return partial(_cached, numba.njit, options) if options.pop("cache", False) else numba.njit(**options)


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
        compiled = _cached(partial(numba.cfunc, signature), {"error_model": "numpy"}, function)
        llvm.add_symbol(name, compiled.address)
        return compiled

    return compile_now


def _cached(decorator: Callable[..., Any], options: dict[str, Any], function: Callable[..., Any]) -> Any:
    """Return what a decorator of Numba's makes of a function, cached in the folder of its source file."""
    folder, before = _folder(Path(function.__code__.co_filename)), numba.config.CACHE_DIR  # type: ignore[attr-defined]
    numba.config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]
    try:
        return decorator(**options, cache=folder is not None)(function)
    finally:
        numba.config.CACHE_DIR = before  # type: ignore[attr-defined]


class _SayOnce(events.Listener):
    """Says that kernels are compiled, when the first one is."""

    def on_start(self, event: events.Event) -> None:
        """Say so before the first pass of Numba's compiler over a kernel; what is cached needs none."""
        module = event.data["module"]
        folder = _folder(Path(str(sys.modules[module].__file__))) if module.startswith("lexloom.") else None
        if folder:
            events.unregister("numba:run_pass", self)
            logging.getLogger(__name__).warning(
                "compiling kernels for this processor; later runs load them from %s", folder.parent
            )

    def on_end(self, event: events.Event) -> None:
        """Say nothing."""


events.register("numba:run_pass", _SayOnce())
