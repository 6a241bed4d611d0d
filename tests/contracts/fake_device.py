"""A device without hardware, whose arrays raise an error if they are mixed with host arrays.

It replaces CuPy in tests without a GPU. It refuses what CuPy refuses: implicit conversion, NumPy functions on
device arrays, and host arrays in arithmetic or as an index. A reduction returns a 0-d device array, not a
host scalar. Its array module has only names that CuPy has.

It counts what costs time on a device and nothing here, see `counted`.
"""

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from lexloom.kernels.backend import Backend, register

_NAMES_IN_CUPY = """
abs add all any arange argmax argsort ascontiguousarray bincount bool_ broadcast_to clip concatenate
cumsum diff divide einsum empty empty_like exp flatnonzero float32 float64 full full_like int32 int64
isfinite log log1p matmul maximum minimum multiply nonzero ones ones_like repeat searchsorted sqrt square
stack subtract sum take tanh tile transpose uint32 unique where zeros zeros_like
"""
_OPERATORS = """
add sub mul truediv floordiv mod pow matmul and or xor radd rsub rmul rtruediv rfloordiv rmod rpow
rmatmul rand ror rxor lshift rshift lt le eq ne gt ge neg pos abs invert
"""
_IN_PLACE_OPERATORS = "iadd isub imul itruediv ifloordiv imod ipow iand ior ixor"
_WAITING = ("nonzero", "flatnonzero", "unique", "item", "tolist")
"""What the host waits for: numbers, or how many there are."""

_counts: Counter[str] = Counter()
_limits = [math.inf]


class OutOfMemoryError(MemoryError):
    """As CuPy raises it."""


@contextmanager
def limited_memory(size: int) -> Iterator[None]:
    """Refuse arrays of more bytes than this."""
    _limits.append(size)
    try:
        yield
    finally:
        _limits.pop()


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Yield the costs of what happens meanwhile on this device.

    - "launches": operations that start a kernel, at least one each; views start none.
    - "uploads": copies of host arrays to the device.
    - "waits": times that the host waits for the device, since it needs a number, or the size of a result.
    """
    found: Counter[str] = Counter()
    before = _counts.copy()
    yield found
    found.update({name: _counts[name] - before[name] for name in ("launches", "uploads", "waits")})


def count(what: str) -> None:
    """Count one of what `counted` lists."""
    _counts[what] += 1


class FakeArray:
    """An array of the fake device; `get()` is the only way to the host."""

    __array_ufunc__ = None
    __hash__ = None

    def __init__(self, host: np.ndarray):
        if host.nbytes > _limits[-1]:
            raise OutOfMemoryError(f"Out of memory allocating {host.nbytes:,} bytes")
        self._host = host

    def get(self) -> np.ndarray:
        """Return a copy on the host."""
        count("waits")
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
        for part in key if isinstance(key, tuple) else (key,):
            if isinstance(part, FakeArray):
                count("waits" if part.dtype == bool else "launches")
        return _wrap(self._host[_index(key)])

    def __setitem__(self, key: Any, value: Any) -> None:
        count("launches")
        self._host[_index(key)] = _unwrap(value)

    def __len__(self) -> int:
        return len(self._host)

    def __float__(self) -> float:
        count("waits")
        return float(self._host)

    def __int__(self) -> int:
        count("waits")
        return int(self._host)

    def __bool__(self) -> bool:
        count("waits")
        return bool(self._host)

    def __repr__(self) -> str:
        return f"FakeArray({self._host!r})"


class _Function:
    def __init__(self, function: Any):
        self._function = function

    def __call__(self, *args: Any, **keywords: Any) -> Any:
        hosts = [*_unwrap(args), getattr(self._function, "__self__", None)]
        result = self._function(*_unwrap(args), **{name: _unwrap(value) for name, value in keywords.items()})
        name = self._function.__name__
        if name in _WAITING:
            count("waits")
        if not _costs_nothing(name, result, hosts):
            count("launches")
        return keywords["out"] if keywords.get("out") is not None else _wrap(result)

    def __getattr__(self, name: str) -> Any:
        return _wrap(getattr(self._function, name))


def _costs_nothing(name: str, result: Any, hosts: list[Any]) -> bool:
    """Return whether a result is memory that nobody has written to, no array, or a view of an argument."""
    if name in ("empty", "empty_like") or not isinstance(
        result, np.ndarray | np.generic | tuple | type(None)
    ):
        return True
    return isinstance(result, np.ndarray) and any(
        isinstance(host, np.ndarray) and np.may_share_memory(result, host) for host in hosts
    )


class ArrayModule:
    """The part of CuPy that works on arrays."""

    __name__ = "fake"
    ndarray = FakeArray

    def asarray(self, array: Any, dtype: Any = None) -> FakeArray:
        """Copy a host array to the device, as CuPy's `asarray` does."""
        if not isinstance(array, FakeArray):
            count("uploads")
        elif dtype is None or array.dtype == dtype:
            return array
        else:
            count("launches")
        return FakeArray(np.array(_unwrap(array) if isinstance(array, FakeArray) else array, dtype))

    def array(self, array: Any, dtype: Any = None) -> FakeArray:
        """Copy an array to the device, as CuPy's `array` does."""
        return FakeArray(self.asarray(array, dtype)._host.copy())

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
        count("launches")
        return _wrap(getattr(self._host, name)(*_unwrap(others)))

    return operate


def _in_place_operator(name: str) -> Any:
    def operate(self: FakeArray, other: Any) -> FakeArray:
        count("launches")
        self._host = getattr(self._host, name)(_unwrap(other))
        return self

    return operate


for _name in _OPERATORS.split():
    setattr(FakeArray, f"__{_name}__", _operator(f"__{_name}__"))
for _name in _IN_PLACE_OPERATORS.split():
    setattr(FakeArray, f"__{_name}__", _in_place_operator(f"__{_name}__"))

FAKE = register(Backend("fake", ArrayModule(), FakeArray))
