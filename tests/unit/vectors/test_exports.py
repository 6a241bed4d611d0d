"""Each format, read by gensim or here byte by byte as its readers do, gives words and numbers back."""

import os
import re
from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lexloom.errors import LexloomError
from lexloom.vectors.exports import FORMATS, write_npz, write_projector, write_word2vec, write_word2vec_binary

word = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(
    lambda text: text.split() == [text] and "\0" not in text
)


@st.composite
def words_and_vectors(draw, dtypes=(np.float16, np.float32), least=1, finite=False):
    words = draw(st.lists(word, min_size=1, max_size=5, unique=True))
    dtype = np.dtype(draw(st.sampled_from(dtypes)))
    shape = len(words), draw(st.integers(least, 4))
    numbers = st.floats(width=8 * dtype.itemsize, allow_nan=False, allow_infinity=False) if finite else None
    return words, draw(arrays(dtype, shape, elements=numbers))


def assert_same(actual, vectors):
    expected = vectors.astype(np.float32)
    assert actual.shape == expected.shape
    np.testing.assert_array_equal(actual, expected)  # to the bit but for the sign of nan
    np.testing.assert_array_equal(np.signbit(actual[actual == 0]), np.signbit(expected[expected == 0]))


@given(words_and_vectors())
def test_the_text_of_word2vec_comes_back(tmp_path_factory, table):
    words, vectors = table
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
def test_the_binary_of_word2vec_comes_back(tmp_path_factory, table):
    words, vectors = table
    path = tmp_path_factory.mktemp("binary") / "v.bin"
    write_word2vec_binary(path, words, vectors)
    head, rest = path.read_bytes().split(b"\n", 1)
    count, dimension = map(int, head.split(b" "))
    assert (count, dimension) == vectors.shape
    words_read, actual = [], []
    for _ in range(count):
        name, rest = rest.split(b" ", 1)
        words_read.append(name.decode())
        actual.append(np.frombuffer(rest, "<f4", dimension))
        assert rest[4 * dimension : 4 * dimension + 1] == b"\n"
        rest = rest[4 * dimension + 1 :]
    assert rest == b""
    assert words_read == words
    assert_same(np.array(actual), vectors)


def long_and_foreign():
    words = ["naïve", "日本語", "e\u0301", "\U0001f600", "x" * 200_000, "\ufeff", "<eos>", "1.5"]
    return words, np.random.default_rng(0).normal(size=(len(words), 300)).astype(np.float32)


@pytest.mark.skipif(find_spec("gensim") is None, reason="gensim is not installed: it is in the extra `test`")
@pytest.mark.parametrize(("write", "binary"), [(write_word2vec, False), (write_word2vec_binary, True)])
@given(table=words_and_vectors())
@example(table=long_and_foreign())
def test_gensim_reads_the_formats_of_word2vec(tmp_path_factory, write, binary, table):
    from gensim.models import KeyedVectors

    words, vectors = table
    path = tmp_path_factory.mktemp("gensim") / "vectors"
    write(path, words, vectors)
    actual = KeyedVectors.load_word2vec_format(str(path), binary=binary)
    assert actual.index_to_key == words
    assert_same(actual.vectors, vectors)


JAVASCRIPT_NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?")
TRIMMED = " \t\n\v\f\r\ufeff"


def projected(folder):
    """Return the labels and the numbers that the projector makes of its two files."""
    rows = [line.split("\t") for line in (folder / "vectors.tsv").read_text().split("\n") if line.strip()]
    assert all(JAVASCRIPT_NUMBER.fullmatch(cell) for row in rows for cell in row)
    assert {len(row) for row in rows} == {max(2, len(rows[0]))}
    lines = (folder / "metadata.tsv").read_bytes().decode().split("\n")
    return [line for line in lines if line.strip(TRIMMED)], np.array(rows, np.float64).astype(np.float32)


@given(words_and_vectors(least=2, finite=True))
@example(table=(["1", "\ufeffa", "\u0301"], np.float32([[1e-45, -0.0], [3e38, 1], [2, 3]])))
def test_the_projector_finds_each_word_beside_its_vector(tmp_path_factory, table):
    words, vectors = table
    assume(all(word.strip("\ufeff") for word in words))
    folder = tmp_path_factory.mktemp("projector") / "new"
    write_projector(folder, words, vectors)
    assert sorted(os.listdir(folder)) == ["metadata.tsv", "vectors.tsv"]
    labels, numbers = projected(folder)
    assert labels == words
    assert_same(numbers, vectors)


@pytest.mark.parametrize(
    ("word", "numbers", "message"),
    [
        ("a", [1], "two or more finite numbers per word; these vectors have 1, the largest 1.0"),
        ("a", [1, np.inf], "the largest inf"),
        ("a", [np.nan, 1], "the largest nan"),
        ("\ufeff\ufeff", [1, 2], "a word consists of byte order marks"),
    ],
)
def test_what_the_projector_would_misread_is_refused(tmp_path, word, numbers, message):
    with pytest.raises(LexloomError, match=message):
        write_projector(tmp_path / "folder", [word], np.float32([numbers]))
    assert os.listdir(tmp_path) == []


@given(words_and_vectors((np.float16, np.float32, np.float64)))
def test_the_arrays_of_an_npz_come_back_without_pickle(tmp_path_factory, table):
    words, vectors = table
    path = tmp_path_factory.mktemp("npz") / "vectors"
    write_npz(path, words, vectors)
    with np.load(path, allow_pickle=False) as file:
        assert sorted(file) == ["vectors", "words"]
        assert file["words"].tolist() == words
        assert file["vectors"].dtype == vectors.dtype
        assert file["vectors"].tobytes() == vectors.tobytes()


@given(st.lists(st.text().filter(lambda word: not word.endswith("\0")), min_size=1))
def test_an_npz_holds_any_words(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("npz") / "vectors"
    write_npz(path, words, np.ones((len(words), 2)))
    with np.load(path) as file:
        assert file["words"].tolist() == words


def test_an_npz_refuses_what_numpy_would_drop(tmp_path):
    with pytest.raises(LexloomError, match="a word ends with a NUL"):
        write_npz(tmp_path / "vectors", ["a\0"], np.ones((1, 2)))


@pytest.mark.parametrize("form", [form for form in FORMATS if form != "npz"])
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


@pytest.mark.parametrize("blocked", ["vectors.tsv", "metadata.tsv"])
def test_of_the_two_files_of_the_projector_both_are_written_or_none(tmp_path, blocked):
    (tmp_path / blocked).mkdir()
    with pytest.raises(LexloomError, match=f"{blocked}: not a file"):
        write_projector(tmp_path, ["a"], np.float32([[1, 2]]))
    assert [path.name for path in tmp_path.iterdir()] == [blocked]
