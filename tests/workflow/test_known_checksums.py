"""Checksums are computed again where a file may have changed, and only there."""

import hashlib
import json
import os
from types import SimpleNamespace

import pytest
from library import known_checksums
from library.known_checksums import KnownChecksums
from snakemake.exceptions import WorkflowError

from lexloom.storage.checksums import file_sha256


@pytest.fixture
def read(monkeypatch):
    """The files that were read, in order."""
    paths = []

    def reading(path):
        paths.append(path)
        return file_sha256(path)

    monkeypatch.setattr(known_checksums, "file_sha256", reading)
    return paths


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with two files whose last change was long enough ago."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(known_checksums, "_TICK", -(10**12))
    for name in ("a", "b"):
        (tmp_path / name).write_text(name)
    return tmp_path


def sha256(*paths):
    """Return checksums as the next program would get them."""
    return KnownChecksums("kept/checksums.json").sha256(paths)


def test_a_file_is_read_once(folder, read):
    expected = {name: hashlib.sha256(name.encode()).hexdigest() for name in ("a", "b")}
    assert sha256("a", "b") == expected
    assert sha256("b", "a") == expected
    assert read == ["a", "b"]


def test_progress_is_shown(folder, monkeypatch):
    shown = []
    monkeypatch.setattr(known_checksums, "progress", lambda paths, **options: shown.extend(paths) or paths)
    sha256("a", "b")
    assert shown == ["a", "b"]


def test_nothing_is_written_where_nothing_changed(folder):
    sha256("a", "b")
    before = os.stat("kept/checksums.json")
    sha256("b")
    assert os.stat("kept/checksums.json") == before


def rewrite(path):
    path.write_text("c")


def replace(path):
    path.with_name("c").write_text("c")
    path.with_name("c").rename(path)


def point_elsewhere(path):
    path.unlink()
    path.symlink_to("b")


@pytest.mark.parametrize("change", [rewrite, replace, point_elsewhere])
def test_a_changed_file_is_read_again_though_size_and_date_are_the_old_ones(folder, read, change):
    dates = [(path.stat().st_atime_ns, path.stat().st_mtime_ns) for path in map(folder.joinpath, "ab")]
    os.utime("b", ns=dates[0])
    sha256("a")
    change(folder / "a")
    os.utime("a", ns=dates[0])
    assert sha256("a") == {"a": file_sha256("a")}
    assert read == ["a", "a"]


def test_a_file_edited_behind_a_link_is_read_again(folder):
    (folder / "link").symlink_to("a")
    sha256("link")
    rewrite(folder / "a")
    assert sha256("link") == {"link": file_sha256("a")}


@pytest.mark.parametrize("field", ["st_size", "st_mtime_ns", "st_ctime_ns", "st_ino"])
def test_each_of_size_times_and_inode_alone_has_a_file_read_again(folder, read, monkeypatch, field):
    """Not every file system has a useful ctime, and files that were made at one moment share their times."""
    sha256("a")
    fields = ("st_size", "st_mtime_ns", "st_ctime_ns", "st_ino")
    known = {name: getattr(os.stat("a"), name) for name in fields}
    other = SimpleNamespace(**known | {field: known[field] + 1})
    monkeypatch.setattr(known_checksums, "os", SimpleNamespace(path=os.path, stat=lambda path: other))
    sha256("a")
    assert read == ["a", "a"]


def test_a_file_that_changes_while_it_is_read_is_read_again(folder, monkeypatch):
    def reading(path):
        digest = file_sha256(path)
        rewrite(folder / "a")
        return digest

    with monkeypatch.context() as patch:
        patch.setattr(known_checksums, "file_sha256", reading)
        sha256("a")
    assert sha256("a") == {"a": file_sha256("a")}


def test_a_file_that_changed_just_now_is_read_again_until_its_time_has_passed(folder, read, monkeypatch):
    monkeypatch.setattr(known_checksums, "_TICK", 10**12)
    sha256("a")
    sha256("a")
    assert read == ["a", "a"]
    monkeypatch.setattr(known_checksums, "_TICK", -(10**12))
    sha256("a")
    sha256("a")
    assert read == ["a", "a", "a"]


@pytest.mark.parametrize(
    "kept", ["", "[]", "{", "[" * 100_000, '{"a": 1, "b": null}', '{"a": "1 2 3 4 5"}', "\udcff"]
)
def test_what_is_kept_may_be_damaged(folder, kept):
    (folder / "kept").mkdir()
    (folder / "kept/checksums.json").write_bytes(kept.encode(errors="surrogateescape"))
    assert sha256("a", "b") == {"a": file_sha256("a"), "b": file_sha256("b")}


def test_where_nothing_can_be_kept_files_are_read_each_time(folder, read):
    (folder / "kept/checksums.json").mkdir(parents=True)
    assert sha256("a") == sha256("a")
    assert read == ["a", "a"]


def test_files_that_are_gone_are_forgotten(folder):
    sha256("a", "b")
    os.unlink("b")
    rewrite(folder / "a")
    sha256("a")
    assert json.loads((folder / "kept/checksums.json").read_text()).keys() == {"a"}


def test_a_pipe_or_a_folder_is_refused_and_not_waited_for(folder):
    os.mkfifo("pipe")
    for path in ("pipe", "."):
        with pytest.raises(WorkflowError, match="expected a file to read"):
            sha256(path)


def test_a_file_that_cannot_be_read_is_named(folder):
    with pytest.raises(WorkflowError, match=r"two\\nlines: No such file or directory; expected a file"):
        sha256("a", "two\nlines")
