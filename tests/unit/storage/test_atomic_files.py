"""What is written stands whole under its name, or not at all."""

import multiprocessing
import os
import resource
import signal
import stat
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.errors import LexloomError
from lexloom.storage import atomic_files
from lexloom.storage.atomic_files import remove_leftovers, replacing, write_lines

NOBODY = (65534, 65534)


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def temporary_files(folder):
    return [path for path in folder.iterdir() if path.name.startswith(".lexloom-")]


def test_lines_come_back_and_the_folder_is_made(tmp_path):
    write_lines(tmp_path / "new/a.txt", ["été", "<unk>"])
    assert (tmp_path / "new/a.txt").read_bytes() == "été\n<unk>\n".encode()


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        yield "new"
        raise KeyError("a bug")

    with pytest.raises(KeyError, match="a bug"):
        write_lines(path, fail())
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


@pytest.mark.parametrize("error", [ConnectionError("no answer"), KeyboardInterrupt(), SystemExit(1)])
def test_an_error_that_is_not_of_the_file_is_passed_on(tmp_path, error):
    with pytest.raises(type(error)), replacing(tmp_path / "a.txt"):
        raise error
    assert os.listdir(tmp_path) == []


def test_what_is_no_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/null")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "link"):
        with pytest.raises(LexloomError, match="not a file"), replacing(path):
            pass
    assert (tmp_path / "pipe").is_fifo()
    assert sorted(os.listdir(tmp_path)) == ["link", "pipe"]


def test_a_name_of_any_length_can_be_written(tmp_path):
    write_lines(tmp_path / ("a" * 255), [])
    with pytest.raises(LexloomError, match="could not be written: File name too long"):
        write_lines(tmp_path / ("a" * 256), [])
    assert os.listdir(tmp_path) == ["a" * 255]


@given(umask=st.integers(0, 0o777), older=st.none() | st.integers(0, 0o777).map(lambda bits: bits | 0o200))
def test_permissions_are_those_that_open_would_give(tmp_path_factory, umask, older):
    ours, plain = (tmp_path_factory.mktemp("modes") / name for name in ("ours.txt", "plain.txt"))
    for path in (ours, plain):
        if older is not None:
            path.touch()
            path.chmod(older)
    before = os.umask(umask)
    try:
        write_lines(ours, ["new"])
        with open(plain, "w") as file:
            file.write("new")
    finally:
        os.umask(before)
    assert mode(ours) == mode(plain)


def test_what_only_its_owner_may_read_is_never_open_to_others(tmp_path, monkeypatch):
    (tmp_path / "a.txt").touch(0o600)
    monkeypatch.setattr(atomic_files.os, "fchmod", lambda file, mode: None)  # not for a moment before it
    with replacing(tmp_path / "a.txt"):
        (beside,) = temporary_files(tmp_path)
        assert mode(beside) == 0o600


def test_the_owner_stays_where_that_is_allowed(tmp_path, monkeypatch):
    owners = []

    def refuse(file, *owner):
        owners.append(owner)
        raise PermissionError

    write_lines(tmp_path / "a.txt", ["old"])
    monkeypatch.setattr(atomic_files.os, "fchown", refuse)
    write_lines(tmp_path / "a.txt", ["new"])
    status = (tmp_path / "a.txt").stat()
    assert owners == [(status.st_uid, status.st_gid)]
    assert (tmp_path / "a.txt").read_text() == "new\n"


def test_a_write_protected_file_stays():
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.txt")
        path.write_text("kept")
        path.chmod(0o444)
        if is_root := os.geteuid() == 0:  # root may write to any file
            os.chown(folder, *NOBODY)
            os.chown(path, *NOBODY)
            os.seteuid(NOBODY[0])
        try:
            with pytest.raises(LexloomError, match=r"a\.txt: could not be written: Permission denied"):
                write_lines(path, ["new"])
        finally:
            if is_root:
                os.seteuid(0)
        assert path.read_text() == "kept"


@pytest.mark.parametrize("content", ["old", None], ids=["to a file", "dangling"])
@pytest.mark.parametrize("target", ["b.txt", "../other/b.txt", "/b.txt", "link"])
def test_a_symbolic_link_is_written_through(tmp_path, content, target):
    folder, other = tmp_path / "folder", tmp_path / "other"
    folder.mkdir()
    other.mkdir()
    target = str(other) + target if target.startswith("/") else target
    if target == "link":
        (folder / "link").symlink_to("b.txt")
    link = folder / "a.txt"
    link.symlink_to(target)
    file = folder / ("b.txt" if target == "link" else target)
    if content is not None:
        file.write_text(content)
    write_lines(link, ["new"])
    assert os.readlink(link) == target
    assert file.read_text() == link.read_text() == "new\n"
    assert not file.is_symlink()
    assert temporary_files(folder) == temporary_files(other) == []


def test_a_folder_that_is_a_link_stays_one(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    write_lines(tmp_path / "link/new/a.txt", ["new"])
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "folder/new/a.txt").read_text() == "new\n"


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("a.txt", "could not be written: Too many levels of symbolic links"),
        ("nowhere/b.txt", "a link to .*nowhere/b.txt, whose folder does not exist"),
        ("file/b.txt", "could not be written: Not a directory"),
        ("..", "not a file"),
    ],
)
def test_a_link_that_leads_nowhere_is_refused(tmp_path, target, reason):
    (tmp_path / "file").touch()
    (tmp_path / "a.txt").symlink_to(target)
    with pytest.raises(LexloomError, match=f"a.txt: {reason}"):
        write_lines(tmp_path / "a.txt", ["new"])
    assert os.readlink(tmp_path / "a.txt") == target
    assert sorted(os.listdir(tmp_path)) == ["a.txt", "file"]


