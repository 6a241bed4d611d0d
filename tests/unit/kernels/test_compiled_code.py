"""Compiled code that is cached on disk follows its sources."""

import os
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

import lexloom
from lexloom.kernels.cpu.machine import cache_folder
from lexloom.kernels.cpu.machine.compiled import digest

COUNT = """
import numpy as np
from lexloom.kernels.cpu.word2vec import _pairs
print(_pairs(np.arange(8, dtype=np.int32), np.ones(4, np.int32)))
"""


def count(folder, **chosen):
    environment = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    command = [sys.executable, "-c", COUNT]
    environment |= {"PYTHONPATH": str(folder), **chosen}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(done.stdout)


def copied(folder):
    """Return a copy of lexloom in a folder, without machine code."""
    source = Path(lexloom.__file__).parent
    return shutil.copytree(source, folder / "lexloom", ignore=shutil.ignore_patterns("__pycache__"))


def files_with_another_digest(package, edited):
    """Return the files of the CPU's kernels whose digest an edit of one of them changes."""
    folder = package / "kernels" / "cpu"
    files = [path for path in folder.rglob("*.py") if path.name != "__init__.py"]
    before = [digest(path, package) for path in files]
    with (folder / edited).open("a", encoding="utf-8") as file:
        file.write("# edited")
    return {
        str(path.relative_to(folder).with_suffix(""))
        for path, old in zip(files, before, strict=True)
        if digest(path, package) != old
    }


@pytest.mark.parametrize(
    ("edited", "expected"),
    [
        ("word2vec", {"word2vec"}),
        ("recurrent", {"recurrent"}),
        ("norms", {"norms", "softmax"}),
        ("word2vec_steps", {"word2vec_steps", "word2vec"}),
        ("rows", {"rows", "updates", "word2vec"}),
        ("machine/phases", {"machine/phases", "recurrent", "softmax"}),
        ("machine/gemm", {"machine/gemm", "recurrent", "softmax", "word2vec_steps", "word2vec"}),
        ("machine/math", {"machine/math", "recurrent", "softmax", "word2vec_steps", "word2vec"}),
    ],
)
def test_an_edit_changes_the_digests_of_the_files_that_use_it_and_no_others(tmp_path, edited, expected):
    assert files_with_another_digest(copied(tmp_path), f"{edited}.py") == expected


@pytest.mark.parametrize("chosen", [False, True])
def test_an_edit_of_code_that_is_compiled_into_another_file_takes_effect(tmp_path, chosen):
    package, folder = copied(tmp_path), {"NUMBA_CACHE_DIR": str(tmp_path)} if chosen else {}
    assert count(tmp_path, **folder) == 8
    steps = package / "kernels" / "cpu" / "word2vec_steps.py"
    text = steps.read_text(encoding="utf-8")
    edited = text.replace("before[here - radii[n]] - 1", "before[here - radii[n]]")
    assert edited != text
    steps.write_text(edited, encoding="utf-8")
    assert count(tmp_path, **folder) == 12


# Permissions do not bind root, so folders that cannot be written to are files, or say so themselves.
READ_ONLY = """
import sys, tempfile
real = tempfile.TemporaryFile
def refuse(*arguments, dir=None, **keywords):
    if str(dir).startswith(sys.argv[1]):
        raise PermissionError(13, "Permission denied", str(dir))
    return real(*arguments, dir=dir, **keywords)
tempfile.TemporaryFile = refuse
"""
PLACES = """
from lexloom.kernels.cpu.word2vec import _pairs
stats = _pairs.stats
print(stats.cache_path, sum(stats.cache_hits.values()))
"""


