"""Tabulate the settings that score best on the mean of all test sets of a sweep, and on all but one.

The set left out shows what such a choice is worth elsewhere. The last line has those scores alone.
"""

import argparse
from collections.abc import Iterator

from lexloom.commands.script import parse, run, script_parser
from lexloom.report.tables import add_table_options, write_tables


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("sweep", help="table of a sweep (tab-separated)")
    add_table_options(parser)
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

import numpy as np

from lexloom.vectors.sweep_tables import Sweep, read_sweep


def main(options: argparse.Namespace) -> None:
    """Read the sweep, write the table."""
    write_tables(options.output, options.page, rows(read_sweep(options.sweep)))


def rows(sweep: Sweep) -> Iterator[list[str]]:
    """Yield the head, one row for each choice of test sets, and the scores of the sets left out."""
    names = list(sweep.scores)
    yield ["chosen_by", *sweep.settings[0], *names, "mean"]
    yield choice(sweep, names, "all")
    if len(names) == 1:
        return
    unseen = []
    for left_out in names:
        others = [name for name in names if name != left_out]
        yield choice(sweep, others, f"all_but_{left_out}")
        unseen.append(sweep.scores[left_out][best(sweep, others)])
    dashes = ["-"] * len(sweep.settings[0])
    yield ["unseen", *dashes, *(f"{score:.3f}" for score in unseen), f"{np.mean(unseen):.3f}"]


def choice(sweep: Sweep, names: list[str], label: str) -> list[str]:
    """Return the settings that are best on the mean of some test sets, and their scores on all."""
    i = best(sweep, names)
    scores = []
    for name, values in sweep.scores.items():
        low, high = sweep.intervals[name][i]
        scores.append(f"{values[i]:.3f}[{low:.3f},{high:.3f}]")
    return [label, *sweep.settings[i].values(), *scores, f"{sweep.means[i]:.3f}"]


def best(sweep: Sweep, names: list[str]) -> int:
    """Return the number of the combination with the best mean on some test sets; nan is never best."""
    means = np.mean([sweep.scores[name] for name in names], axis=0)
    return int(np.argmax(np.nan_to_num(means, nan=-np.inf)))


if __name__ == "__main__":
    run(main, OPTIONS)