def test_other_hard_links_keep_the_old_content(tmp_path):
    (tmp_path / "a.txt").write_text("old")
    (tmp_path / "backup.txt").hardlink_to(tmp_path / "a.txt")
    write_lines(tmp_path / "a.txt", ["new"])
    assert (tmp_path / "backup.txt").read_text() == "old"


def hold(path, kill):
    """Write half of a file, then wait to be ended, or end by a kill."""
    with replacing(path) as file:
        file.write(b"half")
        file.flush()
        if kill:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(60)


def start(path, kill):
    process = multiprocessing.get_context("fork").Process(target=hold, args=(path, kill))
    process.start()
    return process


def kill_while_writing(path):
    process = start(path, kill=True)
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    (left,) = temporary_files(path.parent)
    return left


def test_what_a_killed_program_left_goes_at_the_next_start_of_any_other(tmp_path):
    kill_while_writing(tmp_path / "a.h5")
    write_lines(tmp_path / "b.txt", ["new"])
    assert os.listdir(tmp_path) == ["b.txt"]


def test_what_another_program_still_writes_stays(tmp_path):
    process = start(tmp_path / "a.h5", kill=False)
    while not temporary_files(tmp_path):
        time.sleep(0.01)
    time.sleep(0.1)
    try:
        write_lines(tmp_path / "a.h5", ["new"])
        assert len(temporary_files(tmp_path)) == 1
    finally:
        process.kill()
        process.join(60)
    write_lines(tmp_path / "a.h5", ["new"])
    assert os.listdir(tmp_path) == ["a.h5"]


def test_what_this_program_still_writes_stays(tmp_path):
    with replacing(tmp_path / "a.txt") as outer:
        write_lines(tmp_path / "a.txt", ["inner"])
        outer.write(b"outer")
    assert (tmp_path / "a.txt").read_text() == "outer"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_a_program_of_another_host_may_still_write_stays_for_a_week(tmp_path, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(atomic_files, "_HOST", "node7")
        left = kill_while_writing(tmp_path / "a.h5")
    assert "node7" in left.name
    remove_leftovers(tmp_path)
    assert left.exists()
    week = 7 * 24 * 3600
    os.utime(left, (time.time() - week - 1,) * 2)
    remove_leftovers(tmp_path)
    assert not left.exists()


def test_a_leftover_that_another_program_removes_first_does_not_keep_the_others(tmp_path, monkeypatch):
    names = [f".lexloom-{digit * 16}-node7.tmp" for digit in "0123"]
    for name in names:
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    gone = [tmp_path / name for name in os.listdir(tmp_path)][1]
    age = atomic_files._age

    def removed_before(path):
        if path == gone:
            path.unlink()
        return age(path)

    monkeypatch.setattr(atomic_files, "_age", removed_before)
    remove_leftovers(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_where_there_are_no_locks_files_are_written_and_nothing_is_taken_for_dead(tmp_path, monkeypatch):
    def no_locks(file, operation):
        raise OSError(38, "Function not implemented")

    left = kill_while_writing(tmp_path / "a.h5")
    monkeypatch.setattr(atomic_files.fcntl, "flock", no_locks)
    write_lines(tmp_path / "b.txt", ["new"])
    assert set(tmp_path.iterdir()) == {left, tmp_path / "b.txt"}


@pytest.mark.parametrize(
    "name",
    [".a.h5.bak", ".a.h5.swp", ".a.h5.abc12345", "a.h5~", "tmp.txt", ".lexloom-notes.tmp", "lexloom.tmp"],
)
def test_files_of_others_stay_whatever_their_age(tmp_path, name):
    (tmp_path / name).touch()
    os.utime(tmp_path / name, (0, 0))
    write_lines(tmp_path / "a.h5", ["new"])
    assert (tmp_path / name).exists()


def test_a_link_with_such_a_name_is_of_others_too(tmp_path):
    (tmp_path / "a.txt").touch()
    link = tmp_path / f".lexloom-{'0' * 16}-{atomic_files._HOST}.tmp"
    link.symlink_to("a.txt")
    remove_leftovers(tmp_path)
    assert link.is_symlink()


def test_a_name_taken_for_a_leftover_before_it_was_locked_is_given_up(tmp_path, monkeypatch):
    flock, locked = atomic_files.fcntl.flock, []

    def steal(file, operation):
        if not locked:
            os.unlink(file.name)
        locked.append(file)
        flock(file, operation)

    monkeypatch.setattr(atomic_files.fcntl, "flock", steal)
    write_lines(tmp_path / "a.txt", ["new"])
    assert len(locked) == 2
    assert (tmp_path / "a.txt").read_text() == "new\n"


def test_an_unreadable_folder_can_be_written_to(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir(0o300)
    write_lines(folder / "a.txt", ["new"])
    assert (folder / "a.txt").read_text() == "new\n"


def test_a_full_disk_names_the_output_and_leaves_the_old_file(tmp_path, capfd):
    path = tmp_path / "a.txt"
    path.write_text("old")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, limits[1]))
    try:
        for length in (101, 100_000):  # written when the file is closed, and before
            with pytest.raises(LexloomError, match=r"a\.txt: could not be written: File too large$"):
                write_lines(path, ["a" * length])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]
    assert capfd.readouterr() == ("", "")
