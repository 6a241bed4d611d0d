"""Put the scores and nearest words of several word vectors side by side, as plain text."""

import argparse
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from lexloom.artifacts import Artifact, read_artifact
from lexloom.command_line import run, script_parser
from lexloom.errors import LexloomError
from lexloom.output_files import aligned, write_lines

parser = script_parser(
    "Tabulate scores of word vectors, one column for each file, headed by the file's name. A cell is the "
    "score, then its 95 % confidence interval. A dash: nothing could be scored, or the "
    "query is not in the vocabulary."
)
parser.add_argument("similarity", nargs="+", help="scores of word vectors on one corpus (HDF5)")
parser.add_argument("--output", required=True, help="where to write the table (text)")


def main(options: argparse.Namespace) -> None:
    """Read the scores, write the table."""
    results = {Path(path).stem: read_artifact(path, "similarity") for path in options.similarity}
    check_same_items(options.similarity, list(results.values()))
    blocks = [score_rows(results), *neighbour_blocks(results)]
    lines = [line for rows in blocks for line in ("", *aligned(rows))]
    write_lines(options.output, lines[1:])


def check_same_items(paths: list[str], artifacts: list[Artifact]) -> None:
    """Refuse scores that do not belong side by side."""
    for (path, one), (other_path, other) in pairwise(zip(paths, artifacts, strict=True)):
        for name in ("test_sets", "measures", "covered", "total", "queries"):
            if list(one[name]) != list(other[name]):
                raise LexloomError(
                    f"{path} and {other_path}: their {name} differ; tabulate vectors of one corpus, "
                    "evaluated with the same test sets and queries"
                )


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


def neighbour_blocks(results: dict[str, Artifact]) -> Iterator[list[list[str]]]:
    """Yield for each query a head and one row for each rank."""
    first = next(iter(results.values()))
    for i, query in enumerate(first["queries"]):
        yield [
            [f"nearest_to:{query}", *results],
            *(
                [str(rank + 1), *(neighbour(result, i, rank) for result in results.values())]
                for rank in range(first["neighbours"].shape[1])
            ),
        ]


def neighbour(result: Artifact, query: int, rank: int) -> str:
    """Return a neighbour and its cosine, or a dash where the query is not in the vocabulary."""
    word, cosine = result["neighbours"][query, rank], result["cosines"][query, rank]
    return "-" if word < 0 else f"{result['words'][word]}:{cosine:.2f}"


if __name__ == "__main__":
    run(main, parser)
