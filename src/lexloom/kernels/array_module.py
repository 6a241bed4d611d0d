"""Which array module the arrays of a type belong to: NumPy, or CuPy once a CUDA device is in use."""

from typing import Any

import numpy as np

_MODULES: dict[type, Any] = {np.ndarray: np}


def register_arrays(array_type: type, xp: Any) -> None:
    """Make `array_module` recognize the arrays of a type as those of the module `xp`."""
    _MODULES[array_type] = xp


def array_module(array: Any) -> Any:
    """Return the module of an array, `numpy` or `cupy`.

    Raises
    ------
    TypeError
        When the array is of no known type.
    """
    if type(array) is np.ndarray or isinstance(array, np.generic):
        return np
    for array_type in type(array).__mro__:
        if array_type in _MODULES:
            return _MODULES[array_type]
    raise TypeError(
        f"no backend has arrays of type {type(array).__name__}; expected numpy.ndarray or cupy.ndarray"
    )
