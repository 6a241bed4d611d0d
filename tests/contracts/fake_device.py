"""A device without hardware, whose arrays raise an error if they are mixed with host arrays.

It replaces CuPy in tests without a GPU. It refuses what CuPy refuses: implicit conversion, NumPy functions on
device arrays, and host arrays in arithmetic or as an index. A reduction returns a 0-d device array, not a
host scalar. Its array module has only names that CuPy has.
"""

from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend, register

_NAMES_IN_CUPY = """
abs add all any arange argmax argsort ascontiguousarray bincount bool_ broadcast_to clip concatenate
cumsum diff divide einsum empty empty_like exp flatnonzero float32 float64 full full_like int32 int64
isfinite log log1p matmul maximum minimum multiply nonzero ones ones_like repeat searchsorted sqrt square
stack subtract sum take tanh tile transpose unique where zeros zeros_like
"""
_OPERATORS = """
add sub mul truediv floordiv mod pow matmul and or xor radd rsub rmul rtruediv rfloordiv rmod rpow
rmatmul rand ror rxor lt le eq ne gt ge neg pos abs invert
"""
_IN_PLACE_OPERATORS = "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor"


class FakeArray:
    """An array of the fake device; `get()` is the only way to the host."""

    __array_ufunc__ = None
    __hash__ = None

    def __init__(self, host: np.ndarray):
        self._host = host

    def get(self) -> np.ndarray:
        """Return a copy on the host."""
        return self._host.copy()

    def __array__(self, *args: Any, **keywords: Any) -> np.ndarray:
        raise TypeError("implicit conversion of a device array to a host array; use Backend.to_host")

    def __array_function__(self, function: Any, *args: Any) -> Any:
        raise TypeError(f"numpy.{function.__name__} on a device array; use the xp of its backend")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _wrap(getattr(self._host, name))

    def __getitem__(self, key: Any) -> "FakeArray":
        return _wrap(self._host[_index(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        self._host[_index(key)] = _unwrap(value)

    def __len__(self) -> int:
        return len(self._host)

    def __float__(self) -> float:
        return float(self._host)

    def __int__(self) -> int:
        return int(self._host)

    def __bool__(self) -> bool:
        return bool(self._host)

    def __repr__(self) -> str:
        return f"FakeArray({self._host!r})"


class _Function:
    def __init__(self, function: Any):
        self._function = function

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        result = self._function(*_unwrap(args), **{name: _unwrap(value) for name, value in keywords.items()})
        return keywords["out"] if keywords.get("out") is not None else _wrap(result)

    def __getattr__(self, name: str) -> Any:
        return _wrap(getattr(self._function, name))


class _ArrayModule:
    __name__ = "fake"

    def asarray(self, array: Any, dtype: Any = None) -> FakeArray:
        """Copy a host array to the device, as CuPy's `asarray` does."""
        return FakeArray(np.array(array._host if isinstance(array, FakeArray) else array, dtype))

    array = asarray

    def __getattr__(self, name: str) -> Any:
        if name not in _NAMES_IN_CUPY.split():
            raise AttributeError(
                f"xp.{name}: not in the list of names known to be in CuPy; check there first"
            )
        return _wrap(getattr(np, name))


def _wrap(value: Any) -> Any:
    if isinstance(value, type):
        return value
    if isinstance(value, np.ndarray | np.generic):
        return FakeArray(np.asarray(value))
    if isinstance(value, tuple):
        return (
            type(value)(_wrap(part) for part in value) if type(value) is tuple else tuple(map(_wrap, value))
        )
    return _Function(value) if callable(value) else value


def _unwrap(value: Any) -> Any:
    if isinstance(value, FakeArray):
        return value._host
    if isinstance(value, np.ndarray):
        raise TypeError("a host array is mixed with an array of the fake device; use Backend.to_device")
    if isinstance(value, tuple | list):
        return type(value)(_unwrap(part) for part in value)
    return value


def _index(key: Any) -> Any:
    if isinstance(key, list):
        raise TypeError("a list as an index of a device array")
    return _unwrap(key)


def _operator(name: str) -> Any:
    def operate(self: FakeArray, *others: Any) -> Any:
        return _wrap(getattr(self._host, name)(*_unwrap(others)))

    return operate


def _in_place_operator(name: str) -> Any:
    def operate(self: FakeArray, other: Any) -> FakeArray:
        self._host = getattr(self._host, name)(_unwrap(other))
        return self

    return operate


for _name in _OPERATORS.split():
    setattr(FakeArray, f"__{_name}__", _operator(f"__{_name}__"))
for _name in _IN_PLACE_OPERATORS.split():
    setattr(FakeArray, f"__{_name}__", _in_place_operator(f"__{_name}__"))

FAKE = register(Backend("fake", _ArrayModule(), FakeArray))
