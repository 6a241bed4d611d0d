"""Write the ladder of language models: published test perplexities and ours, the worst model first."""

import argparse

from lexloom.artifacts import read_artifact
from lexloom.command_line import run, script_parser
from lexloom.errors import LexloomError
from lexloom.output_files import aligned, write_lines
from lexloom.text_files import read_seconds

COLUMNS = ("rung", "published", "ours", "valid", "epochs", "seconds", "device")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("--output", required=True, help="the table, text with columns parted by white space")
    parser.add_argument("--rungs", nargs="+", required=True, help="names of the models")
    parser.add_argument(
        "--perplexities", nargs="+", required=True, help="HDF5 of kind perplexity, one a rung"
    )
    parser.add_argument(
        "--benchmarks", nargs="+", required=True, help="Snakemake's benchmark of each training (TSV)"
    )
    parser.add_argument(
        "--published",
        nargs="*",
        default=[],
        metavar="RUNG=PERPLEXITY",
        help="published test perplexity of a rung; a dash stands for those not given",
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read what was measured, write the table."""
    if not len(given.rungs) == len(given.perplexities) == len(given.benchmarks):
        raise LexloomError("--rungs, --perplexities, --benchmarks: expected equally many of each")
    published = dict(pair.split("=", 1) for pair in given.published)
    measured = [read_artifact(path, "perplexity", ["valid", "test", "epochs"]) for path in given.perplexities]
    rungs = sorted(
        zip(given.rungs, measured, given.benchmarks, strict=True), key=lambda rung: -rung[1]["test"]
    )
    rows = [
        (
            name,
            published.get(name, "-"),
            f"{found['test']:.2f}",
            f"{found['valid']:.2f}",
            f"{found['epochs']}",
            f"{read_seconds(benchmark):.0f}",
            found.settings["trained_on"].replace(" ", "_"),
        )
        for name, found, benchmark in rungs
    ]
    write_lines(given.output, aligned([COLUMNS, *rows]))


if __name__ == "__main__":
    run(main, options())
