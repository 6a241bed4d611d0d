"""Tabulate language models or word vectors that were trained several times, with different seeds.

A cell is the mean over the runs, then its 95 % confidence interval (Student's t), unless there is only one
run. The interval shows how much the result depends on chance in training. A dash means no score.
"""

import argparse
from collections.abc import Sequence

from lexloom.commands.script import parse, run, script_parser
from lexloom.errors import LexloomError
from lexloom.report.tables import add_table_options, write_tables


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument(
        "--runs",
        nargs="+",
        action="append",
        required=True,
        metavar="NAME FILE",
        help="the name of a model or of vectors, and what was measured of each run: HDF5 of kind perplexity "
        "or similarity; once for each model or vectors",
    )
    add_table_options(parser)
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.report.intervals import mean_interval
from lexloom.settings.splits import SPLITS
from lexloom.storage.artifacts import Artifact, read_artifact

HEADS = {"perplexity": "model", "similarity": "vectors"}
DECIMALS = {"perplexity": 2, "similarity": 3}


def main(options: argparse.Namespace) -> None:
    """Read what was measured, write the table."""
    names = [name for name, *_ in options.runs]
    measured = [[read_artifact(path, tuple(HEADS)) for path in paths] for _, *paths in options.runs]
    for name, artifacts in zip(names, measured, strict=True):
        if not artifacts:
            raise LexloomError(f"--runs {name}: no file; expected the name and at least one file")
    first = measured[0][0]
    check_same_measures([artifact for artifacts in measured for artifact in artifacts])
    rows = [[HEADS[first.kind], "runs", *values_of(first)]]
    for name, artifacts in zip(names, measured, strict=True):
        columns = zip(*(values_of(artifact).values() for artifact in artifacts), strict=True)
        cells = (cell(column, DECIMALS[first.kind]) for column in columns)
        rows.append([name, str(len(artifacts)), *cells])
    write_tables(options.output, options.page, rows)


def values_of(artifact: Artifact) -> dict[str, float]:
    """Return what was measured, by column of the table."""
    if artifact.kind == "perplexity":
        return {split: float(artifact[split]) for split in SPLITS if split in artifact.datasets}
    names = map(":".join, zip(artifact["test_sets"], artifact["measures"], strict=True))
    return dict(zip(names, artifact["scores"].tolist(), strict=True))


def check_same_measures(artifacts: list[Artifact]) -> None:
    """Refuse files that do not belong in one table."""
    first, *others = artifacts
    for other in others:
        items = [list(each["covered"]) for each in (first, other) if each.kind == "similarity"]
        if list(values_of(first)) != list(values_of(other)) or items[1:] != items[:-1]:
            raise LexloomError(
                f"{first.path} and {other.path}: not the same was measured; tabulate models or vectors of "
                "one corpus, evaluated alike"
            )


def cell(values: Sequence[float], decimals: int) -> str:
    """Return a mean and its interval; a dash where nothing could be scored, no interval of a single run."""
    mean, low, high = (f"{value:.{decimals}f}" for value in mean_interval(values))
    if mean == "nan":
        return "-"
    return mean if low == "nan" else f"{mean}[{low},{high}]"


if __name__ == "__main__":
    run(main, OPTIONS)
