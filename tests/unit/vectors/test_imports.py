"""Vectors of other programs are read whole, or refused in one line."""

import re

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from test_exports import assert_same, long_and_foreign, words_and_vectors

from lexloom.errors import LexloomError
from lexloom.vectors.exports import write_word2vec, write_word2vec_binary
from lexloom.vectors.imports import import_vectors


def in_text(path, words, vectors):
    write_word2vec(path, words, vectors)


def in_binary(path, words, vectors):
    write_word2vec_binary(path, words, vectors)


def in_binary_of_gensim(path, words, vectors):
    """Write no line end after each vector."""
    rows = zip(words, vectors.astype("<f4"), strict=True)
    head = f"{len(words)} {vectors.shape[1]}\n".encode()
    path.write_bytes(head + b"".join(word.encode() + b" " + row.tobytes() for word, row in rows))


def as_glove(path, words, vectors):
    """Write no first line."""
    write_word2vec(path, words, vectors)
    path.write_bytes(path.read_bytes().partition(b"\n")[2])


def as_fasttext(path, words, vectors):
    """Write a space at the end of each line."""
    write_word2vec(path, words, vectors)
    path.write_bytes(path.read_bytes().replace(b"\n", b" \n"))


WRITERS = [in_text, in_binary, in_binary_of_gensim, as_glove, as_fasttext]


@pytest.mark.parametrize("write", WRITERS)
@given(table=words_and_vectors(finite=True))
@example(table=long_and_foreign())
def test_each_format_is_recognized_and_read_bit_for_bit(tmp_path_factory, write, table):
    words, vectors = table
    assume(write is not as_glove or vectors.shape[1] > 1)  # `7 2` in the first line would be a size
    path = tmp_path_factory.mktemp("imports") / "vectors"
    write(path, words, vectors)
    actual = import_vectors(path)
    assert actual[0] == words
    assert_same(actual[1], vectors)


@pytest.mark.parametrize("write", WRITERS)
@given(cut=st.integers(0, 200), at=st.integers(0, 200), byte=st.binary(min_size=1, max_size=1))
def test_a_damaged_file_is_read_or_refused_and_nothing_else(tmp_path_factory, write, cut, at, byte):
    path = tmp_path_factory.mktemp("imports") / "vectors"
    write(path, ["the", "king", "日本語"], np.float32([[1, 2.5, -3], [0, 1e-30, 4], [5, 6, 7]]))
    content = path.read_bytes()
    path.write_bytes(content[:at] + byte + content[at + 1 : len(content) - cut])
    said = ""
    try:
        words, vectors = import_vectors(path)
        assert len(words) == len(vectors) > 0
        assert np.isfinite(vectors).all()
    except LexloomError as error:
        said = str(error)
    assert not said or (said.startswith(str(path)) and "\n" not in said)


def test_a_word_with_spaces_stays_whole(tmp_path):
    (tmp_path / "glove.txt").write_bytes(b"the 1 2\n. . . 3 4\nat name@domain.com 5 6\n")
    words, vectors = import_vectors(tmp_path / "glove.txt")
    assert words == ["the", ". . .", "at name@domain.com"]
    assert vectors.tolist() == [[1, 2], [3, 4], [5, 6]]


def test_the_first_vector_of_a_word_counts(tmp_path, caplog):
    (tmp_path / "v.txt").write_bytes(b"a 1 2\nb 3 4\na 5 6\n")
    words, vectors = import_vectors(tmp_path / "v.txt")
    assert (words, vectors.tolist()) == (["a", "b"], [[1, 2], [3, 4]])
    assert "v.txt: words that occur again: 1; the first vector of each counts" in caplog.text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "neither a file of lexloom nor word vectors of another program"),
        (b"The old king sleeps.\n", "neither a file of lexloom nor word vectors"),
        (b"\x1f\x8b\x08", "neither .*, unpacked"),
        (b"0 3\n", "no word; expected word vectors"),
        (b"3 2\na 1 2\nb 3 4\n", "has 2 words, but 3 in its first line; get the whole file"),
        (b"1 2\na 1 2\nb 3 4\n", "has 2 words, but 1 in its first line"),
        (b"a 1 2\nb 3\n", r"line 2: b'b 3\\n'; expected a word and 2 finite numbers"),
        (b"a 1 2\n\nb 3 4\n", "line 2: .*expected a word and 2 finite numbers"),
        (b"2 2\na 1 2\nb 3 x\n", "line 3: .*expected a word and 2 finite numbers"),
        (b"a 1 2\nb 3 nan\n", "line 2: .*expected a word and 2 finite numbers"),
        (b"a 1 1e300\n", "line 1: .*expected a word and 2 finite numbers"),
        (b"\xff 1 2\n", r"word 1, b'\\xff', is not UTF-8"),
        (b"2 1\na \0\0\0\0\nb \0\0", "word 2, byte offset 10: expected a word, a space and 1 finite floats"),
        (b"1 1\na \0\0\xc0\x7f\n", "word 1, byte offset 4: .* finite floats"),
        (b"1 1\na \0\0\0\0\nb \0\0\0\0", "more words than the 1 of its first line"),
        (b"1 1\n \0\0\0\0\n", "word 1 is empty"),
    ],
)
def test_what_is_no_table_of_vectors_is_refused_with_the_place(tmp_path, content, message):
    (tmp_path / "v").write_bytes(content)
    with pytest.raises(LexloomError, match=f"{re.escape(str(tmp_path))}/v[:,] ?{message}"):
        import_vectors(tmp_path / "v")


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(LexloomError, match=r"no: No such file .*; expected a file of word vectors"):
        import_vectors(tmp_path / "no")
    with pytest.raises(LexloomError, match="Is a directory"):
        import_vectors(tmp_path)
