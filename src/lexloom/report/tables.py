"""Tables of plain text."""

from argparse import ArgumentParser
from collections.abc import Iterable, Sequence

from lexloom.errors import printable


def aligned(rows: Iterable[Sequence[object]]) -> list[str]:
    """Return rows of equally many cells as lines, each column as wide as its widest cell; see `printable`.

    Examples
    --------
    >>> aligned([("model", "test"), ("lstm", 88.3)])
    ['model  test', 'lstm   88.3']
    """
    cells = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in cells]


def add_model_option(parser: ArgumentParser) -> None:
    """Add the option `--model NAME PERPLEXITY BENCHMARK`, to be repeated for each model of a table."""
    parser.add_argument(
        "--model",
        dest="models",
        nargs=3,
        action="append",
        required=True,
        metavar=("NAME", "PERPLEXITY", "BENCHMARK"),
        help="a model: its name, what was measured (HDF5 of kind perplexity), and the benchmark (TSV) of the "
        "job that trained or adapted it; once for each model",
    )
