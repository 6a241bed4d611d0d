"""Artifacts in open files: nothing is believed before it is checked, whoever wrote it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from lexloom.errors import ArtifactError, LexloomError
from lexloom.storage.checksums import SEAL_BYTES, is_sealed
from lexloom.storage.hdf5_reading import Array, Group, MalformedError, read_structure
from lexloom.storage.layouts import (
    LAYOUTS,
    TEXT,
    VERSIONS,
    Lines,
    Matrix,
    Numbers,
    Outline,
    Sizes,
    check_lines,
    check_numbers,
    check_rows,
    check_shape,
    check_starts,
    lines_with,
    part_of,
)

if TYPE_CHECKING:
    from scipy import sparse

_MOST_NESTED = 20
_PARTS = ("data", "indices", "indptr")


@contextmanager
def refusing(path: str | Path, kinds: tuple[str, ...] = ()) -> Iterator[None]:
    """Turn what is found wrong with a file in the block into an error that names the file.

    Raises
    ------
    ArtifactError
        With the kinds that were expected.
    LexloomError
        Instead, if no kind was, or the file cannot be read, whatever it holds.
    """
    try:
        yield
    except OSError as error:
        raise LexloomError(f"{path}: could not be read: {error.strerror or error}") from error
    except MalformedError as error:
        if kinds:
            raise ArtifactError(f"{path}: {error}", kinds, path) from error
        raise LexloomError(f"{path}: {error}; give a file that lexloom made, or make it again") from error


class StoredArtifact:
    """An artifact in a file, which is open until it is closed.

    Parameters
    ----------
    path : path
    kinds : tuple of str
        What may be read; of a file of any kind, if there is none, only what it says about itself.

    Attributes
    ----------
    kind : str
    nodes : dict of str to Array or Group
        How each dataset is stored, by its full name; a group is a sparse matrix.

    Raises
    ------
    MalformedError
        If there is no such file, or it is not a whole artifact of these kinds.
    """

    def __init__(self, path: str | Path, kinds: tuple[str, ...] = ()):
        if not Path(path).is_file():
            raise MalformedError("not a file" if Path(path).exists() else "no such file")
        try:
            self._file = open(path, "rb")  # noqa: SIM115
        except FileNotFoundError as error:  # it was removed just now
            raise MalformedError("no such file") from error
        try:
            self._read_structure(kinds)
        except BaseException:
            self._file.close()
            raise

    def _read_structure(self, kinds: tuple[str, ...]) -> None:
        if not is_sealed(self._file):
            raise MalformedError("damaged, or not an HDF5 file of lexloom")
        self._root = read_structure(self._file, SEAL_BYTES)
        self.kind = _shown(self._root, "kind")
        self.nodes = dict(_nodes(self._root))
        if kinds:
            self._check_kind(kinds)
            self._layout, self._sizes = LAYOUTS[self.kind], Sizes()
            for name, node in self.nodes.items():
                check_shape(name, part_of(self._layout, name), outline_of(name, node), self._sizes)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def about(self) -> dict[str, Any]:
        """Return what an `Artifact` says about itself, by attribute.

        Raises
        ------
        MalformedError
        """
        seed = _attribute(self._root, "seed", int)
        return {
            "kind": self.kind,
            "settings": _json(self._root, "settings"),
            "inputs": _texts(self._root, "inputs"),
            "libraries": _texts(self._root, "libraries"),
            "device": _shown(self._root, "device"),
            "seed": None if seed == -1 else seed,
            "version": _attribute(self._root, "version", int),
        }

    def read(self, name: str) -> Any:
        """Return a dataset: an array, a list of lines or a sparse matrix.

        Raises
        ------
        MalformedError
            If there is no such dataset, or it is not as the layout of the kind says.
        """
        node, part = self._node(name), part_of(self._layout, name)
        if isinstance(part, Matrix):
            return Rows(name, part, node)(slice(None))
        assert isinstance(node, Array)  # as its outline says
        if isinstance(part, Lines):
            lines = read_lines(name, node)
            check_lines(name, part, lines, self._sizes)
            return lines
        array = node.read()
        check_numbers(name, part, array, self._sizes_for(part))
        return array

    def parts(self, name: str) -> "Rows | Slices":
        """Return a sparse matrix or an array whose rows are read and checked when they are asked for.

        Raises
        ------
        MalformedError
            As `read`, but for values.
        """
        node, part = self._node(name), part_of(self._layout, name)
        if isinstance(part, Matrix):
            return Rows(name, part, node)
        assert isinstance(part, Numbers)
        assert isinstance(node, Array)
        return Slices(name, part, node, self._sizes_for(part))

    def _sizes_for(self, part: Numbers) -> Sizes:
        """Return the sizes of axes, with that of the lines whose ids the numbers of a part are."""
        if part.below and self._sizes.of(part.below) is None:
            # Where the file has no such lines, nobody can look up an id in them either.
            for other in lines_with(self._layout, part.below):
                if other in self.nodes:
                    self.read(other)
        return self._sizes

    def _node(self, name: str) -> Array | Group:
        if name not in self.nodes:
            raise MalformedError(f"{self.kind} without {name!r}")
        return self.nodes[name]

    def _check_kind(self, kinds: tuple[str, ...]) -> None:
        if self.kind not in kinds:
            expected = " or ".join(map(repr, kinds))
            raise MalformedError(f"holds {self.kind!r:.80}, expected {expected}")
        version = _attribute(self._root, "version", int)
        if version != VERSIONS[self.kind]:
            raise MalformedError(f"{self.kind} version {version}, expected {VERSIONS[self.kind]}")


class Slices:
    """An array in an open file; called with a first row and the one after the last, it reads and checks them.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    """

    def __init__(self, name: str, part: Numbers, node: Array, sizes: Sizes):
        self._name, self._part, self._node, self._sizes = name, part, node, sizes
        self.shape, self.dtype = node.shape, node.dtype

    def __call__(self, first: int, last: int) -> np.ndarray:
        """Return rows of the array.

        Raises
        ------
        MalformedError
        """
        array = self._node.rows(first, last)
        check_numbers(self._name, self._part, array, self._sizes)
        return array


class Rows:
    """A sparse matrix in an open file; called with a slice of its rows, it reads and checks them.

    Attributes
    ----------
    shape : tuple of int
    starts : (M + 1,) int array
        The number of stored values before each row.
    """

    def __init__(self, name: str, part: Matrix, node: Any):
        self._name, self._part = name, part
        self._data, self._indices = node.members["data"], node.members["indices"]
        self.shape = tuple(node.attributes["shape"])
        self.starts = node.members["indptr"].read()
        check_starts(name, self.starts, self._data.shape[0])

    def __call__(self, rows: slice) -> "sparse.csr_array":
        """Return rows (R, N) of the matrix.

        Raises
        ------
        MalformedError
        """
        from scipy import sparse  # takes long to load, and few programs need it

        first, last, _ = rows.indices(self.shape[0])
        starts = self.starts[first : last + 1]
        cells = int(starts[0]), int(starts[-1])
        parts = self._data.rows(*cells), self._indices.rows(*cells), starts - starts[0]
        matrix = sparse.csr_array(parts, shape=(len(starts) - 1, self.shape[1]))
        check_rows(self._name, self._part, matrix)
        return matrix


def outline_of(name: str, node: Array | Group) -> Outline:
    """Return what a dataset is, as far as that is known before its values are read.

    Raises
    ------
    MalformedError
        If it is stored as neither numbers nor lines nor a sparse matrix.
    """
    if isinstance(node, Group):
        return _outline_of_matrix(name, node)
    labels = [_shown(node, label) for label in ("axes", "unit")]
    if not _attribute(node, "lines", bool):
        axes = tuple(axis.strip() for axis in labels[0].split(",") if axis)
        return Outline(node.shape, node.dtype.name, axes, labels[1])
    if len(node.shape) != 1 or (node.shape[0] and node.dtype != np.uint8):
        raise MalformedError(f"{name!r} has lines that are not text")
    return Outline(node.shape, TEXT)


def read_lines(name: str, node: Array) -> list[str]:
    """Return the lines of a text.

    Raises
    ------
    MalformedError
        If it is not UTF-8.
    """
    try:
        text = node.read().tobytes().decode()
    except UnicodeDecodeError as error:
        raise MalformedError(f"{name!r} is not UTF-8") from error
    return text.split("\n") if text else []


def _outline_of_matrix(name: str, node: Group) -> Outline:
    shape = node.attributes["shape"]
    parts = [part for part in map(node.members.get, _PARTS) if isinstance(part, Array)]
    if [len(part.shape) for part in parts] != [1, 1, 1] or not _is_shape_of_matrix(shape):
        raise MalformedError(f"{name!r} is not a sparse matrix")
    data, indices, indptr = parts
    if (
        {indices.dtype.name, indptr.dtype.name} - {"int32", "int64"}
        or indices.shape != data.shape
        or indptr.shape != (shape[0] + 1,)
    ):
        raise MalformedError(f"{name!r} is not a sparse matrix")
    return Outline(tuple(shape), data.dtype.name, stored=data.shape[0])


def _is_shape_of_matrix(value: Any) -> bool:
    return isinstance(value, list) and len(value) == 2 and all(type(n) is int and n >= 0 for n in value)


def _nodes(group: Group, within: str = "") -> Iterator[tuple[str, Array | Group]]:
    for name, node in group.members.items():
        if isinstance(node, Array) or "shape" in node.attributes:
            yield within + name, node
        else:
            yield from _nodes(node, f"{within}{name}/")


def _attribute(node: Array | Group, name: str, kind: type) -> Any:
    value = node.attributes.get(name)
    if type(value) is not kind:
        raise MalformedError(f"{name} is {value!r:.80}, expected one {kind.__name__}")
    return value


def _shown(node: Array | Group, name: str) -> str:
    """Return an attribute that may be printed: without what would command a terminal."""
    text = _attribute(node, name, str)
    if not text.isprintable():
        raise MalformedError(f"{name} is {text!r:.80}, expected printable text")
    return text


def _json(node: Group, name: str) -> dict[str, Any]:
    """Return an attribute that holds a dict as JSON, without what JSON or UTF-8 could not say again."""
    try:
        value = json.loads(_attribute(node, name, str))
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (ValueError, RecursionError) as error:
        raise MalformedError(f"{name} is not JSON") from error
    if not isinstance(value, dict) or _is_deeper(value, _MOST_NESTED):
        raise MalformedError(f"{name} is not a dict, or has too many levels")
    return value


def _texts(node: Group, name: str) -> dict[str, str]:
    texts = _json(node, name)
    if not all(isinstance(text, str) for text in texts.values()):
        raise MalformedError(f"{name} has values that are not texts")
    return texts


def _is_deeper(value: Any, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels == 0 or any(_is_deeper(one, levels - 1) for one in inner)
