"""State trees: what must be known to go on, as nested dicts, lists and tuples of arrays and plain values."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of

_ARRAY, _TUPLE = "__array__", "__tuple__"


def map_arrays(function: Callable[[str, Any], Any], tree: Any, name: str = "") -> Any:
    """Return a tree with `function(name, array)` in place of each array; a name is a path like "optimizer/h".

    Whatever is not a dict, list, tuple, str, bool, int, float or None counts as an array.
    """
    if isinstance(tree, Mapping):
        return {key: map_arrays(function, value, f"{name}/{key}") for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        return type(tree)(map_arrays(function, value, f"{name}/{i}") for i, value in enumerate(tree))
    if tree is None or isinstance(tree, str | int | float):
        return tree
    return function(name.removeprefix("/"), tree)


def pack(tree: Any) -> tuple[str, dict[str, np.ndarray]]:
    """Return a tree as one line of JSON, and its arrays on the host by their names, for `unpack`.

    Nothing is lost: numbers come back as they were, NaN and infinities too. Keys of dicts must be texts.
    """
    arrays: dict[str, np.ndarray] = {}

    def put(name: str, array: Any) -> dict[str, str]:
        host = array if isinstance(array, np.generic) else backend_of(array).to_host(array)
        arrays[name] = np.asarray(host)
        return {_ARRAY: name}

    return json.dumps(_without_tuples(map_arrays(put, tree))), arrays


def unpack(line: str, arrays: Mapping[str, Any]) -> Any:
    """Return the tree of which `pack` made a line and arrays by their names."""

    def look_up(node: dict[str, Any]) -> Any:
        if _TUPLE in node:
            return tuple(node[_TUPLE])
        return arrays[node[_ARRAY]] if _ARRAY in node else node

    return json.loads(line, object_hook=look_up)


def check_like(tree: Any, example: Any) -> None:
    """Check that a tree has the keys, lengths, types and shapes of an example; the values are its own.

    A whole number is one of 64 bits from 0, and stands for a float as well.

    Raises
    ------
    ValueError
        If it has not.
    """
    inner: list[tuple[Any, Any]] = []
    if isinstance(example, float):
        alike = type(tree) is float or getattr(tree, "shape", None) == () or _is_count(abs(tree))
    elif type(example) is int:
        alike = _is_count(tree)
    elif isinstance(example, Mapping):
        alike = isinstance(tree, Mapping) and tree.keys() == example.keys()
        inner = [(tree[key], example[key]) for key in example] if alike else []
    elif isinstance(example, list | tuple):
        alike = type(tree) is type(example) and len(tree) == len(example)
        inner = [*zip(tree, example, strict=True)] if alike else []
    elif hasattr(example, "shape"):
        alike = hasattr(tree, "shape") and (tree.shape, tree.dtype) == (example.shape, example.dtype)
    else:
        alike = type(tree) is type(example)
    if not alike:
        raise ValueError("a state of another training")
    for one, other in inner:
        check_like(one, other)


def _is_count(value: Any) -> bool:
    return type(value) is int and 0 <= value < 1 << 63


def _without_tuples(tree: Any) -> Any:
    if isinstance(tree, dict):
        return {key: _without_tuples(value) for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        values = [_without_tuples(value) for value in tree]
        return {_TUPLE: values} if isinstance(tree, tuple) else values
    return tree
