"""Each format, read here byte by byte as its readers do, gives the words and the numbers back."""

import os

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lexloom.errors import LexloomError
from lexloom.exports import FORMATS, write_npz, write_projector, write_word2vec, write_word2vec_binary

word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.split() == [text] and "\0" not in text
)


@st.composite
def words_and_vectors(draw, dtypes=(np.float16, np.float32)):
    words = draw(st.lists(word, min_size=1, max_size=5, unique=True))
    dtype = draw(st.sampled_from(dtypes))
    dimension = draw(st.integers(1, 4))
    return words, draw(arrays(dtype, (len(words), dimension)))


def assert_same(found, vectors):
    expected = vectors.astype(np.float32)
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)  # to the bit but for the sign of nan
    np.testing.assert_array_equal(np.signbit(found[found == 0]), np.signbit(expected[expected == 0]))


@given(words_and_vectors())
def test_the_text_of_word2vec_comes_back(tmp_path_factory, given):
    words, vectors = given
    path = tmp_path_factory.mktemp("text") / "v.txt"
    write_word2vec(path, words, vectors)
    head, *lines, rest = path.read_bytes().split(b"\n")
    assert rest == b""
    assert list(map(int, head.split(b" "))) == list(vectors.shape)
    rows = [line.split(b" ") for line in lines]
    assert [row[0].decode() for row in rows] == words
    assert_same(np.array([list(map(float, row[1:])) for row in rows]).astype(np.float32), vectors)


def test_numbers_of_many_digits_come_back_from_text(tmp_path):
    vectors = np.random.default_rng(0).normal(size=(1, 10_000)).astype(np.float32)
    write_word2vec(tmp_path / "v.txt", ["a"], vectors)
    numbers = (tmp_path / "v.txt").read_text().split()[3:]
    assert_same(np.array([list(map(float, numbers))]).astype(np.float32), vectors)


@given(words_and_vectors())
def test_the_binary_of_word2vec_comes_back(tmp_path_factory, given):
    words, vectors = given
    path = tmp_path_factory.mktemp("binary") / "v.bin"
    write_word2vec_binary(path, words, vectors)
    head, rest = path.read_bytes().split(b"\n", 1)
    count, dimension = map(int, head.split(b" "))
    assert (count, dimension) == vectors.shape
    found_words, found = [], []
    for _ in range(count):
        name, rest = rest.split(b" ", 1)
        found_words.append(name.decode())
        found.append(np.frombuffer(rest, "<f4", dimension))
        assert rest[4 * dimension : 4 * dimension + 1] == b"\n"
        rest = rest[4 * dimension + 1 :]
    assert rest == b""
    assert found_words == words
    assert_same(np.array(found), vectors)


@given(words_and_vectors())
def test_the_pair_of_the_projector_has_a_line_a_word_in_both_files(tmp_path_factory, given):
    words, vectors = given
    folder = tmp_path_factory.mktemp("projector") / "new"
    write_projector(folder, words, vectors)
    assert sorted(os.listdir(folder)) == ["metadata.tsv", "vectors.tsv"]
    assert (folder / "metadata.tsv").read_bytes().decode().split("\n") == [*words, ""]
    *lines, rest = (folder / "vectors.tsv").read_text().split("\n")
    assert rest == ""
    assert_same(np.array([list(map(float, line.split("\t"))) for line in lines]).astype(np.float32), vectors)


@given(words_and_vectors((np.float16, np.float32, np.float64)))
def test_the_arrays_of_an_npz_come_back_without_pickle(tmp_path_factory, given):
    words, vectors = given
    path = tmp_path_factory.mktemp("npz") / "vectors"
    write_npz(path, words, vectors)
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file) == ["vectors", "words"]
        assert file["words"].tolist() == words
        assert file["vectors"].dtype == vectors.dtype
        assert file["vectors"].tobytes() == vectors.tobytes()


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("bad", ["", "new york", "a\tb", "a\nb", "a\r", "a\N{NO-BREAK SPACE}b", "a\0"])
def test_a_word_that_a_reader_would_cut_is_refused(tmp_path, form, bad):
    with pytest.raises(LexloomError, match=r"out: not written: word 1 is .*no word is empty"):
        FORMATS[form](tmp_path / "out", ["good", bad], np.ones((2, 3), np.float32))
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("form", FORMATS)
def test_the_same_vectors_give_the_same_bytes(tmp_path, form):
    def files(name):
        FORMATS[form](tmp_path / name, ["a", "b"], np.ones((2, 3), np.float32))
        paths = sorted((tmp_path / name).iterdir()) if form == "projector" else [tmp_path / name]
        return [path.read_bytes() for path in paths]

    assert files("one") == files("two")
