"""A list holds the files of a corpus, whatever their names, as the program sha256sum writes and reads it."""

import os
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.text_lists import check_unchanged, format_list, read_list
from lexloom.errors import LexloomError
from lexloom.storage.checksums import file_sha256

NAMES = [b"a.txt", b"two words", b"-v", b"~", b"new\nline\r", rb"back\slash\n", b"'\"{1}[2]$(x);", b"caf\xe9"]

names = st.binary(min_size=1).filter(lambda name: b"\0" not in name).map(os.fsdecode)
sha256 = st.text("0123456789abcdef", min_size=64, max_size=64)
entries = st.dictionaries(names, sha256, min_size=1)
lists = st.dictionaries(st.sampled_from(["train", "valid", "test"]), entries, min_size=1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with files of odd names."""
    monkeypatch.chdir(tmp_path)
    for name in NAMES:
        with open(name, "wb") as file:
            file.write(name)
    return tmp_path


@given(lists)
def test_reading_returns_what_was_written_in_order(tmp_path_factory, files):
    path = tmp_path_factory.mktemp("lists") / "list"
    path.write_bytes(format_list(files))
    listed = read_list(path, file_sha256(path))
    assert {split: list(each.items()) for split, each in listed.items()} == {
        split: list(each.items()) for split, each in files.items()
    }
    assert list(listed) == list(files)


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed")
def test_the_format_is_that_of_sha256sum(folder):
    made = subprocess.run(["sha256sum", "--", *NAMES], check=True, stdout=subprocess.PIPE).stdout
    files = {os.fsdecode(name): file_sha256(os.fsdecode(name)) for name in NAMES}
    assert format_list({"train": files}) == b"# train\n" + made
    (folder / "list").write_bytes(made)
    assert read_list("list") == {"train": files}
    (folder / "list").write_bytes(format_list({"train": files, "valid": {"a.txt": files["a.txt"]}}))
    subprocess.run(["sha256sum", "--check", "--strict", "list"], check=True, stdout=subprocess.PIPE)


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ("", "line 1 is not a checksum"),
        (f"# train\n{64 * '0'}  a\n\n", "line 3 is not a checksum"),
        (f"{63 * '0'}  a\n", "line 1 is not a checksum"),
        (f"{64 * '0'} a\n", "line 1 is not a checksum"),
        ("a.txt\n", "make the list with sha256sum"),
        (f"{64 * '0'}  a\0{64 * '0'}  b\0", "line 1 is not a checksum"),
        (f"# my novels\n{64 * '0'}  a\n", "line 1: # my novels is not one of # train, # valid, # test"),
        (f"# train\n{64 * '0'}  a\n# Valid\n", "line 3: # Valid is not one of"),
        ("#  train\n", "line 1: #  train is not one of"),
        ("# \x1b[31m\n", r"line 1: # \\x1b\[31m is not one of"),
        (f"{64 * '0'}  a\n{64 * '1'}  a\n", "line 2: a is already listed in train; keep one of the lines"),
        (f"# train\n{64 * '0'}  a\n# test\n# train\n{64 * '0'}  a\n", "line 5: a is already listed in train"),
    ],
)
def test_what_is_not_a_list_is_refused_with_the_line(tmp_path, contents, message):
    (tmp_path / "list").write_text(contents)
    with pytest.raises(LexloomError, match=message):
        read_list(tmp_path / "list")


def test_a_list_that_is_missing_or_not_the_planned_one_is_refused(tmp_path):
    with pytest.raises(LexloomError, match="list: No such file or directory"):
        read_list(tmp_path / "list")
    (tmp_path / "list").write_bytes(format_list({"train": {"a": 64 * "0"}}))
    with pytest.raises(LexloomError, match="changed since this run was planned; run it again"):
        read_list(tmp_path / "list", 64 * "0")


def test_a_file_that_is_not_the_listed_one_is_named(folder):
    files = {name: file_sha256(name) for name in ("a.txt", "-v", "~")}
    check_unchanged({"train": files})
    (folder / "-v").write_text("edited")
    with pytest.raises(LexloomError, match="-v: not the file that was listed"):
        check_unchanged({"train": files})
