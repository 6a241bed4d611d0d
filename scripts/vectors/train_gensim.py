"""Train word vectors with gensim, to compare ours with.

One thread trains: with more, gensim gives other bits each time.
"""

import argparse
import logging
from collections.abc import Callable, Iterator
from typing import get_args

import numpy as np

from lexloom.commands.script import progress, run, script_parser
from lexloom.errors import LexloomError
from lexloom.settings.base import Architecture
from lexloom.settings.execution import Seed
from lexloom.settings.gensim import GensimModel
from lexloom.storage.artifacts import Dataset, Provenance, read_artifact, write_artifact

# gensim leaves out what is beyond as many words of one piece.
PIECE = 10_000


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, GensimModel, Seed)
    parser.add_argument("corpus", help="word ids and vocabulary, HDF5 of kind corpus; train is read")
    parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
    parser.add_argument("--model", choices=get_args(Architecture), default="cbow", help="the architecture")
    return parser


class Pieces:
    """The text in pieces that gensim reads whole, as often as asked for; its windows end with a piece."""

    def __init__(self, ids: np.ndarray, words: list[str], advance: Callable[[int], object]):
        self.ids, self.words, self.advance = ids, words, advance

    def __iter__(self) -> Iterator[list[str]]:
        for start in range(0, len(self.ids), PIECE):
            piece = self.ids[start : start + PIECE].tolist()
            yield [self.words[word] for word in piece]
            self.advance(len(piece))


def main(options: argparse.Namespace) -> None:
    """Read the corpus, train, write the vectors."""
    settings = GensimModel.of(options)
    corpus = read_artifact(options.corpus, "corpus", ["train", "words"])
    vectors, version = train(corpus["train"], corpus["words"], options.model, settings, options.seed)
    recorded = dict(settings) | {"model": options.model, "gensim": version}
    datasets = {"vectors": Dataset(vectors, ("word", "dimension")), "words": corpus["words"]}
    write_artifact(
        options.output, "vectors", datasets, Provenance(recorded, [options.corpus], seed=options.seed)
    )


def train(
    ids: np.ndarray, words: list[str], model: str, settings: GensimModel, seed: int
) -> tuple[np.ndarray, str]:
    """Return gensim's vectors (V, D), of zeros for words that train lacks, and gensim's version."""
    try:
        import gensim
        from gensim.models import Word2Vec
    except ImportError as error:
        raise LexloomError(
            f"gensim: {error}; install it, for example by pip install -e '.[bench]'"
        ) from error

    logging.getLogger("gensim").setLevel(logging.WARNING)
    with progress(total=(1 + settings.epochs) * len(ids), unit="word", desc=f"gensim {model}") as bar:
        keyed = Word2Vec(
            Pieces(ids, words, bar.update),
            sg=int(model == "skip-gram"),
            vector_size=settings.dimension,
            window=settings.window,
            epochs=settings.epochs,
            negative=settings.negatives,
            sample=settings.subsample,
            alpha=settings.learning_rate,
            min_count=1,
            workers=1,
            seed=seed,
        ).wv
    numbers = {word: number for number, word in enumerate(words)}
    vectors = np.zeros((len(words), settings.dimension), np.float32)
    vectors[[numbers[word] for word in keyed.index_to_key]] = keyed.vectors
    return vectors, gensim.__version__


if __name__ == "__main__":
    run(main, options())
