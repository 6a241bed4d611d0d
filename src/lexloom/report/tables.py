"""Tables, as plain text and as pages whose columns can be sorted."""

import re
from argparse import ArgumentParser
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from lexloom.errors import printable
from lexloom.report.page import write_page
from lexloom.storage.atomic_files import write_lines

_NUMBER = r"-?\d+(?:\.(\d+))?(?:e[-+]\d+)?"
_CELL = re.compile(rf"({_NUMBER})(?:\[({_NUMBER}),({_NUMBER})\])?")


def write_tables(output: str | Path, page: str | Path | None, *tables: Iterable[Sequence[object]]) -> None:
    """Write tables to a text file, with an empty line between two, and to a page if one is named.

    Parameters
    ----------
    output : path
    page : path, optional
        On it, the columns of numbers are sorted as such, and intervals drawn.
    *tables : iterable of rows
        The first row of each is the head. A dash stands for no value.
    """
    blocks = [list(rows) for rows in tables]
    lines = [line for rows in blocks for line in ("", *aligned(rows))]
    write_lines(output, lines[1:])
    if page:
        sections = [_on_page(f"table{number}", *rows) for number, rows in enumerate(blocks)]
        write_page(page, Path(output).stem, {"tables": sections})


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


def add_table_options(parser: ArgumentParser) -> None:
    """Add the options `--output` and `--page` of a script that writes tables."""
    parser.add_argument("--output", required=True, help="the table, text with columns parted by white space")
    parser.add_argument("--page", metavar="FILE", help="write the table also as a page to open (HTML)")


def _on_page(name: str, head: Sequence[object], *rows: Sequence[object]) -> dict[str, Any]:
    """Return a table as a page shows it, see `page/tables.js`."""
    columns = [_column([printable(row[i]) for row in rows]) for i in range(len(head))]
    return {
        "id": name,
        "title": printable(head[0]),
        "note": "",
        "columns": [{"name": printable(each)} | look for each, (look, _) in zip(head, columns, strict=True)],
        "rows": [list(row) for row in zip(*(cells for _, cells in columns), strict=True)],
    }


def _column(cells: Sequence[str]) -> tuple[dict[str, int], list[Any]]:
    """Return how a column looks, and its cells; one that has nothing but numbers has these, not texts."""
    found = [_CELL.fullmatch(cell) for cell in cells if cell != "-"]
    if not all(found):
        return {}, [None if cell == "-" else cell for cell in cells]
    decimals = max((len(match[2] or "") for match in found if match), default=0)
    return {"decimals": decimals}, [_number(cell) for cell in cells]


def _number(cell: str) -> float | list[float] | None:
    match = _CELL.fullmatch(cell)
    if match is None:
        return None
    value = float(match[1])
    return [value, float(match[3]), float(match[5])] if match[3] else value
