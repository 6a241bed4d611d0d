"""Train word vectors with gensim, to stand beside ours; on one thread, as more give other bits each time."""

import argparse
import logging
from collections.abc import Callable, Iterator

import numpy as np

from lexloom.commands.script import at_least, between, progress, run, script_parser
from lexloom.errors import LexloomError
from lexloom.storage.artifacts import Dataset, Provenance, read_artifact, write_artifact

# gensim leaves out what is beyond as many words of one piece.
PIECE = 10_000
SETTINGS = ("model", "dimension", "window", "epochs", "negatives", "subsample", "learning_rate")

parser = script_parser(__doc__)
parser.add_argument("corpus", help="word ids and vocabulary, HDF5 of kind corpus; train is read")
parser.add_argument("--output", required=True, help="the word vectors, HDF5 of kind vectors")
parser.add_argument(
    "--model",
    choices=("cbow", "skip-gram"),
    default="cbow",
    help="cbow predicts a word from its contexts, skip-gram the contexts from the word",
)
parser.add_argument("--dimension", type=at_least(1), default=100, help="numbers in a vector")
parser.add_argument(
    "--window", type=at_least(1), default=5, help="words on each side at most; how many is drawn each time"
)
parser.add_argument("--epochs", type=at_least(1), default=5, help="times the training text is read")
parser.add_argument("--negatives", type=at_least(1), default=5, help="sampled words for each predicted one")
parser.add_argument(
    "--subsample",
    type=between(0, 1),
    default=0.001,
    help="words of a larger share of the text are left out at times, 0 to 1; 0 leaves out none",
)
parser.add_argument(
    "--learning-rate",
    type=between(0, 1000, above=True),
    default=0.025,
    help="at the start, above 0; it falls linearly to 0.0001",
)
parser.add_argument("--seed", type=at_least(0), default=1, help="seed of every random number")


class Pieces:
    """The text in pieces that gensim reads whole, as often as asked for; its windows end with a piece."""

    def __init__(self, ids: np.ndarray, words: list[str], advance: Callable[[int], object]):
        self.ids, self.words, self.advance = ids, words, advance

    def __iter__(self) -> Iterator[list[str]]:
        for start in range(0, len(self.ids), PIECE):
            piece = self.ids[start : start + PIECE].tolist()
            yield [self.words[word] for word in piece]
            self.advance(len(piece))


def main(given: argparse.Namespace) -> None:
    """Read the corpus, train, write the vectors."""
    corpus = read_artifact(given.corpus, "corpus", ["train", "words"])
    vectors, version = train(corpus["train"], corpus["words"], given)
    settings = {name: getattr(given, name) for name in SETTINGS} | {"gensim": version}
    datasets = {"vectors": Dataset(vectors, ("word", "dimension")), "words": corpus["words"]}
    write_artifact(given.output, "vectors", datasets, Provenance(settings, [given.corpus], seed=given.seed))


def train(ids: np.ndarray, words: list[str], given: argparse.Namespace) -> tuple[np.ndarray, str]:
    """Return gensim's vectors (V, D), of zeros for words that train lacks, and gensim's version."""
    try:
        import gensim
        from gensim.models import Word2Vec
    except ImportError as error:
        raise LexloomError(
            f"gensim: {error}; install it, for example by pip install -e '.[bench]'"
        ) from error

    logging.getLogger("gensim").setLevel(logging.WARNING)
    with progress(total=(1 + given.epochs) * len(ids), unit="word", desc=f"gensim {given.model}") as bar:
        keyed = Word2Vec(
            Pieces(ids, words, bar.update),
            sg=int(given.model == "skip-gram"),
            vector_size=given.dimension,
            window=given.window,
            epochs=given.epochs,
            negative=given.negatives,
            sample=given.subsample,
            alpha=given.learning_rate,
            min_count=1,
            workers=1,
            seed=given.seed,
        ).wv
    numbers = {word: number for number, word in enumerate(words)}
    vectors = np.zeros((len(words), given.dimension), np.float32)
    vectors[[numbers[word] for word in keyed.index_to_key]] = keyed.vectors
    return vectors, gensim.__version__


if __name__ == "__main__":
    run(main, parser)
