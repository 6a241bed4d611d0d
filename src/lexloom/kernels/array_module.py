"""Find the array module of an array: NumPy, or CuPy once a CUDA device is in use."""

from typing import Any

import numpy as np

_MODULES: dict[type, Any] = {np.ndarray: np}


def register_arrays(array_type: type, xp: Any) -> None:
    """Register the arrays of a type as those of the module `xp`."""
    _MODULES[array_type] = xp


def array_module(array: Any) -> Any:
    """Return the module of an array, `numpy` or `cupy`.

    Raises
    ------
    TypeError
        If the type of the array is unknown.
    """
    if type(array) is np.ndarray or isinstance(array, np.generic):
        return np
    for array_type in type(array).__mro__:
        if array_type in _MODULES:
            return _MODULES[array_type]
    raise TypeError(
        f"no backend has arrays of type {type(array).__name__}; expected numpy.ndarray or cupy.ndarray"
    )
