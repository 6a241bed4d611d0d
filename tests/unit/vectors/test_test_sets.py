"""Test sets are read in each published form, and a damaged one is refused with its line."""

import os

import pytest

from lexloom.errors import LexloomError
from lexloom.vectors.test_sets import read_analogies, read_similarity_set


@pytest.mark.parametrize(
    "text",
    [
        "# a comment\n# Word 1\tWord 2\tHuman (mean)\ntiger\tcat\t7.35\ncar\tcar\t10\n",
        "tiger cat 7.350000\ncar car 10.000000",
        "tiger cat 7.35\r\n\r\ncar car 10\r\n",
        "\ufefftiger cat 7.35\n\ufeff# joined with cat\n\ufeffcar car 10",
    ],
)
def test_similarity_sets_are_read_in_each_published_form(tmp_path, text):
    path = tmp_path / "set.txt"
    path.write_bytes(text.encode())
    pairs, ratings = read_similarity_set(path)
    assert pairs == [("tiger", "cat"), ("car", "car")]
    assert ratings.tolist() == [7.35, 10.0]


@pytest.mark.parametrize(
    "line", ["tiger cat", "tiger cat seven", "tiger cat 7.35 8", "tiger cat nan", "tiger"]
)
def test_a_damaged_pair_is_refused_with_its_line(tmp_path, line):
    path = tmp_path / "set.txt"
    path.write_text(f"# comment\ncar car 10\n{line}\n")
    with pytest.raises(LexloomError, match=r"set\.txt, line 3: .*expected two words and a number"):
        read_similarity_set(path)


def test_analogies_are_read_without_their_section_heads(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(": capitals\nAthens Greece Oslo Norway\n: family\nboy girl king queen\n")
    assert read_analogies(path) == [("Athens", "Greece", "Oslo", "Norway"), ("boy", "girl", "king", "queen")]


def test_a_damaged_analogy_is_refused_with_its_line(tmp_path):
    path = tmp_path / "questions.txt"
    path.write_text(": capitals\nAthens Greece Oslo\n")
    with pytest.raises(
        LexloomError, match=r"questions\.txt, line 2: 'Athens Greece Oslo'; expected four words"
    ):
        read_analogies(path)


@pytest.mark.parametrize("read", [read_similarity_set, read_analogies])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no (word pairs|analogies)"),
        (b"caf\xe9 bar 1\n", "byte 0xe9 is not UTF-8, byte offset 3"),
        (None, "no such file"),
    ],
)
def test_a_file_that_is_no_test_set_is_refused(tmp_path, read, content, message):
    path = tmp_path / "set.txt"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LexloomError, match=rf"set\.txt: {message}"):
        read(path)


@pytest.mark.parametrize("read", [read_similarity_set, read_analogies])
def test_a_pipe_is_refused(tmp_path, read):
    """It is gone when its checksum is taken; the one that the scores record would be of nothing."""
    os.mkfifo(tmp_path / "pipe")
    with (
        open(os.open(tmp_path / "pipe", os.O_RDWR | os.O_NONBLOCK)),
        pytest.raises(LexloomError, match="pipe: a pipe, socket or device; name a file"),
    ):
        read(tmp_path / "pipe")
