"""An artifact is opened once, and closed when it is refused."""

import builtins
import json

import h5py
import numpy as np
import pytest
from resealed import mutate
from scipy import sparse

from lexloom.errors import LexloomError
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import describe_artifact, read_artifact


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
        lambda path: read_artifact(path, "corpus", [], in_parts=["counts"])["counts"],
        lambda path: read_artifact(path, "ppmi", [], in_parts=["no such matrix"])["no such matrix"],
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
    mutate(path, [])
    for read in (describe_artifact, lambda path: read_artifact(path, "ppmi")):
        with pytest.raises(LexloomError, match=r"a\.h5: settings "):
            read(path)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("settings", "[]", "settings is not a dict"),
        ("settings", "{", "settings is not JSON"),
        ("settings", '{"a": NaN}', "settings is not JSON"),
        ("settings", r'{"a": "\ud800"}', "settings is not JSON"),
        ("inputs", '{"a": 1}', "inputs has values that are not texts"),
        ("libraries", '{"a": null}', "libraries has values that are not texts"),
        ("seed", 1.5, "seed is 1.5, expected one int"),
        ("seed", [1, 2], r"seed is \[1, 2\], expected one int"),
        ("version", "1", "version is '1', expected one int"),
        ("device", 3, "device is 3, expected one str"),
        ("device", "\x1b[31m", r"device is '\\x1b\[31m', expected printable text"),
        ("kind", "\u202e", r"kind is '\\u202e', expected printable text"),
    ],
)
def test_an_attribute_that_is_not_what_it_should_be_is_named(path, name, value, message):
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value
    mutate(path, [])
    with pytest.raises(LexloomError, match=rf"a\.h5: {message}") as error:
        describe_artifact(path)
    assert str(error.value).isprintable()


def test_words_that_are_not_utf8_are_refused(path):
    with h5py.File(path, "r+") as file:
        file["words"][0] = 0xE9
    mutate(path, [])
    with pytest.raises(LexloomError, match="'words' is not UTF-8"):
        read_artifact(path, "ppmi")


@pytest.mark.parametrize(("old", "new"), [(b"words\0", b"w\xf6rds\0"), (b"cpu", b"c\xfcu")])
def test_names_and_attributes_that_are_not_utf8_are_refused(path, old, new):
    path.write_bytes(path.read_bytes().replace(old, new))
    mutate(path, [])
    with pytest.raises(LexloomError, match="a text that is not UTF-8"):
        read_artifact(path, "ppmi")


def test_settings_of_some_levels_are_read(path):
    settings = {"a": json.loads("[" * 18 + "]" * 18)}
    write_artifact(path, "shard", {}, Provenance(settings))
    assert describe_artifact(path).settings == settings
