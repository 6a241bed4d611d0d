"""Write the page of a corpus: its words, sentences, training curves and tables, in one HTML file to explore.

The page needs no network. What is on it depends on the files alone, not on when they were made.
"""

import argparse
from pathlib import Path

from pydantic import Field

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.settings.base import Settings

KNOWN = ("published", "expected")
"""Test perplexities known before, by the option that gives them and the column that shows them."""


class Explored(Settings):
    """How much the page shows."""

    words: int = Field(2000, ge=1, le=10_000, description="how many of the most frequent words the map has")
    neighbours: int = Field(10, ge=1, le=100, description="nearest words of each by each kind of vectors")
    tokens: int = Field(
        100_000, ge=1, le=10_000_000, description="about how many words of test sentences to show"
    )


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Explored)
    parser.add_argument("vectors", nargs="*", help="word vectors of the corpus, or its PPMI (HDF5)")
    parser.add_argument("--name", required=True, help="the name of the corpus")
    parser.add_argument("--corpus", required=True, metavar="FILE", help="the corpus (HDF5)")
    parser.add_argument(
        "--gold", metavar="FILE", help="colour words by the classes of a generated corpus (HDF5)"
    )
    parser.add_argument(
        "--reference", metavar="FILE", help="show the best possible perplexity of a generated corpus (HDF5)"
    )
    for option, about in (
        ("--scores", "the scores of these vectors (HDF5 of kind similarity)"),
        ("--trained", "those of the vectors that CBOW or skip-gram learned (HDF5 of kind vectors)"),
        ("--networks", "trained recurrent language models (HDF5 of kind rnnlm)"),
    ):
        parser.add_argument(option, nargs="*", default=[], metavar="FILE", help=about)
    parser.add_argument(
        "--model",
        dest="models",
        nargs=2,
        action="append",
        default=[],
        metavar=("NAME", "PERPLEXITY"),
        help="a language model: its name, and what was measured (HDF5 of kind perplexity); once for each",
    )
    for known in KNOWN:
        parser.add_argument(
            f"--{known}",
            nargs="*",
            default=[],
            metavar="NAME=PERPLEXITY",
            help=f"{known} test perplexity of a model",
        )
    parser.add_argument("--output", required=True, help="the page (HTML)")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from collections.abc import Iterator
from typing import Any

import numpy as np

from lexloom.corpus.recorded import word_before_text_of
from lexloom.kernels.backend import get_backend
from lexloom.language.perplexity import KEPT_SPLITS, read_log_probabilities
from lexloom.report.explorer.curves import MODEL_DATASETS, curves_section
from lexloom.report.explorer.headline import headline
from lexloom.report.explorer.language import ladder_table, mixtures_table
from lexloom.report.explorer.scores import best_vectors, vectors_table
from lexloom.report.explorer.sentences import sentences_section
from lexloom.report.explorer.words import PageWords, class_colours, most_frequent, words_section
from lexloom.report.measurements import adaptation_of, known_perplexities
from lexloom.report.page import write_page
from lexloom.storage.artifacts import Artifact, check_same_words, read_artifact
from lexloom.vectors.word_vectors import WordVectors, read_vectors


def main(options: argparse.Namespace) -> None:
    """Read what was made of the corpus, write the page."""
    get_backend()
    corpus = read_artifact(options.corpus, "corpus")
    gold = read_artifact(options.gold, "gold") if options.gold else None
    reference = read_reference(options.reference) if options.reference else None
    measured = read_measured(options.models, options.corpus)
    plain = {name: model for name, model in measured.items() if not adaptation_of(model)}
    scores = {Path(path).stem: read_artifact(path, "similarity") for path in options.scores}
    networks = {Path(path).stem: read_artifact(path, "rnnlm", MODEL_DATASETS) for path in options.networks}
    losses = {
        Path(path).stem: read_artifact(path, "vectors", ["losses"])["losses"] for path in options.trained
    }
    known = {name: known_perplexities(name, getattr(options, name)) for name in KNOWN}
    page_words = PageWords(corpus["words"])
    surprisals = {name: model["log_probabilities/test"] for name, model in measured.items()}
    tables = [vectors_table(scores)]
    if measured:
        tables += [ladder_table(measured, known), mixtures_table(plain)]
    sections = {
        "headline": headline(corpus, measured, scores, reference),
        "words": words_of(options, corpus, gold, scores, page_words),
        "sentences": sentences_section(
            corpus["test"], word_before_text_of(corpus), surprisals, page_words, options.tokens
        ),
        "curves": curves_section(networks, losses, reference),
        "tables": [table for table in tables if table],
    }
    write_page(options.output, options.name, sections | {"vocabulary": page_words.texts()})


def read_reference(path: str) -> float:
    """Return the perplexity of the grammar that generated a corpus."""
    return float(read_artifact(path, "gold", ["reference_perplexity"])["reference_perplexity"])


def read_measured(models: list[list[str]], corpus: str) -> dict[str, Artifact]:
    """Return what was measured of each model, with the log probabilities that its page shows."""
    if not models:
        return {}
    names, paths = zip(*models, strict=True)
    numbers = ["test", "parameters", "epochs"]
    artifacts = read_log_probabilities(paths, KEPT_SPLITS, corpus, numbers)
    return dict(zip(names, artifacts, strict=True))


def words_of(
    options: argparse.Namespace,
    corpus: Artifact,
    gold: Artifact | None,
    scores: dict[str, Artifact],
    page_words: PageWords,
) -> dict[str, Any] | None:
    """Return the section of the words; None where there are no vectors."""
    if not options.vectors:
        return None
    by_spelling = {word: i for i, word in enumerate(corpus["words"])}
    queries = next((result["queries"] for result in scores.values()), [])
    asked = np.array([by_spelling.get(query, -1) for query in queries], int)
    shown = most_frequent(corpus["counts"], options.words, asked)
    kinds = read_kinds(options.vectors, options.corpus, corpus["words"])
    section = words_section(shown, corpus["counts"], kinds, page_words, options.neighbours)
    first = int(page_words.numbers(asked[asked >= 0])[0]) if (asked >= 0).any() else 0
    names = [kind["name"] for kind in section["kinds"]]
    best = best_vectors(scores)
    section |= {"first": first, "kind": names.index(best) if best in names else 0, "classes": None}
    if gold:
        classes = np.array(gold["class_names"])[gold["word_classes"]].tolist()
        class_of = dict(zip(gold["words"], classes, strict=True))
        section["classes"] = class_colours([corpus["words"][i] for i in shown], class_of)
    return section


def read_kinds(paths: list[str], corpus: str, words: list[str]) -> Iterator[tuple[str, WordVectors]]:
    """Yield each kind of vectors and its name."""
    for path in progress(paths, desc="maps of words", unit="map"):
        vectors = read_vectors(path)
        check_same_words(path, vectors.words, corpus, words)
        yield Path(path).stem, vectors


if __name__ == "__main__":
    run(main, OPTIONS)
