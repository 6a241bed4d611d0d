"""Exports of word vectors, read back: the same words and the same numbers, or a refusal."""

from pathlib import Path

import engine
import hostile
import numpy as np
import references
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from lexloom.errors import LexloomError
from lexloom.vectors.exports import FORMATS

Vectors = tuple[list[str], np.ndarray]


@st.composite
def vectors(draw: st.DrawFn) -> Vectors:
    """Return words, distinct as in a vocabulary, and their vectors."""
    words = draw(st.lists(hostile.WORDS, min_size=1, max_size=6, unique=True))
    words += draw(st.sampled_from([[], [], []]) | st.lists(hostile.TEXTS, max_size=1))
    words = [word.replace("\n", "\r").encode("utf-8", "ignore").decode() for word in words]
    words = [*dict.fromkeys(words)]
    dtype = draw(st.sampled_from([np.float16, np.float32]))
    shape = (len(words), draw(st.integers(1, 4)))
    return words, draw(arrays.arrays(dtype, shape))


def check(written: Vectors) -> str:
    """Write vectors in each format and read them back."""
    words, rows = written
    refused = 0
    for name in FORMATS:
        try:
            check_format(name, words, rows)
        except LexloomError:
            assert not list(Path().rglob(f"{name}*/*")), "something was written all the same"
            assert name == "projector" or refusable(words), f"{name} refuses {words}"
            refused += 1
    return f"{len(FORMATS) - refused} formats"


def refusable(words: list[str]) -> bool:
    """Return whether there is a word that a reader would cut."""
    return any(not word or any(c.isspace() or c == "\0" for c in word) for word in words)


def check_format(name: str, words: list[str], rows: np.ndarray) -> None:
    """Write vectors in a format and read them back.

    Raises
    ------
    LexloomError
        If the format has no room for them.
    """
    folder = Path(name)
    path = folder if name == "projector" else folder / "vectors"
    FORMATS[name](path, words, rows)
    single = rows.astype(np.float32).astype(np.float64)
    if name == "npz":
        with np.load(path, allow_pickle=False) as file:
            assert file["words"].tolist() == words
            assert file["vectors"].dtype == rows.dtype
            np.testing.assert_array_equal(file["vectors"], rows)
        return
    if name == "projector":
        read_words = (path / "metadata.tsv").read_bytes().decode().removesuffix("\n").split("\n")
        lines = (path / "vectors.tsv").read_bytes().decode().removesuffix("\n").split("\n")
        read_rows = [[float(number) for number in line.split("\t")] for line in lines]
    elif name == "word2vec":
        read_words, read_rows = zip(*references.from_word2vec(path.read_bytes().decode()), strict=True)
    else:
        read_words, read_rows = zip(*references.from_word2vec_binary(path.read_bytes()), strict=True)
    assert list(read_words) == words
    np.testing.assert_array_equal(np.array(read_rows).astype(np.float32), single)


SUBJECT = engine.Subject("exports", vectors(), check, share=0.5)
