"""Fail each call to the disk of a whole small graph, one after the other, and look at what is left.

Whatever happens at the n-th call (see `failing_disk.KINDS`), or however little memory there is: the program
ends with one line, or by the signal; each output is absent, the older one or complete; and the same command,
run again, gives the bytes of an undisturbed run and leaves no other file.

    python tests/crash/crash.py                                 # all of it, an hour or two
    python tests/crash/crash.py rnnlm --kinds full --calls 17   # one failure

A stage runs in a fork of a program that has imported its script and compiled its kernels.
"""

import argparse
import gc
import io
import logging
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterable
from contextlib import redirect_stdout
from itertools import count, islice
from pathlib import Path
from typing import NoReturn

import failing_disk  # before lexloom, which then stands on it
import h5py
from graph import STAGES, Stage

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from running import program

from lexloom.commands.script import parse, run
from lexloom.storage import output_locks

KINDS = (*failing_disk.KINDS, "memory")
MEMORY_STEP = 4 << 20
output_locks.SILENCE = 0  # killed before it could write who it was, a program would be waited for
OLD = b"old\n"


def main() -> None:
    """Run what the command line asks for; the exit status tells whether something is wrong."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("stages", nargs="*", metavar="STAGE", help="all if none is given; see graph.py")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=KINDS)
    parser.add_argument("--calls", type=int, nargs="+", help="fail these calls only")
    parser.add_argument("--every", type=int, default=1, help="fail each so many calls only")
    parser.add_argument("--folder", help="where to work; quickest in memory, such as /dev/shm")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(dir=options.folder)
    os.chdir(folder)
    os.mkdir("done")
    faults = []
    stages = options.stages or list(STAGES)
    for name, stage in islice(STAGES.items(), 1 + max(map(list(STAGES).index, stages))):
        undisturbed(stage)
        for kind in options.kinds if name in stages else ():
            tried, wrong = fail_all(name, kind, options.calls or count(1, options.every))
            faults += wrong
            print(f"{name}: {kind}: {tried} tried, {len(wrong)} wrong", *wrong, sep="\n", flush=True)
    shutil.rmtree(folder)  # not in a context: each fork would leave it too
    sys.exit(bool(faults))


def undisturbed(stage: Stage) -> None:
    """Run a stage in this program, which compiles its kernels; its outputs go to `done`."""
    parser, main = program(stage.program)
    with redirect_stdout(io.StringIO()):
        main(parser.parse_args(words(stage, "done")))


def words(stage: Stage, folder: str) -> list[str]:
    """Return the command line of a stage."""
    return stage.words.format(out=folder).split()


def fail_all(name: str, kind: str, calls: Iterable[int]) -> tuple[int, list[str]]:
    """Fail calls of a stage until it has no more; return how many, and what is wrong after which."""
    faults, tried = [], 0
    for call in calls:
        wrong, was_reached = failure(STAGES[name], kind, call)
        repeat = f"  python tests/crash/crash.py '{name}' --kinds {kind} --calls {call}"
        faults += [f"{name}: {fault}\n{repeat}" for fault in wrong]
        if not was_reached:
            break
        tried += 1
    return tried, faults


def failure(stage: Stage, kind: str, call: int) -> tuple[list[str], bool]:
    """Fail a call of a stage, run it again, and return what is wrong and whether it had so many calls."""
    shutil.rmtree("out", ignore_errors=True)
    os.mkdir("out")
    has_old = call % 2 == 0
    if has_old:
        for output in stage.outputs:
            Path("out", output).write_bytes(OLD)
    status, said = run_in_fork(stage, kind, call)
    was_reached = status != 0 or Path("reached").exists()
    wrong = wrong_end(kind, status, said) + wrong_outputs(stage, has_old, is_complete=status == 0)
    again, said_again = run_in_fork(stage, "error", 0)
    if again != 0:
        wrong.append(f"run again, it ends with {again}: {said_again}")
    else:
        wrong += wrong_outputs(stage, False, is_complete=True) + wrong_files(stage)
    return wrong, was_reached


def wrong_end(kind: str, status: int, said: str) -> list[str]:
    """Return what is wrong with how a program ended, and with what it said."""
    expected = {0, -9} if kind in ("kill", "torn") else {0, 1}
    lines = [line for line in said.splitlines() if ": no longer written: " not in line]  # of a log
    errors = sum(line.startswith("error: ") for line in lines)
    one_line = status != 1 or (errors == 1 and lines[-1].startswith("error: "))
    noise = [word for word in ("Traceback", "Exception ignored", "Logging error", "bug in") if word in said]
    if status in expected and one_line and not noise:
        return []
    return [f"ended with {status}, and said: {said}"]


def wrong_outputs(stage: Stage, has_old: bool, is_complete: bool) -> list[str]:
    """Return which outputs are neither absent, old nor complete."""
    wrong = []
    for output in stage.outputs:
        path = Path("out", output)
        content = path.read_bytes() if path.exists() else None
        allowed = [Path("done", output).read_bytes()]
        if not is_complete:
            allowed.append(OLD if has_old else None)
        if content not in allowed:
            wrong.append(f"{output} is {'missing' if content is None else 'half or different'}")
    return wrong


def wrong_files(stage: Stage) -> list[str]:
    """Return which files lie beside the outputs that no undisturbed run leaves there."""
    allowed = {*stage.outputs, "lm.csv", "kept.csv", "tokenize.log"}
    names = {path.name for path in Path("out").iterdir()}
    return [f"{name} is left" for name in names - allowed if not name.startswith("kept.finished-")]


def run_in_fork(stage: Stage, kind: str, call: int) -> tuple[int, str]:
    """Run a stage in a fork of this program, and return its exit status and what it said."""
    Path("reached").unlink(missing_ok=True)
    sys.stdout.flush()
    gc.freeze()  # the fork then shares the memory of what there is
    child = os.fork()
    if not child:
        run_and_exit(stage, kind, call)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), Path("said").read_text(errors="replace")


def run_and_exit(stage: Stage, kind: str, call: int) -> NoReturn:
    """Run a stage with a failure, and end this program as that of the stage would end."""
    parser, main = program(stage.program)
    logging.getLogger().handlers.clear()
    sys.argv[1:] = words(stage, "out")
    said = os.open("said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(said, 1)
    os.dup2(said, 2)
    disk = failing_disk.Disk(kind, call)
    if kind == "memory":
        limit = 4096 * int(Path("/proc/self/statm").read_text().split()[0]) + call * MEMORY_STEP
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    else:
        failing_disk.disk = disk
    status = 0
    try:
        run(main, parse(parser))
    except SystemExit as end:
        status = int(end.code or 0)
    failing_disk.disk = None
    if call and disk.calls >= call:
        Path("reached").touch()
    gc.collect()
    if any(file.get_intent() for file in h5py.h5f.get_obj_ids(types=h5py.h5f.OBJ_FILE)):
        print("HDF5 could not close a file that it writes; it crashes at exit")
        status = 139
    os._exit(status)  # the end of Python itself takes longer than all the rest


if __name__ == "__main__":
    main()
