"""Score word vectors against ratings, analogies or word classes, and list the nearest words of queries.

Scores are rank correlations with people's ratings and shares of right answers, each with its 95 % confidence
interval, over the items of which every word is in the vocabulary.
"""

import argparse
import logging
from collections.abc import Iterator

from lexloom.commands.script import parse, run, script_parser
from lexloom.errors import did_you_mean
from lexloom.settings.evaluation import Neighbours
from lexloom.settings.mistakes import show


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Neighbours)
    parser.add_argument("vectors", help="word vectors, or a PPMI matrix whose rows are the vectors (HDF5)")
    parser.add_argument(
        "--similarity", nargs="*", default=[], metavar="FILE", help="lines of `word word rating`"
    )
    parser.add_argument(
        "--analogies", nargs="*", default=[], metavar="FILE", help="lines of four words, a : b = c : d"
    )
    parser.add_argument(
        "--gold", metavar="FILE", help="word classes and analogies of a generated corpus (HDF5)"
    )
    parser.add_argument(
        "--queries",
        nargs="*",
        metavar="WORD",
        help="list the nearest words of these, as far as the vocabulary has them",
    )
    parser.add_argument(
        "--corpus",
        metavar="FILE",
        help="without --queries, list those of words of this corpus (HDF5)",
    )
    parser.add_argument("--output", required=True, help="the scores, HDF5 of kind similarity")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.corpus.recorded import tokenizer_of
from lexloom.kernels.backend import get_backend
from lexloom.settings.base import UNKNOWN
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.queries import words_across_frequencies
from lexloom.vectors.scores import Score, read_scorers
from lexloom.vectors.word_vectors import WordVectors, read_vectors

FEW = 30


def main(options: argparse.Namespace) -> None:
    """Read the vectors, score them, write the scores."""
    get_backend()
    vectors = read_vectors(options.vectors)
    words = options.queries if options.queries is not None else usual_queries(options.corpus)
    queries = vectors.find(words)
    neighbours, cosines = vectors.nearest(queries, options.neighbours)
    scorers = read_scorers(options.similarity, options.analogies, options.gold)
    scores = [score(vectors) for score in scorers]
    warn_of_few(scores)
    write_artifact(
        options.output,
        "similarity",
        {
            "test_sets": [score.test_set for score in scores],
            "measures": [score.measure for score in scores],
            "scores": Dataset(np.array([score.value for score in scores]), ("score",)),
            "intervals": Dataset(
                np.array([(score.low, score.high) for score in scores]), ("score", "low, high")
            ),
            "covered": Dataset(np.array([score.covered for score in scores]), ("score",), "items"),
            "total": Dataset(np.array([score.total for score in scores]), ("score",), "items"),
            "epochs": Dataset(np.array(epochs_of(options.vectors))),
            "words": vectors.words,
            "queries": list(names_of(queries, words, vectors)),
            "neighbours": Dataset(neighbours, ("query", "rank"), "word id"),
            "cosines": Dataset(cosines, ("query", "rank")),
        },
        Provenance(
            {"queries": [*map(as_line, words)], "neighbours": options.neighbours},
            inputs=[
                options.vectors,
                *options.similarity,
                *options.analogies,
                *filter(None, [options.gold, options.corpus]),
            ],
        ),
    )


def usual_queries(path: str | None) -> list[str]:
    """Return words of a corpus from frequent to rare; none without a corpus."""
    if path is None:
        return []
    corpus = read_artifact(path, "corpus", ["words", "counts"])
    special = (UNKNOWN, tokenizer_of(corpus).sentence_end)
    return words_across_frequencies(corpus["words"], corpus["counts"], special)


def warn_of_few(scores: list[Score]) -> None:
    """Log which scores are of so few items that they say little."""
    for score in scores:
        if score.covered < FEW:
            logging.warning(
                "%s, %s: only %d of %d items have all their words in the vocabulary; the score says little",
                score.test_set,
                score.measure,
                score.covered,
                score.total,
            )


def epochs_of(path: str) -> int:
    """Return for how many epochs vectors were trained; counted ones were read once."""
    artifact = read_artifact(path, ("vectors", "ppmi"), [])
    epochs = artifact.settings.get("epochs", 1)
    if type(epochs) is not int or not 1 <= epochs < 1 << 63:
        artifact.refuse(f"trained for {show(epochs)} epochs, expected a whole number")
    return epochs


def names_of(ids: np.ndarray, queries: list[str], vectors: WordVectors) -> Iterator[str]:
    """Yield the queries as the vocabulary spells them; log those that it lacks, and yield them as given."""
    for word, query in zip(ids, queries, strict=True):
        if word < 0:
            near = did_you_mean(query, vectors.words) or "no word is spelled alike"
            logging.warning(
                "%r: not among the %d words of these vectors; %s", query, len(vectors.words), near
            )
        yield as_line(query) if word < 0 else vectors.words[word]


def as_line(query: str) -> str:
    """Return a query as it is, but with escapes for what a line of UTF-8 cannot hold."""
    return query.encode(errors="backslashreplace").decode().replace("\n", r"\n")


if __name__ == "__main__":
    run(main, OPTIONS)