def places(package, *readonly, **environment):
    """Return where a program with the compiled code keeps it, how much of it was there, and what it said."""
    passed = {name: value for name, value in os.environ.items() if name not in ("NUMBA_CACHE_DIR", "HOME")}
    done = subprocess.run(
        [sys.executable, "-c", (READ_ONLY if readonly else "") + COUNT + PLACES, *map(str, readonly)],
        env=passed
        | {"PYTHONPATH": str(package.parent)}
        | {key: str(path) for key, path in environment.items()},
        capture_output=True,
        text=True,
        check=True,
    )
    pairs, place = done.stdout.splitlines()
    assert float(pairs) == 8
    path, _, hits = place.rpartition(" ")
    return path, int(hits), done.stderr


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of lexloom in which one function is compiled, as one line said."""
    package = copied(tmp_path_factory.mktemp("installed"))
    path, hits, said = places(package)
    assert path.startswith(str(package))
    assert hits == 0
    (line,) = said.splitlines()
    assert line.startswith("compiling kernels for this processor")
    assert line.endswith(str(package / "kernels" / "__pycache__"))
    return package


@pytest.mark.parametrize("variable", ["HOME", "XDG_CACHE_HOME"])
def test_code_that_cannot_be_written_to_is_used_from_there_and_kept_in_the_cache_of_the_user(
    package, tmp_path, variable
):
    for _ in range(2):
        path, hits, said = places(package, package, **{variable: tmp_path})
        assert path.startswith(str(tmp_path))
        assert hits == 1
        assert not said


def test_without_a_home_machine_code_is_kept_in_a_private_temporary_folder(package, tmp_path):
    tmp_path.chmod(0o1777)
    for _ in range(2):
        path, hits, said = places(package, package, HOME="/dev/null", TMPDIR=tmp_path)
        assert path.startswith(str(tmp_path / f"lexloom-{os.geteuid()}"))
        assert hits == 1
        assert not said


def test_code_that_runs_only_compiled_is_compiled_whatever_numba_is_told(package):
    _, hits, said = places(package, NUMBA_DISABLE_JIT=1)
    assert hits == 1
    assert not said


COUNT_WORDS = """
from lexloom.corpus.word_table import WordTable
print(WordTable(b" ", "<eos>", "<unk>").read(b"one two one").tolist())
"""


def test_with_no_folder_at_all_words_are_counted_too(package, tmp_path):
    passed = {name: value for name, value in os.environ.items() if name != "NUMBA_CACHE_DIR"}
    done = subprocess.run(
        [sys.executable, "-c", READ_ONLY + COUNT_WORDS, "/"],
        env=passed | {"PYTHONPATH": str(package.parent), "HOME": "/dev/null", "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "[1, 2, 1]\n"
    assert done.stderr.count("compiles anew") == 1


def test_with_no_folder_at_all_code_is_compiled_anew_and_one_line_says_so(package, tmp_path):
    _, hits, said = places(package, "/", HOME="/dev/null", TMPDIR=tmp_path)
    assert hits == 0
    assert said.count("compiles anew") == 1


def test_a_chosen_folder_that_cannot_be_written_to_is_passed_over(package):
    path, hits, _ = places(package, NUMBA_CACHE_DIR="/dev/null")
    assert path.startswith(str(package))
    assert hits == 1


def temporary(tmp_path, monkeypatch):
    """Leave only the temporary folder to choose, and return the folder there."""
    monkeypatch.setattr(cache_folder.tempfile, "gettempdir", lambda: str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    return tmp_path / f"lexloom-{os.geteuid()}"


BESIDE = Path("/dev/null/digest")


def test_a_folder_of_machine_code_is_closed_to_others_whatever_umask_says(tmp_path, monkeypatch):
    own = temporary(tmp_path, monkeypatch)
    before = os.umask(0)
    try:
        assert cache_folder.cache_folder(BESIDE) == own / "digest"
    finally:
        os.umask(before)
    assert stat.S_IMODE(own.stat().st_mode) == 0o700


def test_a_folder_with_one_in_it_that_cannot_be_written_to_is_passed_over(tmp_path, monkeypatch):
    beside = tmp_path / "digest"
    (beside / "cpu").mkdir(parents=True)
    real = cache_folder.tempfile.TemporaryFile

    def refuse(dir):
        if dir == beside / "cpu":
            raise PermissionError(13, "Permission denied")
        return real(dir=dir)

    monkeypatch.setattr(cache_folder.tempfile, "TemporaryFile", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert cache_folder.cache_folder(beside) == tmp_path / "cache/lexloom/digest"


def test_an_unknown_home_is_no_folder_below_the_current_one(tmp_path, monkeypatch):
    own = temporary(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "~/.cache")
    assert cache_folder.cache_folder(BESIDE) == own / "digest"
    assert os.listdir(tmp_path) == [own.name]


def test_without_a_temporary_folder_one_in_memory_is_used(monkeypatch):
    def refuse():
        raise FileNotFoundError(2, "No usable temporary directory found")

    monkeypatch.setattr(cache_folder.tempfile, "gettempdir", refuse)
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    assert cache_folder.own_folder() == Path(f"/dev/shm/lexloom-{os.geteuid()}")


@pytest.mark.parametrize("mode", [0o777, 0o770, 0o1777])
def test_a_folder_that_others_can_write_to_is_not_used(tmp_path, monkeypatch, mode):
    own = temporary(tmp_path, monkeypatch)
    own.mkdir()
    own.chmod(mode)
    assert cache_folder.own_folder() == Path(f"/dev/shm/lexloom-{os.geteuid()}")


def test_a_folder_that_others_can_replace_is_not_used(tmp_path, monkeypatch):
    temporary(tmp_path, monkeypatch)
    tmp_path.chmod(0o777)
    assert cache_folder.own_folder() == Path(f"/dev/shm/lexloom-{os.geteuid()}")


def test_a_folder_of_another_user_or_a_link_is_not_used(tmp_path, monkeypatch):
    own = temporary(tmp_path, monkeypatch)
    other = tmp_path / "other"
    other.mkdir(mode=0o700)
    own.symlink_to(other)
    assert cache_folder.own_folder() == Path(f"/dev/shm/lexloom-{os.geteuid()}")
    own.unlink()
    own.mkdir(mode=0o700)
    lstat = Path.lstat
    someone = os.stat_result((stat.S_IFDIR | 0o700, 0, 0, 0, os.geteuid() + 1, 0, 0, 0, 0, 0))
    monkeypatch.setattr(Path, "lstat", lambda path: someone if path == own else lstat(path))
    assert cache_folder.own_folder() == Path(f"/dev/shm/lexloom-{os.geteuid()}")
