"""What the stages compute, each in a few lines of plain Python, to hold their results against."""

import math
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from lexloom.corpus.word_pattern import compiled

UNKNOWN = "<unk>"


class Refused(Exception):
    """The text is not one."""


def tokens(files: Sequence[bytes], settings: Mapping[str, Any]) -> list[str]:
    """Return the tokens of files that are joined in order, sentence ends among them."""
    found: list[str] = []
    for content in files:
        if b"\0" in content:
            raise Refused("a NUL")
        try:
            text = content.decode()
        except UnicodeDecodeError as error:
            raise Refused("not UTF-8") from error
        text = text.replace("\r\n", "\n").replace("\r", "\n")
        for line in re.sub(r"(?<!\S)\ufeff+", "", text).split("\n"):
            found += sentence(line, settings)
    return found


def sentence(line: str, settings: Mapping[str, Any]) -> list[str]:
    """Return the tokens of a line."""
    pattern, form, end = settings["pattern"], settings["normalize"], settings["sentence_end"]
    for step in (str, str.lower if settings["lower"] else str):
        line = unicodedata.normalize(form, step(line)) if form else step(line)
    words = line.split() if pattern is None else [m[0] for m in compiled(pattern).finditer(line) if m[0]]
    return [*words, end] if words and end not in (None, words[-1]) else words


def occurrences(ids: Sequence[int], window: int, weighting: str) -> Counter:
    """Return what each pair of words counts, by pair of ids."""
    pairs: Counter = Counter()
    for place, word in enumerate(ids):
        for distance in range(1, window + 1):
            if place + distance < len(ids):
                weight = {"flat": 1, "distance": 1 / distance, "dynamic": (window - distance + 1) / window}
                for pair in ((word, ids[place + distance]), (ids[place + distance], word)):
                    pairs[pair] += weight[weighting]
    return pairs


def ppmi(counts: np.ndarray, smoothing: float, shift: float) -> np.ndarray:
    """Return the positive pointwise mutual information of counts (V, V), in bits."""
    words, contexts = counts.sum(axis=1), counts.sum(axis=0) ** smoothing
    weights = np.zeros(counts.shape)
    for word, context in zip(*np.nonzero(counts), strict=True):
        expected = words[word] * contexts[context] / contexts.sum()
        weights[word, context] = max(0, math.log2(counts[word, context] / expected) - shift)
    return weights


def cosines(rows: np.ndarray) -> np.ndarray:
    """Return the cosine of each two rows; 0 for a row of zeros."""
    rows = rows.astype(np.float64)
    lengths = np.linalg.norm(rows, axis=1)
    unit = rows / np.where(lengths > 0, lengths, 1)[:, None]
    return unit @ unit.T


def from_word2vec(text: str) -> Iterator[tuple[str, list[float]]]:
    """Yield word and vector of each line of the text format of word2vec."""
    head, *lines = text.removesuffix("\n").split("\n")
    assert head.split(" ") == [str(len(lines)), str(lines[0].count(" "))]
    for line in lines:
        word, *numbers = line.split(" ")
        yield word, [float(number) for number in numbers]


def from_word2vec_binary(content: bytes) -> Iterator[tuple[str, list[float]]]:
    """Yield word and vector of each entry of the binary format of word2vec."""
    head, _, rest = content.partition(b"\n")
    count, dimension = map(int, head.split(b" "))
    for _ in range(count):
        word, _, rest = rest.partition(b" ")
        yield word.decode(), np.frombuffer(rest[: 4 * dimension], "<f4").tolist()
        assert rest[4 * dimension : 4 * dimension + 1] == b"\n"
        rest = rest[4 * dimension + 1 :]
    assert not rest
