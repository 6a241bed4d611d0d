"""Weight counted pairs by their positive pointwise mutual information (PPMI)."""

import argparse
from pathlib import Path

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
from lexloom.storage.scratch import stacked
from lexloom.vectors.ppmi import ppmi_runs


def main(options: argparse.Namespace) -> None:
    """Read the counts, weight them, write the matrix."""
    settings = Ppmi.of(options)
    counted = read_artifact(options.cooccurrences, "cooccurrences", ["words"], in_parts=["counts"])
    counts, folder = counted["counts"], Path(options.output).parent
    folder.mkdir(parents=True, exist_ok=True)
    weighted = stacked(ppmi_runs(counts, counts.lengths, counts.shape[1], **dict(settings)), folder)
    datasets = {"ppmi": weighted, "words": counted["words"]}
    provenance = Provenance(counted.settings | dict(settings), [options.cooccurrences])
    write_artifact(options.output, "ppmi", datasets, provenance)


if __name__ == "__main__":
    run(main, OPTIONS)
