"""The one HDF5 convention of every stage: what a file holds, where it came from, and that it is whole.

A file has the attributes `kind`, `version`, `settings` (JSON), `inputs` (JSON: file name to sha256),
`libraries` (JSON), `device` and `seed`, and datasets named by what they hold. The same inputs give
the same bytes.

The first 512 bytes (HDF5's user block, which other programs skip) hold the sha256 of the rest. It is checked
before anything else is read. Since anybody can compute it, `lexloom.storage.hdf5_reading` trusts nothing that
follows, and what is read is checked against `lexloom.storage.layouts`.
"""

from collections.abc import Iterable
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from lexloom.errors import ArtifactError, LexloomError
from lexloom.settings.base import Group as SettingsGroup
from lexloom.settings.mistakes import checked
from lexloom.storage.hdf5_reading import Array, Group
from lexloom.storage.layouts import TEXT, Outline
from lexloom.storage.matrix_rows import Refusing, StoredArray, StoredRows
from lexloom.storage.stored_artifacts import Rows, Slices, StoredArtifact, outline_of, read_lines, refusing


@dataclass
class Artifact:
    """What a stage stored.

    Attributes
    ----------
    datasets : dict of str to ndarray, list of str, scipy.sparse.csr_array, StoredArray or StoredRows
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
        raise ArtifactError(f"{self.path}: {fault}", [self.kind], self.path)


def read_artifact(
    path: str | Path,
    kind: str | tuple[str, ...],
    names: Iterable[str] | None = None,
    in_parts: Iterable[str] = (),
) -> Artifact:
    """Read an artifact of a kind (or of one of several), or only the datasets `names` of it.

    Of the datasets `in_parts`, nothing is read yet: each is a `StoredArray` or `StoredRows`, which reads and
    checks what it is asked for, and keeps the file open.

    Raises
    ------
    ArtifactError
        When the file is missing, damaged, of another kind or version, or lacks a dataset: which file, what
        was expected.
    """
    kinds = (kind,) if isinstance(kind, str) else kind
    with refusing(path, kinds), ExitStack() as stack:
        stored = stack.enter_context(closing(StoredArtifact(path, kinds)))
        wanted = sorted(stored.nodes.keys() - {*in_parts}) if names is None else names
        datasets = {name: stored.read(name) for name in wanted}
        opened = partial(refusing, path, kinds)
        datasets |= {name: _in_parts(stored.parts(name), opened) for name in in_parts}
        artifact = Artifact(datasets=datasets, path=path, **stored.about())
        if in_parts:
            stack.pop_all()
        return artifact


def _in_parts(parts: Rows | Slices, opened: Refusing) -> StoredRows | StoredArray:
    return StoredRows(parts, opened) if isinstance(parts, Rows) else StoredArray(parts, opened)


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


def _described(name: str, node: Array | Group) -> Outline:
    outline = outline_of(name, node)
    if outline.dtype != TEXT or not isinstance(node, Array):
        return outline
    return replace(outline, shape=(len(read_lines(name, node)),))
