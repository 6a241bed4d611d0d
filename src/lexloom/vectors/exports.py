"""Word vectors in the file formats of other programs."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from lexloom.errors import LexloomError
from lexloom.storage.atomic_files import replacing, write_lines

# Nine digits tell any two numbers of single precision apart.
_NUMBER = "%.9g"
_BREAKS_WORDS = re.compile(r"[\s\0]")


def write_word2vec(path: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write the text format of word2vec: a line `V D`, then a line `word number ... number` for each word.

    Parameters
    ----------
    words : list of V str
    vectors : (V, D) float array
        Written in single precision, without loss.

    Raises
    ------
    LexloomError
        When a word is empty or has white space or a NUL in it, where a reader would cut it.
    """
    _check_words(path, words)
    head = f"{len(vectors)} {vectors.shape[1]}"
    rows = (f"{word} {numbers}" for word, numbers in zip(words, _numbers(vectors, " "), strict=True))
    write_lines(path, chain([head], rows))


def write_word2vec_binary(path: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write the binary format of word2vec: a line `V D`, then `word `, D floats and a line end for each word.

    The floats have 32 bits, the lowest first. Parameters and errors as of `write_word2vec`.
    """
    _check_words(path, words)
    with replacing(path) as beside, open(beside, "wb") as file:
        file.write(f"{len(vectors)} {vectors.shape[1]}\n".encode())
        for word, vector in zip(words, vectors.astype("<f4"), strict=True):
            file.write(b"%s %s\n" % (word.encode(), vector.tobytes()))


def write_projector(folder: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write the two files that TensorBoard's embedding projector loads, into a folder.

    `vectors.tsv` has a line of numbers parted by tabs for each word, `metadata.tsv` the word. Neither has a
    header: the projector takes the first line of a single column for a word. Parameters as of
    `write_word2vec`.

    Raises
    ------
    LexloomError
        As `write_word2vec`; also for a word of nothing but byte order marks, which the projector takes for
        an empty line, for vectors of one dimension, and for numbers that are not finite.
    """
    _check_words(folder, words)
    _check_for_projector(folder, words, vectors)
    write_lines(Path(folder) / "vectors.tsv", _numbers(vectors, "\t"))
    write_lines(Path(folder) / "metadata.tsv", words)


def write_npz(path: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write a NumPy file, free of pickle, with the arrays `words` (V,) of strings and `vectors` (V, D).

    Parameters as of `write_word2vec`, but the vectors keep their precision. Errors as there.
    """
    _check_words(path, words)
    with replacing(path) as beside, open(beside, "wb") as file:
        np.savez_compressed(file, words=np.array(words, np.str_), vectors=vectors)


FORMATS: dict[str, Callable[[str | Path, Sequence[str], np.ndarray], None]] = {
    "word2vec": write_word2vec,
    "word2vec-binary": write_word2vec_binary,
    "projector": write_projector,
    "npz": write_npz,
}


def _numbers(vectors: np.ndarray, between: str) -> Iterator[str]:
    """Yield the numbers of each row as text."""
    form = between.join([_NUMBER] * vectors.shape[1])
    for row in vectors.astype(np.float32):
        yield form % tuple(row.tolist())


def _check_words(path: str | Path, words: Sequence[str]) -> None:
    for number, word in enumerate(words):
        if not word or _BREAKS_WORDS.search(word):
            raise LexloomError(
                f"{path}: not written: word {number} is {word!r}; a reader of this format would cut it. "
                "Tokenize the corpus so that no word is empty or has white space in it"
            )


def _check_for_projector(folder: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    if not all(word.strip("\ufeff") for word in words):
        raise LexloomError(
            f"{folder}: not written: a word of byte order marks alone, which the projector passes over. "
            "Remove them from the text"
        )
    if vectors.shape[1] < 2 or not np.isfinite(vectors).all():
        raise LexloomError(
            f"{folder}: not written: the projector reads two or more finite numbers a word; these vectors "
            f"have {vectors.shape[1]}, the largest {np.abs(vectors).max()}. Export them in another format"
        )
