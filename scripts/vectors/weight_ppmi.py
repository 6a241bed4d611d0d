"""Weight counted pairs by their positive pointwise mutual information (PPMI)."""

import argparse

from lexloom.commands.script import between, run, script_parser
from lexloom.storage.artifacts import read_artifact, write_artifact
from lexloom.vectors.ppmi import weight_ppmi


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    parser.add_argument("cooccurrences", help="counted pairs, HDF5 of kind cooccurrences")
    parser.add_argument("--output", required=True, help="weighted pairs, HDF5 of kind ppmi")
    parser.add_argument(
        "--smoothing",
        type=between(0, 1, above=True),
        default=1.0,
        help="exponent on the counts of contexts, above 0, up to 1; 0.75 lowers the weight of rare contexts",
    )
    parser.add_argument(
        "--shift",
        type=between(0, 20),
        default=0.0,
        help="bits taken off every weight, 0 to 20: log2 of the number of negative samples it stands for",
    )
    return parser


def main(given: argparse.Namespace) -> None:
    """Read the counts, weight them, write the matrix."""
    counted = read_artifact(given.cooccurrences, "cooccurrences")
    ppmi = weight_ppmi(counted["counts"], given.smoothing, given.shift)
    settings = counted.settings | {"smoothing": given.smoothing, "shift": given.shift}
    datasets = {"ppmi": ppmi, "words": counted["words"]}
    write_artifact(given.output, "ppmi", datasets, settings, [given.cooccurrences])


if __name__ == "__main__":
    run(main, options())
