"""Weight counted pairs by their positive pointwise mutual information (PPMI)."""

import argparse

from lexloom.commands.script import parse, run, script_parser
from lexloom.settings.ppmi import Ppmi


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Ppmi)
    parser.add_argument("cooccurrences", help="counted pairs, HDF5 of kind cooccurrences")
    parser.add_argument("--output", required=True, help="weighted pairs, HDF5 of kind ppmi")
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.ppmi import weight_ppmi


def main(options: argparse.Namespace) -> None:
    """Read the counts, weight them, write the matrix."""
    settings = Ppmi.of(options)
    counted = read_artifact(options.cooccurrences, "cooccurrences")
    datasets = {"ppmi": weight_ppmi(counted["counts"], **dict(settings)), "words": counted["words"]}
    provenance = Provenance(counted.settings | dict(settings), [options.cooccurrences])
    write_artifact(options.output, "ppmi", datasets, provenance)


if __name__ == "__main__":
    run(main, OPTIONS)
