"""Look for inputs that go wrong: `python tests/fuzz/run.py --minutes 30 --seed 1`, or `make fuzz`.

Kills and failing disks take hours, and so have commands of their own, see `ELSEWHERE`.
"""

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

import engine

from lexloom.report.tables import aligned

ROOT = Path(__file__).resolve().parents[2]
sys.path += map(str, [ROOT / "workflow", ROOT / "tests/scripts", ROOT / "tests/unit/storage"])

NAMES = ("configurations", "exports", "command_lines", "corpora", "artifacts", "answers")
SUBJECTS = {name: import_module(name).SUBJECT for name in NAMES}
"""What is tried: one module each in this folder."""

ELSEWHERE = ("python tests/fuzz/kills.py --kills 20", "make crash")


def options() -> argparse.ArgumentParser:
    """Return the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30, help="for all subjects together")
    parser.add_argument("--seed", type=int, default=1, help="the same seed tries the same inputs")
    parser.add_argument("--only", nargs="+", choices=SUBJECTS, default=[*SUBJECTS], metavar="SUBJECT")
    parser.add_argument("--inputs", type=int, help="try at most so many of each subject")
    parser.add_argument("--repeat", metavar="BLOB", help="try again the one input that a failure printed")
    return parser


def main(options: argparse.Namespace) -> int:
    """Try inputs of each subject, and print a table; return how many failures there are."""
    subjects = [SUBJECTS[name] for name in options.only]
    if options.repeat:
        for subject in subjects:
            engine.repeat(subject, options.repeat)
        return 0
    for subject in subjects:
        subject.prepare()
    end = time.monotonic() + 60 * options.minutes
    rows, failures = [("subject", "inputs", "failures", "seconds", "how the inputs ended")], 0
    for place, subject in enumerate(subjects):
        left = end - time.monotonic()
        share = left * subject.share / sum(other.share for other in subjects[place:])
        print(f"{subject.name}: {share:.0f} seconds, seed {options.seed}", flush=True)
        tally = engine.explore(subject, options.seed, time.monotonic() + share, options.inputs, show)
        numbers = tally.inputs, len(tally.failures), round(tally.seconds)
        ends = ", ".join(f"{end} {count}" for end, count in tally.ends.most_common())
        rows.append((subject.name, *map(str, numbers), ends))
        failures += len(tally.failures)
    print("\n".join(aligned(rows)))
    print(f"not among these: {', '.join(ELSEWHERE)}")
    return failures


def show(text: str) -> None:
    """Print a failure; a control character in it is no command to the terminal."""
    print("".join(c if c == "\n" or c.isprintable() else ascii(c)[1:-1] for c in text), flush=True)


if __name__ == "__main__":
    sys.exit(min(1, main(options().parse_args())))
