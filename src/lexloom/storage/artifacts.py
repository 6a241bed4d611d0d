"""The one HDF5 convention of every stage: what a file holds, where it came from, and that it is whole.

A file has the attributes `kind`, `version`, `settings` (JSON), `inputs` (JSON: file name to sha256),
`libraries` (JSON), `device` and `seed`, and datasets named by what they hold. The same inputs give
the same bytes.

The first 512 bytes (HDF5's user block, which other programs skip) hold the sha256 of the rest. It is checked
before HDF5 parses anything, because the HDF5 library can hang on damaged metadata.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from scipy import sparse

from lexloom.errors import ArtifactError, LexloomError
from lexloom.storage.atomic_files import replacing
from lexloom.storage.checksums import checksums
from lexloom.storage.hdf5_writing import write_hdf5

_SEAL_BYTES = 512


VERSIONS = {
    "gold": 1,
    "corpus": 1,
    "cooccurrences": 1,
    "shard": 1,
    "ppmi": 1,
    "contexts": 1,
    "vectors": 1,
    "rnnlm": 1,
    "ngram": 1,
    "perplexity": 2,
    "checkpoint": 1,
    "similarity": 1,
}
"""The version of the layout of each kind of artifact."""


@dataclass
class Dataset:
    """An array with the names of its axes and its unit, kept as attributes of the HDF5 dataset."""

    array: np.ndarray
    axes: tuple[str, ...] = ()
    unit: str = ""


@dataclass(frozen=True)
class Outline:
    """What a dataset is, without its values.

    Attributes
    ----------
    shape : tuple of int
        Of lines of text, their number.
    dtype : str
        NumPy's name; "text" for lines.
    axes : tuple of str
    unit : str
    stored : int or None
        Of a sparse array, how many entries the file holds.
    """

    shape: tuple[int, ...]
    dtype: str
    axes: tuple[str, ...] = ()
    unit: str = ""
    stored: int | None = None


@dataclass(frozen=True)
class Provenance:
    """Where a result comes from, as far as its bytes depend on it.

    Attributes
    ----------
    settings : mapping
        Everything that a person set and that changes the result.
    inputs : paths
        The files that the stage read.
    device : str
        What computed it, see `Backend.name`.
    seed : int or None
        Of its random numbers.
    """

    settings: Mapping[str, Any] = field(default_factory=dict)
    inputs: Sequence[str | Path] = ()
    device: str = "cpu"
    seed: int | None = None


@dataclass
class Artifact:
    """What a stage stored.

    Attributes
    ----------
    datasets : dict of str to ndarray, list of str, scipy.sparse.csr_array, or (for a group) such a dict
    settings : dict
        The settings of the stage that made it.
    inputs : dict of str to str
        sha256 of each file that the stage read, by file name.
    libraries : dict of str to str
        Versions.
    device : str
    seed : int or None
    version : int or None
        Of the layout of its kind; None where it was not read from a file.
    """

    kind: str
    datasets: dict[str, Any]
    settings: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seed: int | None = None
    version: int | None = None

    def __getitem__(self, name: str) -> Any:
        return self.datasets[name]


def write_artifact(
    path: str | Path,
    kind: str,
    datasets: Mapping[str, Any],
    provenance: Provenance = Provenance(),
) -> None:
    """Write an artifact next to its target and rename it, so that nobody reads half a file.

    Parameters
    ----------
    datasets : mapping of str to ndarray, Dataset, list of str, or scipy sparse array
        A list of strings is stored as UTF-8 lines; a sparse array as a group in CSR form.
    provenance : Provenance

    Raises
    ------
    LexloomError
        When the path names a device or a folder, or the file cannot be written, as on a full disk.
    """
    try:
        attributes = _attributes(kind, provenance)
        prepared = {name: _prepared(datasets[name]) for name in sorted(datasets)}
        with replacing(path) as file:
            write_hdf5(file, partial(_fill, attributes, prepared), _SEAL_BYTES)
            file.seek(_SEAL_BYTES)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            file.write(_seal(digest))
    except MemoryError as error:
        raise LexloomError(f"{path}: could not be written: not enough memory") from error


def read_artifact(
    path: str | Path, kind: str | tuple[str, ...], names: Iterable[str] | None = None
) -> Artifact:
    """Read an artifact of a kind (or of one of several), or only the datasets `names` of it.

    Raises
    ------
    ArtifactError
        When the file is missing, damaged, of another kind or version, or lacks a dataset: which file, what
        was expected.
    """
    kinds = (kind,) if isinstance(kind, str) else kind
    _check_whole(path, kinds)
    with h5py.File(path, "r") as file:
        _check_kind(path, file.attrs, kinds)
        wanted = sorted(file) if names is None else list(names)
        for name in wanted:
            if name not in file:
                raise ArtifactError(f"{path}: {file.attrs['kind']} without {name!r}", kinds)
        return _artifact(file.attrs, {name: _read(file[name]) for name in wanted})


def describe_artifact(path: str | Path) -> Artifact:
    """Return an artifact of any kind and version whose datasets are each an `Outline`, by their full names.

    Raises
    ------
    LexloomError
        When the file is missing or damaged.
    """
    _check_whole(path)
    with h5py.File(path, "r") as file:
        return _artifact(file.attrs, dict(_outlines(file)))


def check_same_words(path: str | Path, words: list[str], other_path: str | Path, other: list[str]) -> None:
    """Refuse two files whose word ids mean different words.

    Raises
    ------
    LexloomError
        Naming both files.
    """
    if words != other:
        raise LexloomError(
            f"{path} and {other_path}: their words differ, {len(words)} and {len(other)}; "
            "give files made from the same corpus"
        )


def _seal(digest: str) -> bytes:
    return f"lexloom artifact, sha256 of what follows: {digest}\n".encode().ljust(_SEAL_BYTES, b"\0")


def _is_whole(path: str | Path) -> bool:
    with open(path, "rb") as file:
        return file.read(_SEAL_BYTES) == _seal(hashlib.file_digest(file, "sha256").hexdigest())


def _check_whole(path: str | Path, kinds: tuple[str, ...] = ()) -> None:
    if Path(path).is_file() and _is_whole(path):
        return
    fault = "damaged, or not an HDF5 file of lexloom" if Path(path).is_file() else "no such file"
    if kinds:
        raise ArtifactError(f"{path}: {fault}", kinds)
    raise LexloomError(f"{path}: {fault}; give a file that lexloom made, or make it again")


def _check_kind(path: str | Path, attributes: Mapping[str, Any], kinds: tuple[str, ...]) -> None:
    kind = attributes["kind"]
    if kind not in kinds:
        raise ArtifactError(f"{path}: holds {kind!r}, expected {' or '.join(map(repr, kinds))}", kinds)
    version = attributes["version"]
    if version != VERSIONS[kind]:
        raise ArtifactError(f"{path}: {kind} version {version}, expected {VERSIONS[kind]}", [kind])


def _attributes(kind: str, provenance: Provenance) -> dict[str, Any]:
    return {
        "kind": kind,
        "version": VERSIONS[kind],
        "settings": json.dumps(provenance.settings, sort_keys=True),
        "inputs": json.dumps(checksums(provenance.inputs), sort_keys=True),
        "libraries": json.dumps(library_versions(), sort_keys=True),
        "device": provenance.device,
        "seed": -1 if provenance.seed is None else provenance.seed,
    }


class _Lines(Dataset):
    """The bytes of lines of text."""


def _prepared(value: Any) -> Dataset | sparse.csr_array:
    """Return what HDF5 writes without taking memory for a copy."""
    if sparse.issparse(value):
        return sparse.csr_array(value)
    if isinstance(value, list):
        return _Lines(np.frombuffer("\n".join(value).encode(), np.uint8))
    labelled = value if isinstance(value, Dataset) else Dataset(value)
    return replace(labelled, array=np.asarray(labelled.array, order="C"))


def _fill(attributes: Mapping[str, Any], datasets: Mapping[str, Any], file: h5py.File) -> None:
    file.attrs.update(attributes)
    for name, value in datasets.items():
        _write(file, name, value)


def _write(group: h5py.Group, name: str, value: Dataset | sparse.csr_array) -> None:
    if isinstance(value, sparse.csr_array):
        child = group.create_group(name)
        child.attrs["shape"] = value.shape
        for part in ("data", "indices", "indptr"):
            _write(child, part, Dataset(getattr(value, part)))
        return
    array = value.array
    if array.ndim == 0 or array.size == 0:
        dataset = group.create_dataset(name, data=array)
    else:
        dataset = group.create_dataset(
            name,
            data=array,
            chunks=_chunks(array),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
            fletcher32=True,
        )
    dataset.attrs["axes"] = ",".join(value.axes)
    dataset.attrs["unit"] = value.unit
    dataset.attrs["lines"] = isinstance(value, _Lines)


def _chunks(array: np.ndarray) -> tuple[int, ...]:
    rows = max(1, (1 << 20) // max(1, array.nbytes // len(array)))
    return (min(len(array), rows), *array.shape[1:])


def _read(node: h5py.Group | h5py.Dataset) -> Any:
    if isinstance(node, h5py.Group) and "shape" not in node.attrs:
        return {name: _read(child) for name, child in sorted(node.items())}
    if isinstance(node, h5py.Group):
        parts = tuple(node[part][...] for part in ("data", "indices", "indptr"))
        return sparse.csr_array(parts, shape=tuple(node.attrs["shape"]))
    array = node[...]
    if node.attrs["lines"]:
        text = array.tobytes().decode()
        return text.split("\n") if text else []
    return array


def _artifact(attributes: Mapping[str, Any], datasets: dict[str, Any]) -> Artifact:
    return Artifact(
        kind=attributes["kind"],
        datasets=datasets,
        settings=json.loads(attributes["settings"]),
        inputs=json.loads(attributes["inputs"]),
        libraries=json.loads(attributes["libraries"]),
        device=attributes["device"],
        seed=None if attributes["seed"] == -1 else int(attributes["seed"]),
        version=int(attributes["version"]),
    )


def _outlines(group: h5py.Group) -> Iterator[tuple[str, Outline]]:
    for node in group.values():
        name = node.name.removeprefix("/")
        if isinstance(node, h5py.Dataset) and node.attrs["lines"]:
            yield name, Outline((len(_read(node)),), "text")
        elif isinstance(node, h5py.Dataset):
            axes = tuple(axis.strip() for axis in node.attrs["axes"].split(",") if axis)
            yield name, Outline(node.shape, node.dtype.name, axes, node.attrs["unit"])
        elif "shape" in node.attrs:
            data = node["data"]
            yield name, Outline(tuple(map(int, node.attrs["shape"])), data.dtype.name, stored=len(data))
        else:
            yield from _outlines(node)


def library_versions() -> dict[str, str]:
    """Return the versions of what an artifact is made with, by name."""
    return {name: version(name) for name in ("lexloom", "numpy", "scipy", "h5py")} | {
        "python": platform.python_version(),
        "hdf5": h5py.version.hdf5_version,
    }
