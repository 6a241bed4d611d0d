"""Word vectors in the file formats of other programs."""

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from lexloom.errors import LexloomError
from lexloom.settings.formats import ExportFormat
from lexloom.storage.atomic_files import replacing, write_lines
from lexloom.storage.output_locks import locked

# Nine digits distinguish any two numbers in single precision.
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
        If a word is empty or contains white space or a NUL, at which a reader would split it.
    """
    _check_words(path, words)
    head = f"{len(vectors)} {vectors.shape[1]}"
    rows = (f"{word} {numbers}" for word, numbers in zip(words, _numbers(vectors, " "), strict=True))
    write_lines(path, chain([head], rows))


def write_word2vec_binary(path: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write the binary format of word2vec: a line `V D`, then `word `, D floats and a line end for each word.

    The floats have 32 bits, little-endian. Parameters and errors as for `write_word2vec`.
    """
    _check_words(path, words)
    with replacing(path) as file:
        file.write(f"{len(vectors)} {vectors.shape[1]}\n".encode())
        for word, vector in zip(words, vectors.astype("<f4"), strict=True):
            file.write(b"%s %s\n" % (word.encode(), vector.tobytes()))


def write_projector(folder: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write the two files that TensorBoard's embedding projector loads to a folder.

    Each line of `vectors.tsv` has the numbers of one word, separated by tabs; each line of `metadata.tsv` has
    the word. Neither has a header, because the projector reads the first line of a single column as a word.
    Parameters as for `write_word2vec`.

    Raises
    ------
    LexloomError
        As `write_word2vec` does; also if a word consists of byte order marks, which the projector reads as an
        empty line, if vectors have one dimension, or if a number is not finite.
    """
    _check_words(folder, words)
    _check_for_projector(folder, words, vectors)
    names = Path(folder) / "vectors.tsv", Path(folder) / "metadata.tsv"
    with locked(*names), replacing(names[0]) as numbers, replacing(names[1]) as labels:
        numbers.writelines(f"{line}\n".encode() for line in _numbers(vectors, "\t"))
        labels.writelines(f"{word}\n".encode() for word in words)
        numbers.flush()  # where the disk is full, neither takes its name
        labels.flush()


def write_npz(path: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    """Write a NumPy file without pickle: the arrays `words` (V,) of strings and `vectors` (V, D).

    Parameters as for `write_word2vec`, but the vectors keep their precision.

    Raises
    ------
    LexloomError
        If a word ends with a NUL, which NumPy drops.
    """
    array = np.array(words, np.str_)
    if array.tolist() != list(words):
        raise LexloomError(f"{path}: not written: a word ends with a NUL, which NumPy drops")
    with replacing(path) as file:
        np.savez_compressed(file, words=array, vectors=vectors)


FORMATS: dict[ExportFormat, Callable[[str | Path, Sequence[str], np.ndarray], None]] = {
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
                f"{path}: not written: word {number} is {word!r}; a reader of this format would split it. "
                "Tokenize the corpus so that no word is empty or contains white space, or export as npz"
            )


def _check_for_projector(folder: str | Path, words: Sequence[str], vectors: np.ndarray) -> None:
    if not all(word.strip("\ufeff") for word in words):
        raise LexloomError(
            f"{folder}: not written: a word consists of byte order marks, which the projector skips. "
            "Remove them from the text"
        )
    if vectors.shape[1] < 2 or not np.isfinite(vectors).all():
        raise LexloomError(
            f"{folder}: not written: the projector needs two or more finite numbers per word; these vectors "
            f"have {vectors.shape[1]}, the largest {np.abs(vectors).max()}. Export them in another format"
        )
