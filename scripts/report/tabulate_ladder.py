"""Write the ladder of language models: test perplexities published, expected and ours, the worst model first.

Below it, in a table of their own, stand models that adapted to the text while they read it.
"""

import argparse
from collections.abc import Mapping
from itertools import chain

from lexloom.commands.script import run, script_parser
from lexloom.errors import LexloomError
from lexloom.report.tables import aligned, read_seconds
from lexloom.storage.artifacts import Artifact, read_artifact
from lexloom.storage.atomic_files import write_lines

KNOWN = ("published", "expected")
"""Test perplexities known before, by the option that gives them and the column that shows them."""

COLUMNS = ("rung", *KNOWN, "ours", "valid", "epochs", "seconds", "device")
ADAPTED_COLUMNS = ("adapted_at_test_time", *KNOWN, "ours", "valid", "settings", "seconds", "device")


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("--output", required=True, help="the table, text with columns parted by white space")
    parser.add_argument("--rungs", nargs="+", required=True, help="names of the models")
    parser.add_argument(
        "--perplexities", nargs="+", required=True, help="HDF5 of kind perplexity, one a rung"
    )
    parser.add_argument(
        "--benchmarks",
        nargs="+",
        required=True,
        help="Snakemake's benchmark of each training, or adaptation (TSV)",
    )
    for known in KNOWN:
        parser.add_argument(
            f"--{known}",
            nargs="*",
            default=[],
            metavar="RUNG=PERPLEXITY",
            help=f"{known} test perplexity of a rung; a dash stands for those not given",
        )
    return parser


def main(options: argparse.Namespace) -> None:
    """Read what was measured, write the table."""
    if not len(options.rungs) == len(options.perplexities) == len(options.benchmarks):
        raise LexloomError("--rungs, --perplexities, --benchmarks: expected equally many of each")
    known = [dict(pair.split("=", 1) for pair in getattr(options, name)) for name in KNOWN]
    plain, adapted = [COLUMNS], [ADAPTED_COLUMNS]
    for name, found, benchmark in sorted(read_rungs(options), key=lambda rung: -rung[1]["test"]):
        adaptation = found.settings.get("adaptation")
        (plain if adaptation is None else adapted).append(
            (
                name,
                *(perplexities.get(name, "-") for perplexities in known),
                f"{found['test']:.2f}",
                f"{found['valid']:.2f}",
                f"{found['epochs']}" if adaptation is None else in_one_word(adaptation),
                f"{read_seconds(benchmark):.0f}",
                (found.settings["trained_on"] if adaptation is None else found.device).replace(" ", "_"),
            )
        )
    tables = [aligned(plain)] + ([["", *aligned(adapted)]] if len(adapted) > 1 else [])
    write_lines(options.output, chain(*tables))


def read_rungs(options: argparse.Namespace) -> list[tuple[str, Artifact, str]]:
    """Return the name of each rung, what was measured, and the file with its time."""
    measured = [
        read_artifact(path, "perplexity", ["valid", "test", "epochs"]) for path in options.perplexities
    ]
    return list(zip(options.rungs, measured, options.benchmarks, strict=True))


def in_one_word(settings: Mapping[str, float]) -> str:
    """Return settings as name=value, with commas between them."""
    return ",".join(f"{name}={value:.4g}" for name, value in settings.items())


if __name__ == "__main__":
    run(main, options())
