"""Make counted word vectors by every combination of settings, and score each."""

import argparse

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.errors import LexloomError
from lexloom.settings.execution import Seed, Threads
from lexloom.settings.svd import Dimension
from lexloom.settings.sweep import Sweep


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Sweep, Dimension, Seed, Threads)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument(
        "--output",
        required=True,
        help="the table, tab-separated, the best first: settings; the mean of the scores; of each test set "
        "the score, its 95 %% confidence interval (low, high), and how many items the vocabulary covers",
    )
    parser.add_argument(
        "--similarity", nargs="*", default=[], metavar="FILE", help="lines of `word word rating`"
    )
    parser.add_argument("--gold", metavar="FILE", help="word classes of a generated corpus (HDF5)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.recorded import tokenizer_of
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.scores import read_scorers
from lexloom.vectors.sweep import factorizations, sweep_counted_vectors
from lexloom.vectors.sweep_tables import write_sweep
from lexloom.vectors.word_vectors import WordVectors


def main(options: argparse.Namespace) -> None:
    """Read the corpus and the test sets, make and score the vectors, write the table."""
    get_backend(threads=options.threads)
    corpus = read_artifact(options.corpus, "corpus", ["train", "words"])
    words, tokenizer = corpus["words"], tokenizer_of(corpus)
    scorers = read_scorers(options.similarity, None, options.gold)
    if not scorers:
        raise LexloomError(
            "no test set to score vectors by; name some under `evaluate` of the corpus, or give --similarity "
            "or --gold"
        )
    grid = dict(Sweep.of(options))
    with progress(total=factorizations(grid), unit="matrix", desc="sweep") as bar:
        swept = sweep_counted_vectors(
            corpus["train"], len(words), grid, options.dimension, options.seed, factorized=bar.update
        )
        made = ((settings, WordVectors(words, rows, tokenizer)) for settings, rows in swept)
        scores = ((settings, [score(vectors) for score in scorers]) for settings, vectors in made)
        write_sweep(options.output, scores)


if __name__ == "__main__":
    run(main, OPTIONS)
