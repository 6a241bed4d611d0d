"""The one HDF5 convention of every stage: what a file holds, where it came from, and that it is whole.

A file has the attributes `kind`, `version`, `settings` (JSON), `inputs` (JSON: file name to sha256),
`libraries` (JSON), `device` and `seed`, and datasets named by what they hold. The same inputs give
the same bytes.

The first 512 bytes (HDF5's user block, which other programs skip) hold the sha256 of the rest. It is checked
before anything else is read. Since anybody can compute it, `lexloom.storage.hdf5_reading` trusts nothing that
follows, and what is read is checked against `lexloom.storage.layouts`.
"""

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import h5py
import numpy as np

from lexloom.errors import ArtifactError, LexloomError
from lexloom.settings.base import Group as SettingsGroup
from lexloom.settings.mistakes import checked
from lexloom.storage.atomic_files import replacing
from lexloom.storage.checksums import SEAL_BYTES, checksums, seal_of
from lexloom.storage.hdf5_reading import Array, Group
from lexloom.storage.hdf5_writing import write_hdf5
from lexloom.storage.layouts import TEXT, VERSIONS, Outline
from lexloom.storage.stored_artifacts import StoredArtifact, outline_of, read_lines, refusing

if TYPE_CHECKING:
    from scipy import sparse


@dataclass
class Dataset:
    """An array with the names of its axes and its unit, kept as attributes of the HDF5 dataset."""

    array: np.ndarray
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


@dataclass
class Artifact:
    """What a stage stored.

    Attributes
    ----------
    datasets : dict of str to ndarray, list of str or scipy.sparse.csr_array
        By their full names, such as "history/loss".
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
    path : path
        The file, for error messages.
    """

    kind: str
    datasets: dict[str, Any]
    settings: dict[str, Any]
    inputs: dict[str, str] = field(default_factory=dict)
    libraries: dict[str, str] = field(default_factory=dict)
    device: str = "cpu"
    seed: int | None = None
    version: int | None = None
    path: str | Path = ""

    def __getitem__(self, name: str) -> Any:
        """Return a dataset, or all of a group as a dict.

        Raises
        ------
        ArtifactError
            If the artifact has no such dataset.
        """
        if name in self.datasets:
            return self.datasets[name]
        group = {
            full.removeprefix(f"{name}/"): value
            for full, value in self.datasets.items()
            if full.startswith(f"{name}/")
        }
        return group or self.refuse(f"{self.kind} without {name!r}")

    def recorded(self, group: type[SettingsGroup]) -> SettingsGroup:
        """Return a group of the settings with which the artifact was made, checked.

        Raises
        ------
        ArtifactError
            If a setting is missing or not allowed.
        """
        missing = [name for name in group.model_fields if name not in self.settings]
        if missing:
            self.refuse(f"its settings lack {', '.join(missing)}")
        try:
            return checked(group, {name: self.settings[name] for name in group.model_fields})
        except LexloomError as error:
            return self.refuse(f"its settings: {str(error).splitlines()[0]}")

    def refuse(self, fault: str) -> NoReturn:
        """Raise an error that names the file and what is wrong with it."""
        raise ArtifactError(f"{self.path}: {fault}", [self.kind])


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
            write_hdf5(file, partial(_fill, attributes, prepared), SEAL_BYTES)
            file.seek(SEAL_BYTES)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            file.seek(0)
            file.write(seal_of(digest))
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
    with refusing(path, kinds), closing(StoredArtifact(path, kinds)) as stored:
        wanted = sorted(stored.nodes) if names is None else names
        return Artifact(datasets={name: stored.read(name) for name in wanted}, path=path, **stored.about())


def describe_artifact(path: str | Path) -> Artifact:
    """Return an artifact of any kind and version whose datasets are each an `Outline`, by their full names.

    Raises
    ------
    LexloomError
        When the file is missing, damaged or malformed.
    """
    with refusing(path), closing(StoredArtifact(path)) as stored:
        outlines = {name: _described(name, node) for name, node in stored.nodes.items()}
        return Artifact(datasets=outlines, path=path, **stored.about())


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


def _prepared(value: Any) -> "Dataset | sparse.csr_array":
    """Return what HDF5 writes without taking memory for a copy."""
    if hasattr(
        value, "tocsr"
    ):  # not by its type: loading SciPy takes longer than most programs take to start
        return value.tocsr()
    if isinstance(value, list):
        return _Lines(np.frombuffer("\n".join(value).encode(), np.uint8))
    labelled = value if isinstance(value, Dataset) else Dataset(value)
    return replace(labelled, array=np.asarray(labelled.array, order="C"))


def _fill(attributes: Mapping[str, Any], datasets: Mapping[str, Any], file: h5py.File) -> None:
    file.attrs.update(attributes)
    for name, value in datasets.items():
        _write(file, name, value)


def _write(group: h5py.Group, name: str, value: "Dataset | sparse.csr_array") -> None:
    if not isinstance(value, Dataset):
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


def _described(name: str, node: Array | Group) -> Outline:
    outline = outline_of(name, node)
    if outline.dtype != TEXT or not isinstance(node, Array):
        return outline
    return replace(outline, shape=(len(read_lines(name, node)),))


def library_versions() -> dict[str, str]:
    """Return the versions of what an artifact is made with, by name."""
    return {name: version(name) for name in ("lexloom", "numpy", "scipy", "h5py")} | {
        "python": platform.python_version(),
        "hdf5": h5py.version.hdf5_version,
    }
