"""Count how often two words of the training text stand near each other."""

import argparse
from pathlib import Path

from lexloom.artifacts import read_artifact, write_artifact
from lexloom.backend import get_backend
from lexloom.command_line import at_least, between, run, script_parser
from lexloom.counts import WEIGHTINGS, count_cooccurrences

SETTINGS = ("window", "weighting", "subsample")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("corpus", help="tokenized corpus, HDF5 of kind corpus")
    parser.add_argument("--output", required=True, help="counted pairs, HDF5 of kind cooccurrences")
    parser.add_argument(
        "--window",
        type=at_least(1),
        default=5,
        help="words on each side, from 1; across the ends of sentences",
    )
    parser.add_argument(
        "--weighting",
        choices=WEIGHTINGS,
        default="flat",
        help="what a pair of words d apart counts: flat 1, distance 1/d, dynamic (window - d + 1) / window",
    )
    parser.add_argument(
        "--subsample",
        type=between(0, 1),
        default=0.0,
        help="share of the text, 0 to 1, above which a word counts less: a pair counts the probability that "
        "both words stay; 0 keeps all words",
    )
    parser.add_argument(
        "--memory-mb",
        type=at_least(1),
        default=1000,
        help="megabytes to count in, beside text and result; what does not fit goes through temporary files "
        "next to the output; the result does not depend on it",
    )
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="CPU threads; the result does not depend on it"
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the corpus, count pairs, write the matrix."""
    get_backend(threads=given.threads)
    corpus = read_artifact(given.corpus, "corpus", ["train", "words"])
    folder = Path(given.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    settings = {name: getattr(given, name) for name in SETTINGS}
    counts = count_cooccurrences(
        corpus["train"],
        len(corpus["words"]),
        **settings,
        memory_mb=given.memory_mb,
        folder=folder,
    )
    datasets = {"counts": counts, "words": corpus["words"]}
    write_artifact(given.output, "cooccurrences", datasets, settings, [given.corpus])


if __name__ == "__main__":
    run(main, options())
