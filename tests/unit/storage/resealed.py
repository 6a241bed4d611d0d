"""Artifacts with something wrong inside, sealed again: what anybody could write who means harm.

`MUTATIONS` draws lists of changes to a file, whatever is in it, and `mutate` makes them.
"""

import hashlib
import json
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from hypothesis import strategies as st

from lexloom.storage.checksums import SEAL_BYTES, seal_of

NUMBERS = [
    -1,
    0,
    1,
    2,
    6,
    255,
    2**31 - 1,
    -(2**31),
    2**40,
    2**63 - 1,
    -(2**63),
    0.5,
    1e30,
    1e308,
    np.inf,
    np.nan,
]
TYPES = ["i1", "u1", "i4", "i8", "u8", "f2", "f4", "f8", ">i4", "c16", "S3", "?", "V4"]
TEXTS = ["", "a", "\x1b[31m", "\u202e", "é\n", "[" * 5000, "NaN", "{}", "[]", "null", "9" * 400, "x" * 70_000]
JSON_VALUES = [
    None,
    True,
    -1,
    0,
    3,
    1e308,
    10**400,
    "",
    "a",
    "<eos>",
    "\x1b[31m",
    "\ud800",
    [],
    [1],
    {},
    {"a": 1},
]
SHAPES = [(), (0,), (1,), (3,), (10**12,), (2**62, 4), (0, 2**62), (2, 3), (1, 1, 1)]


@dataclass(frozen=True)
class Mutation:
    """What is done to a file.

    Attributes
    ----------
    action : str
        A key of `ACTIONS`.
    which, where : int
        The number of the dataset or attribute, and of the element; after the last follows the first.
    value : any
        What it becomes.
    """

    action: str
    which: int
    where: int
    value: Any


_REFUSED = (ArithmeticError, LookupError, MemoryError, OSError, RuntimeError, TypeError, ValueError)


def mutate(path: str | Path, mutations: list[Mutation]) -> None:
    """Change a sealed file, and seal it again. What HDF5 or memory refuses is left out."""
    path = Path(path)
    structural = [mutation for mutation in mutations if mutation.action != "bytes"]
    if structural:
        with h5py.File(path, "r+") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for mutation in structural:
                names: list[str] = []
                file.visit(names.append)
                with suppress(*_REFUSED):
                    ACTIONS[mutation.action][0](file, names, mutation)
    content = bytearray(path.read_bytes())[SEAL_BYTES:]
    for mutation in mutations:  # last, because the library may crash on a file with bytes changed
        if mutation.action == "bytes":
            content[(mutation.which * 1009 + mutation.where) % len(content)] = mutation.value
    path.write_bytes(seal_of(hashlib.sha256(content).hexdigest()) + content)


