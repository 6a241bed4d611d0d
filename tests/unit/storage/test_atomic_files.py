"""What is written stands whole under its name, or not at all."""

import os

import pytest

from lexloom.errors import LexloomError
from lexloom.storage.atomic_files import replacing, write_lines


def test_lines_come_back_and_the_folder_is_made(tmp_path):
    write_lines(tmp_path / "new/a.txt", ["été", "<unk>"])
    assert (tmp_path / "new/a.txt").read_bytes() == "été\n<unk>\n".encode()


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def fail():
        yield "new"
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        write_lines(path, fail())
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_what_is_no_file_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path):
        with pytest.raises(LexloomError, match="not a file"), replacing(path):
            pass
    assert (tmp_path / "pipe").is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]
