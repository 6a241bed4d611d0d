"""Compile CUDA C++ with CuPy, on first use."""

from functools import cache
from pathlib import Path
from typing import Any

import cupy


@cache
def compiled(module: str, *names: str, **constants: Any) -> list[Any]:
    """Return CuPy kernels of the CUDA source beside a module.

    Parameters
    ----------
    module : str
        Path of the module; its source has the same name and ends in .cu.
    *names : str
        The kernels.
    **constants : any
        Values of the names that the source leaves open.
    """
    source = Path(module).with_suffix(".cu").read_text(encoding="utf-8")
    options = ("-std=c++17", *(f"-D{name}={value}" for name, value in constants.items()))
    code = cupy.RawModule(code=source, options=options)
    return [code.get_function(name) for name in names]
