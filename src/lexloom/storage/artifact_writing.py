"""Writes what `lexloom.storage.artifacts` reads, with where it comes from."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import h5py
import numpy as np

from lexloom.errors import LexloomError
from lexloom.storage.atomic_files import replacing
from lexloom.storage.checksums import SEAL_BYTES, checksums, seal_of
from lexloom.storage.hdf5_writing import write_hdf5
from lexloom.storage.in_parts import InParts
from lexloom.storage.layouts import VERSIONS
from lexloom.storage.scratch import ScratchMatrix

if TYPE_CHECKING:
    from scipy import sparse


@dataclass
class Dataset:
    """An array with the names of its axes and its unit, kept as attributes of the HDF5 dataset."""

    array: np.ndarray | InParts
    axes: tuple[str, ...] = ()
    unit: str = ""


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


def write_artifact(
    path: str | Path,
    kind: str,
    datasets: Mapping[str, Any],
    provenance: Provenance = Provenance(),
) -> None:
    """Write an artifact next to its target and rename it, so that nobody reads half a file.

    Parameters
    ----------
    datasets : mapping of str to ndarray, InParts, Dataset, list of str, csr_array or ScratchMatrix
        A list of strings is stored as UTF-8 lines; a sparse matrix as a group. What is not in memory is read
        piece by piece.
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
            write_hdf5(file, partial(_fill, attributes, prepared), SEAL_BYTES)
            file.seek(SEAL_BYTES)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            file.write(seal_of(digest))
    except MemoryError as error:
        raise LexloomError(f"{path}: could not be written: not enough memory") from error


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


def _prepared(value: Any) -> "Dataset | ScratchMatrix | sparse.csr_array":
    """Return what HDF5 writes without taking memory for a copy."""
    if isinstance(value, ScratchMatrix):
        return value
    if hasattr(value, "tocsr"):  # loading SciPy for its type takes longer than most programs take to start
        return value.tocsr()
    if isinstance(value, list):
        return _Lines(np.frombuffer("\n".join(value).encode(), np.uint8))
    labelled = value if isinstance(value, Dataset) else Dataset(value)
    array = labelled.array
    return replace(labelled, array=array if isinstance(array, InParts) else np.asarray(array, order="C"))


def _fill(attributes: Mapping[str, Any], datasets: Mapping[str, Any], file: h5py.File) -> None:
    file.attrs.update(attributes)
    for name, value in datasets.items():
        _write(file, name, value)


def _write(group: h5py.Group, name: str, value: "Dataset | ScratchMatrix | sparse.csr_array") -> None:
    if not isinstance(value, Dataset):
        child = group.create_group(name)
        child.attrs["shape"] = value.shape
        for part in ("data", "indices", "indptr"):
            _write(child, part, Dataset(getattr(value, part)))
        return
    array = value.array
    if 0 in array.shape or array.shape == ():
        dataset = group.create_dataset(name, data=array[:] if array.shape else array)
    else:
        dataset = group.create_dataset(
            name,
            array.shape,
            array.dtype,
            chunks=_chunks(array),
            compression="gzip",
            compression_opts=1,
            shuffle=True,
            fletcher32=True,
        )
        for start in range(0, len(array), dataset.chunks[0]):
            rows = slice(start, start + dataset.chunks[0])
            dataset[rows] = array[rows]
    dataset.attrs["axes"] = ",".join(value.axes)
    dataset.attrs["unit"] = value.unit
    dataset.attrs["lines"] = isinstance(value, _Lines)


def _chunks(array: np.ndarray | InParts) -> tuple[int, ...]:
    rows = max(1, (1 << 20) // (array.dtype.itemsize * prod(array.shape[1:])))
    return (min(len(array), rows), *array.shape[1:])


def library_versions() -> dict[str, str]:
    """Return the versions of what an artifact is made with, by name."""
    return {name: version(name) for name in ("lexloom", "numpy", "scipy", "h5py")} | {
        "python": platform.python_version(),
        "hdf5": h5py.version.hdf5_version,
    }
