"""Measure one side of one stage, and print the result as JSON; run_all.py starts this program.

A side that needs a package that is not installed prints the name of the package instead.
"""

import argparse
import importlib
import json

import isa
from harness import Inputs, measure

OURS, BOUND = "lexloom", "bound"


def main() -> None:
    """Find the side, measure it, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("module", help="benchmark file without .py")
    parser.add_argument("stage", help="name of a stage in it")
    parser.add_argument("side", help=f"{OURS}, {BOUND}, or the name of a peer")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    stage = next(stage for stage in importlib.import_module(given.module).STAGES if stage.name == given.stage)
    side = {OURS: stage.ours, BOUND: stage.bound, **stage.peers}[given.side]
    try:
        result = measure(side, Inputs(given.threads, given.quick)) | {"isa": isa.found()}
    except ModuleNotFoundError as error:
        result = {"missing": error.name}
    print(json.dumps(result))


if __name__ == "__main__":
    main()
