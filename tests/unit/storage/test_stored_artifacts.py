"""An artifact is opened once, and closed when it is refused."""

import builtins
import hashlib
import json

import h5py
import numpy as np
import pytest
from scipy import sparse

from lexloom.errors import LexloomError
from lexloom.storage.artifacts import Provenance, describe_artifact, read_artifact, write_artifact
from lexloom.storage.checksums import SEAL_BYTES, seal_of
from lexloom.storage.matrix_rows import StoredRows


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.h5"
    write_artifact(path, "ppmi", {"ppmi": sparse.csr_array(np.eye(3)), "words": ["a", "b", "c"]})
    return path


@pytest.fixture
def opened(monkeypatch):
    """The files that are opened from now on."""
    files, original = [], open
    monkeypatch.setattr(
        builtins,
        "open",
        lambda *arguments, **options: files.append(original(*arguments, **options)) or files[-1],
    )
    return files


def test_what_is_read_is_the_file_whose_seal_was_checked(path, opened):
    read_artifact(path, "ppmi")
    assert [file.closed for file in opened] == [True]


@pytest.mark.parametrize(
    "read",
    [
        lambda path: read_artifact(path, "corpus"),
        lambda path: StoredRows(path, "corpus", "counts"),
        lambda path: StoredRows(path, "ppmi", "no such matrix"),
    ],
)
def test_a_refused_file_is_closed(path, opened, read):
    with pytest.raises(LexloomError) as error:
        read(path)
    assert [file.closed for file in opened] == [True], error


@pytest.mark.parametrize("levels", [21, 300, 600, 900, 5000, 100_000])
def test_settings_of_too_many_levels_are_refused(path, levels):
    with h5py.File(path, "r+") as file:
        file.attrs["settings"] = '{"a": ' + "[" * levels + "]" * levels + "}"
    content = path.read_bytes()[SEAL_BYTES:]
    path.write_bytes(seal_of(hashlib.sha256(content).hexdigest()) + content)
    for read in (describe_artifact, lambda path: read_artifact(path, "ppmi")):
        with pytest.raises(LexloomError, match=r"a\.h5: settings "):
            read(path)


def test_settings_of_some_levels_are_read(path):
    settings = {"a": json.loads("[" * 18 + "]" * 18)}
    write_artifact(path, "shard", {}, Provenance(settings))
    assert describe_artifact(path).settings == settings
