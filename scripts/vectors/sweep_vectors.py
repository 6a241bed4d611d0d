"""Make counted word vectors by every combination of settings, and score each."""

import argparse
from collections.abc import Callable
from functools import partial
from pathlib import Path

from lexloom.commands.script import at_least, between, progress, run, script_parser, true_or_false
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.cooccurrence import WEIGHTINGS
from lexloom.vectors.scores import Score, score_classes, score_similarity
from lexloom.vectors.sweep import SETTINGS, factorizations, sweep_counted_vectors
from lexloom.vectors.sweep_tables import write_sweep
from lexloom.vectors.test_sets import read_similarity_set
from lexloom.vectors.word_vectors import WordVectors

Scorer = Callable[[WordVectors], Score]


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument(
        "--output",
        required=True,
        help="the table, tab-separated, the best first: settings; the mean of the scores; of each test set "
        "the score, its 95 %% confidence interval (low, high), and how many items the vocabulary covers",
    )
    grid = {
        "window": (at_least(1), [5], "words on each side, from 1"),
        "subsample": (between(0, 1), [0.0], "shares of the text above which a word counts less; 0 never"),
        "smoothing": (between(0, 1, above=True), [1.0], "exponents on the counts of contexts"),
        "shift": (between(0, 20), [0.0], "bits taken off every weight"),
        "exponent": (between(0, 1), [0.5], "powers of the singular values"),
        "add-contexts": (true_or_false, [False], "whether to add context vectors, True or False"),
    }
    for name, (kind, default, meaning) in grid.items():
        parser.add_argument(f"--{name}", nargs="+", type=kind, default=default, help=meaning)
    parser.add_argument(
        "--weighting",
        nargs="+",
        choices=WEIGHTINGS,
        default=["flat"],
        help="what a pair of words d apart counts",
    )
    parser.add_argument("--dimension", type=at_least(1), default=100, help="numbers in a vector, from 1")
    parser.add_argument(
        "--similarity", nargs="*", default=[], metavar="FILE", help="lines of `word word rating`"
    )
    parser.add_argument("--gold", metavar="FILE", help="word classes of a generated corpus (HDF5)")
    parser.add_argument("--seed", type=at_least(0), default=1, help="seed of the random starts")
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="CPU threads; the result does not depend on it"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the corpus and the test sets, make and score the vectors, write the table."""
    get_backend(threads=given.threads)
    corpus = read_artifact(given.corpus, "corpus", ["train", "words"])
    words = corpus["words"]
    scorers = all_scorers(given)
    grid = {name: getattr(given, name) for name in SETTINGS}
    with progress(total=factorizations(grid), unit="matrix", desc="sweep") as bar:
        swept = sweep_counted_vectors(
            corpus["train"], len(words), grid, given.dimension, given.seed, factorized=bar.update
        )
        write_sweep(
            given.output,
            ((settings, scores_of(WordVectors(words, vectors), scorers)) for settings, vectors in swept),
        )


def scores_of(vectors: WordVectors, scorers: list[Scorer]) -> list[Score]:
    """Return the score of vectors on each test set."""
    return [score(vectors) for score in scorers]


def all_scorers(given: argparse.Namespace) -> list[Scorer]:
    """Return for each test set that the command line names the function that scores vectors by it."""
    scorers = []
    for path in given.similarity:
        pairs, ratings = read_similarity_set(path)
        scorers.append(partial(score_similarity, test_set=Path(path).stem, pairs=pairs, ratings=ratings))
    if given.gold:
        gold = read_artifact(given.gold, "gold")
        scorers.append(
            partial(score_classes, test_set="classes", words=gold["words"], classes=gold["word_classes"])
        )
    if not scorers:
        raise LexloomError("no test set to score vectors by; give --similarity or --gold")
    return scorers


if __name__ == "__main__":
    run(main, options())