def _overwrite(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    dataset = _dataset(file, names, mutation.which)
    if dataset.size:
        array = dataset[...]
        array.flat[mutation.where % array.size] = np.array(mutation.value).astype(array.dtype)
        dataset[...] = array


def _fill(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    dataset = _dataset(file, names, mutation.which)
    dataset[...] = np.full(dataset.shape, np.array(mutation.value).astype(dataset.dtype))


def _retype(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    dataset = _dataset(file, names, mutation.which)
    try:
        array = dataset[...].astype(mutation.value)
    except (TypeError, ValueError):
        array = np.zeros(dataset.shape, mutation.value)
    _replace(file, dataset, array)


def _cut(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    dataset = _dataset(file, names, mutation.which)
    if dataset.ndim:
        array = dataset[...]
        _replace(file, dataset, array[:-1] if mutation.value else np.concatenate([array, array[:1]]))


def _reshape(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    """Claim a shape of which nothing is stored."""
    dataset = _dataset(file, names, mutation.which)
    name, attributes, dtype = dataset.name, dict(dataset.attrs), dataset.dtype
    del file[name]
    chunks = tuple(max(1, min(size, 1 << 16)) for size in mutation.value) if mutation.value else None
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True} if chunks else {}
    file.create_dataset(name, mutation.value, dtype, chunks=chunks, **options).attrs.update(attributes)


def _delete(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    del file[names[mutation.which % len(names)]]


def _rename(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    old = names[mutation.which % len(names)]
    new = mutation.value or names[mutation.where % len(names)]
    if new not in file and not new.startswith(f"{old}/"):
        file.move(old, new)


def _link(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    name = names[mutation.which % len(names)]
    target = names[mutation.where % len(names)]
    links: dict[str, Callable[[], Any]] = {
        "soft": lambda: h5py.SoftLink(f"/{target}"),
        "cycle": lambda: file["/"],
        "hard": lambda: file[target],
        "external": lambda: h5py.ExternalLink("/etc/passwd", "/"),
        "group": lambda: None,
    }
    link = links[mutation.value]()
    del file[name]
    if link is None:
        file.create_group(name)
    elif target in file or mutation.value != "hard":
        file[name] = link


def _store_elsewhere(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    """Have a dataset stored in another file of the machine, or made of one."""
    dataset = _dataset(file, names, mutation.which)
    name, attributes = dataset.name, dict(dataset.attrs)
    del file[name]
    if mutation.value == "external":
        new = file.create_dataset(name, (64,), "u1", external=[("/etc/passwd", 0, 64)])
    elif mutation.value == "virtual":
        layout = h5py.VirtualLayout((64,), "u1")
        layout[:] = h5py.VirtualSource("/etc/passwd", "x", (64,))
        new = file.create_virtual_dataset(name, layout)
    elif mutation.value == "vlen":
        new = file.create_dataset(name, data=["a", "b"], dtype=h5py.string_dtype())
    elif mutation.value == "reference":
        new = file.create_dataset(name, data=[file.ref], dtype=h5py.ref_dtype)
    elif mutation.value == "compound":
        new = file.create_dataset(name, data=np.zeros(3, [("a", "i4"), ("b", "f8")]))
    elif mutation.value == "committed":
        file["type"] = np.dtype(np.int32)
        new = file.create_dataset(name, data=np.zeros(9), dtype=file["type"])
        del file["type"]
    elif mutation.value == "unshuffled":
        options = {"chunks": (4,), "compression": "gzip", "fletcher32": True}
        new = file.create_dataset(name, data=np.zeros(9, np.int32), **options)
    else:
        new = file.create_dataset(name, data=np.zeros(9, np.uint8), chunks=(4,), compression=mutation.value)
    new.attrs.update(attributes)


def _set_attribute(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    node = file if mutation.which % 2 else file[names[mutation.which // 2 % len(names)]]
    keys = sorted(node.attrs)
    if keys and mutation.value == "delete":
        del node.attrs[keys[mutation.where % len(keys)]]
    elif keys:
        node.attrs[keys[mutation.where % len(keys)]] = mutation.value


def _set_setting(file: h5py.File, names: list[str], mutation: Mutation) -> None:
    """Change a value of the JSON in an attribute or dataset, however deep."""
    texts = [
        key for key in ("settings", "inputs", "libraries", "state", "identity") if key in {*file.attrs, *file}
    ]
    key = texts[mutation.which % len(texts)]
    stored = file.attrs[key] if key in file.attrs else file[key][...].tobytes().decode()
    places: list[tuple[Any, Any]] = []
    tree = json.loads(stored)
    _walk(tree, places)
    if not places:
        return
    parent, place = places[mutation.where % len(places)]
    parent[place] = mutation.value
    text = json.dumps(tree)
    if key in file.attrs:
        file.attrs[key] = text
    else:
        _replace(file, file[key], np.frombuffer(text.encode(), np.uint8))


def _walk(tree: Any, places: list[tuple[Any, Any]]) -> None:
    for key in [*tree] if isinstance(tree, dict) else range(len(tree)) if isinstance(tree, list) else ():
        places.append((tree, key))
        _walk(tree[key], places)


def _dataset(file: h5py.File, names: list[str], which: int) -> h5py.Dataset:
    datasets = [name for name in names if isinstance(file[name], h5py.Dataset)]
    return file[datasets[which % len(datasets)]]


def _replace(file: h5py.File, dataset: h5py.Dataset, array: np.ndarray) -> None:
    """Store another array in place of a dataset, in the same way and with its attributes."""
    name, attributes = dataset.name, dict(dataset.attrs)
    del file[name]
    options: dict[str, Any] = {}
    if array.ndim and array.size:
        options = {"chunks": array.shape, "compression": "gzip", "shuffle": True, "fletcher32": True}
    file.create_dataset(name, data=array, **options).attrs.update(attributes)


_LINKS = ["soft", "cycle", "hard", "external", "group"]
_PLACES = ["external", "virtual", "vlen", "reference", "compound", "lzf", "gzip", "unshuffled", "committed"]
_ATTRIBUTES = [*TEXTS, *NUMBERS, "delete", [1, 2], [-1, -1], [2**62, 6], b"bytes", True, np.zeros((2, 2))]

ACTIONS: dict[str, tuple[Callable[[h5py.File, list[str], Mutation], None], list[Any]]] = {
    "overwrite": (_overwrite, NUMBERS),
    "fill": (_fill, NUMBERS),
    "retype": (_retype, TYPES),
    "cut": (_cut, [True, False]),
    "reshape": (_reshape, SHAPES),
    "delete": (_delete, [None]),
    "rename": (_rename, [None, "a", "\x1b[31m", "a/b", "/".join("a" * 50)]),
    "link": (_link, _LINKS),
    "store elsewhere": (_store_elsewhere, _PLACES),
    "set attribute": (_set_attribute, _ATTRIBUTES),
    "set setting": (_set_setting, JSON_VALUES),
}
"""What can be done to a file, and the values that it takes."""

_INDEX = st.integers(0, 1 << 12)
MUTATIONS = st.lists(
    st.one_of(
        st.builds(Mutation, st.just("bytes"), _INDEX, _INDEX, st.integers(0, 255)),
        *(
            st.builds(Mutation, st.just(action), _INDEX, _INDEX, st.sampled_from(values))
            for action, (_, values) in ACTIONS.items()
        ),
    ),
    min_size=1,
    max_size=3,
)
"""Changes to an artifact of any kind."""
