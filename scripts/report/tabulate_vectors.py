"""Tabulate scores, training times and nearest words of word vectors, one column for each file.

A cell is the score, then its 95 % confidence interval. A dash means that nothing could be scored, or that the
query is not in the vocabulary. Words/s are the words of train, times the epochs, divided by the seconds.
"""

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from lexloom.commands.script import parse, run, script_parser
from lexloom.errors import LexloomError
from lexloom.report.tables import add_table_options, write_tables


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("similarity", nargs="+", help="scores of word vectors on one corpus (HDF5)")
    parser.add_argument("--corpus", required=True, metavar="FILE", help="the corpus they were made of (HDF5)")
    parser.add_argument(
        "--benchmarks",
        nargs="+",
        action="append",
        required=True,
        metavar="FILE",
        help="Snakemake's benchmarks (TSV) of the jobs that made one of the vectors from the corpus; "
        "once for each of the scores, in their order",
    )
    add_table_options(parser)
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.report.measurements import read_seconds
from lexloom.storage.artifacts import Artifact, read_artifact


def main(options: argparse.Namespace) -> None:
    """Read the scores, write the table."""
    results = {Path(path).stem: read_artifact(path, "similarity") for path in options.similarity}
    check_same_items(options.similarity, list(results.values()))
    if len(options.benchmarks) != len(results):
        raise LexloomError(
            f"--benchmarks: given {len(options.benchmarks)} times; expected once for each of the scores, "
            f"{len(results)} times"
        )
    words = int(read_artifact(options.corpus, "corpus", ["counts"])["counts"].sum())
    blocks = [score_rows(results), time_rows(results, words, options.benchmarks), *neighbour_blocks(results)]
    write_tables(options.output, options.page, *blocks)


def check_same_items(paths: list[str], artifacts: list[Artifact]) -> None:
    """Refuse scores that do not belong side by side."""
    for (path, one), (other_path, other) in pairwise(zip(paths, artifacts, strict=True)):
        for name in ("test_sets", "measures", "covered", "total", "queries"):
            if list(one[name]) != list(other[name]):
                raise LexloomError(
                    f"{path} and {other_path}: their {name} differ; tabulate vectors of one corpus, "
                    "evaluated with the same test sets and queries"
                )
        if one["neighbours"].shape != other["neighbours"].shape:
            raise LexloomError(f"{path} and {other_path}: not of as many neighbours; evaluate them alike")


def score_rows(results: dict[str, Artifact]) -> Iterator[list[str]]:
    """Yield the head and one row for each test set and measure."""
    first = next(iter(results.values()))
    yield ["test_set", "measure", "covered", "total", *results]
    for i, test_set in enumerate(first["test_sets"]):
        cells = (score(result, i) for result in results.values())
        yield [test_set, first["measures"][i], str(first["covered"][i]), str(first["total"][i]), *cells]


def score(result: Artifact, row: int) -> str:
    """Return a score and its interval; a dash where nothing could be scored, no interval of too few items."""
    value, (low, high) = result["scores"][row], result["intervals"][row]
    if np.isnan(value):
        return "-"
    return f"{value:.3f}" if np.isnan(low) else f"{value:.3f}[{low:.3f},{high:.3f}]"


def time_rows(
    results: dict[str, Artifact], words: int, benchmarks: list[list[str]]
) -> Iterator[list[object]]:
    """Yield the head, and for each kind of vectors the time to make them and the words per second."""
    yield ["method", "epochs", "seconds", "words/s"]
    for (method, result), paths in zip(results.items(), benchmarks, strict=True):
        seconds = sum(map(read_seconds, paths))
        yield [method, result["epochs"], f"{seconds:.1f}", f"{result['epochs'] * words / seconds:.0f}"]


def neighbour_blocks(results: dict[str, Artifact]) -> Iterator[list[list[object]]]:
    """Yield for each query a head and one row for each rank."""
    first = next(iter(results.values()))
    ranks = range(first["neighbours"].shape[1])
    for i, query in enumerate(first["queries"]):
        rows = ([rank + 1, *(neighbour(result, i, rank) for result in results.values())] for rank in ranks)
        yield [[f"nearest_to:{query}", *results], *rows]


def neighbour(result: Artifact, query: int, rank: int) -> str:
    """Return a neighbour and its cosine, or a dash where the query is not in the vocabulary."""
    word, cosine = result["neighbours"][query, rank], result["cosines"][query, rank]
    return "-" if word < 0 else f"{result['words'][word]}:{cosine:.2f}"


if __name__ == "__main__":
    run(main, OPTIONS)
