"""Word vectors in the file formats of other programs: word2vec, text and binary, GloVe and fastText."""

import logging
import mmap
from collections.abc import Iterator
from io import BufferedReader
from itertools import count
from pathlib import Path

import numpy as np

from lexloom.corpus.text_files import why_not_regular
from lexloom.errors import LexloomError

_LONGEST_LINE = 1 << 24
_LONGEST_WORD = 1 << 24
_Row = tuple[bytes, bytes]


def import_vectors(path: str | Path) -> tuple[list[str], np.ndarray]:
    r"""Read word vectors that another program wrote; the file itself shows its format.

    - word2vec's text, which is also fastText's `.vec`: a line `V D`, then `word number ... number`, a line
      for each word;
    - word2vec's binary: a line `V D`, then `word `, D floats of 32 bits and perhaps a line end for each word;
    - GloVe: as word2vec's text, without the first line. A word may contain spaces.

    Parameters
    ----------
    path : path

    Returns
    -------
    words : list of V str
        Of a word that occurs twice, only the first vector is kept, with a warning.
    vectors : (V, D) float32 array

    Raises
    ------
    LexloomError
        If the file is missing, of none of these formats, damaged or has a number that is not finite; the
        message says where.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder) / "glove.txt"
    ...     _ = path.write_text("the 0.5 -1\nking 2 3e-1\n")
    ...     words, vectors = import_vectors(path)
    >>> words, vectors.tolist()[0]
    (['the', 'king'], [0.5, -1.0])
    """
    if fault := why_not_regular(path):
        raise LexloomError(f"{path}: {fault}; expected a file of word vectors")
    words: list[str] = []
    numbers = bytearray()
    with open(path, "rb") as file:
        promised, dimension, rows = _rows(path, file)
        for word, row in rows:
            words.append(_decoded(path, word, len(words) + 1))
            numbers += row
    if promised is not None and promised != len(words):
        raise LexloomError(
            f"{path}: has {len(words)} words, but {promised} in its first line; get the whole file"
        )
    return _each_once(path, words, np.frombuffer(numbers, np.float32).reshape(-1, dimension))


def _rows(path: str | Path, file: BufferedReader) -> tuple[int | None, int, Iterator[_Row]]:
    """Return how many words the first line says there are, the dimension, and words with their float32."""
    head, second = file.readline(_LONGEST_LINE).split(), file.readline(_LONGEST_LINE)
    if len(head) == 2 and all(field.isdigit() and len(field) < 10 for field in head) and int(head[1]):
        promised, dimension = map(int, head)
        if not _is_row(second, dimension):
            return promised, dimension, _binary_rows(path, file, promised, dimension)
        file.seek(0)
        file.readline()
        return promised, dimension, _text_rows(path, file, dimension, first_line=2)
    dimension = len(head) - 1
    if not _is_row(b" ".join(head), dimension):
        raise LexloomError(
            f"{path}: neither a file of lexloom nor word vectors of another program; expected the text of "
            "word2vec, GloVe or fastText, or the binary of word2vec, unpacked"
        )
    file.seek(0)
    return None, dimension, _text_rows(path, file, dimension, first_line=1)


def _is_row(line: bytes, dimension: int) -> bool:
    word, *fields = line.rsplit(None, dimension) or [b""]
    return dimension > 0 and len(fields) == dimension and bool(word) and _numbers(fields) is not None


def _text_rows(path: str | Path, file: BufferedReader, dimension: int, first_line: int) -> Iterator[_Row]:
    for number in count(first_line):
        line = file.readline(_LONGEST_LINE)
        if not line:
            return
        word, *fields = line.rsplit(None, dimension) or [b""]
        row = _numbers(fields)
        if len(fields) != dimension or row is None or not np.isfinite(row).all():
            raise LexloomError(
                f"{path}, line {number}: {line[:60]!r}; expected a word and {dimension} finite numbers"
            )
        yield word.strip(), row.tobytes()


def _binary_rows(path: str | Path, file: BufferedReader, promised: int, dimension: int) -> Iterator[_Row]:
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        at = data.find(b"\n") + 1
        for number in range(1, promised + 1):
            space = data.find(b" ", at, at + _LONGEST_WORD)
            word, row = data[at:space].lstrip(b"\n"), data[space + 1 : space + 1 + 4 * dimension]
            if space < 0 or len(row) < 4 * dimension or not np.isfinite(np.frombuffer(row, "<f4")).all():
                raise LexloomError(
                    f"{path}: word {number}, byte offset {at}: expected a word, a space and {dimension} "
                    "finite floats of 32 bits; get the whole file, or give one of word2vec"
                )
            yield word, np.frombuffer(row, "<f4").astype(np.float32).tobytes()
            at = space + 1 + 4 * dimension
        if data[at : at + _LONGEST_WORD].strip():
            raise LexloomError(f"{path}: more words than the {promised} of its first line")


def _numbers(fields: list[bytes]) -> np.ndarray | None:
    try:
        with np.errstate(over="ignore"):  # what is too large for single precision becomes infinite
            return np.array(list(map(float, fields)), np.float64).astype(np.float32)
    except ValueError:
        return None


def _decoded(path: str | Path, word: bytes, number: int) -> str:
    try:
        text = word.decode()
    except UnicodeDecodeError as error:
        raise LexloomError(f"{path}: word {number}, {word[:60]!r}, is not UTF-8; convert the file") from error
    if not text:
        raise LexloomError(f"{path}: word {number} is empty; remove it, and count one word less")
    return text


def _each_once(path: str | Path, words: list[str], vectors: np.ndarray) -> tuple[list[str], np.ndarray]:
    """Return the words and vectors without those of words that came before."""
    places = {word: len(words) - place for place, word in enumerate(reversed(words), 1)}
    if not places:
        raise LexloomError(f"{path}: no word; expected word vectors")
    if len(places) == len(words):
        return words, vectors
    logging.warning(
        "%s: words that occur again: %d; the first vector of each counts", path, len(words) - len(places)
    )
    kept = sorted(places.values())
    return [words[place] for place in kept], vectors[kept]
