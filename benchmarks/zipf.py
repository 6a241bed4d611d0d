"""Write a text of any size whose words follow Zipf's law: the r-th most frequent is drawn as 1 / r^exponent.

Each word is drawn by itself, so there is nothing to learn from the text but how often words are. The same
options give the same bytes. Memory holds the vocabulary and a block of the text.
"""

import argparse
from collections.abc import Iterator

import numpy as np
from pydantic import Field

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.base import Settings
from lexloom.settings.execution import Seed
from lexloom.storage.atomic_files import replacing
from lexloom.training.randomness import random_stream

LINE = 24  # words, about as many as in a sentence of a newspaper
BLOCK = LINE << 15
SYLLABLES = [consonant + vowel for consonant in "bcdfghjklmnpqrstvwxz" for vowel in "aeiou"]


def zipf_lines(tokens: int, types: int, exponent: float, seed: int) -> Iterator[list[str]]:
    """Yield the lines of a text of so many words, in blocks.

    Parameters
    ----------
    tokens : int
        Words of the text; each line has 24, but for the last one.
    types : int
        Words of the vocabulary, of which a short text misses some.
    exponent : float
        1 in natural language, about; 0 makes all words equally frequent.
    seed : int
    """
    words = np.array([spelling(rank) for rank in range(types)], object)
    for ranks in zipf_ranks(tokens, types, exponent, seed):
        drawn = words[ranks].tolist()
        yield [" ".join(drawn[first : first + LINE]) for first in range(0, len(drawn), LINE)]


def zipf_ranks(
    tokens: int, types: int, exponent: float, seed: int, block: int = BLOCK
) -> Iterator[np.ndarray]:
    """Yield the ranks of the words of a text, from 0, in blocks on whose size they do not depend."""
    ends = np.cumsum(np.arange(1, types + 1) ** -float(exponent))
    rng = random_stream(seed, "generate")
    for start in range(0, tokens, block):
        points = rng.random(min(block, tokens - start)) * ends[-1]
        yield np.searchsorted(ends, points, side="right")


def spelling(rank: int) -> str:
    """Return the word of a rank, from 0: one syllable for the first 100, two for the next 10,000, ..."""
    word = ""
    rank += 1
    while rank:
        rank, syllable = divmod(rank - 1, len(SYLLABLES))
        word = SYLLABLES[syllable] + word
    return word


def write_zipf(path: str, tokens: int, types: int, exponent: float = 1.0, seed: int = 1) -> None:
    """Write the text, as UTF-8."""
    with replacing(path) as file, progress(total=tokens, unit="word", desc="zipf") as bar:
        for lines in zipf_lines(tokens, types, exponent, seed):
            file.write(("\n".join(lines) + "\n").encode())
            bar.update(LINE * len(lines))


class Zipf(Settings):
    """A text whose words follow Zipf's law."""

    tokens: int = Field(1_000_000, ge=1, description="words of the text")
    types: int = Field(10_000, ge=1, description="words of the vocabulary")
    exponent: float = Field(1.0, ge=0, le=10, description="of Zipf's law")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Zipf, Seed)
    parser.add_argument("output", help="where to write the text")
    return parser


def main(options: argparse.Namespace) -> None:
    """Write the text."""
    write_zipf(options.output, options.tokens, options.types, options.exponent, options.seed)


if __name__ == "__main__":
    run(main, parse(options()))
