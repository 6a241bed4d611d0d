"""The engine: Hypothesis makes inputs and shrinks those that fail; a forked child tries each.

So a crash or a hang of the code under test is a failure with its input like any other, and does not end the
run.
"""

import faulthandler
import multiprocessing
import os
import re
import resource
import signal
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.internal.conjecture import engine as shrinking
from hypothesis.strategies import SearchStrategy

ROOT = Path(__file__).resolve().parents[2]
ROUND = 100
"""Inputs made by one run of Hypothesis; the seed and the number of the round determine them."""

_MEMORY = 12 << 30  # bytes of address space; more than any small input needs, threads included
_PLACE = re.compile(rf'File "({re.escape(str(ROOT))}/(?!\.venv/)\S+)", line (\d+)')
shrinking.MAX_SHRINKING_SECONDS = 60  # of 300, so that a failure leaves time for others; no public setting
_CHILDREN = multiprocessing.get_context("fork")


@dataclass(frozen=True)
class Subject:
    """What is tried.

    Attributes
    ----------
    name : str
    inputs : SearchStrategy
    check : callable
        Called with an input, in an empty folder; raises an exception for whatever is wrong. Returns how the
        input ended, such as "refused", for the table.
    prepare : callable
        Called once before the first input: what all inputs need, such as compiled kernels.
    share : float
        Of the time, in proportion to those of the other subjects.
    limit : float
        Seconds that one input may take.
    """

    name: str
    inputs: SearchStrategy
    check: Callable[[Any], str]
    prepare: Callable[[], None] = lambda: None
    share: float = 1.0
    limit: float = 30.0


@dataclass(frozen=True)
class Failure:
    """What went wrong: where, which tells failures apart, and everything that was said about it."""

    place: str
    text: str


@dataclass
class Tally:
    """What became of the inputs of a subject: how they ended, and one failure of each place."""

    ends: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    failures: dict[str, Failure] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        """How many inputs were tried."""
        return self.ends.total()


class Found(Exception):
    """An input failed."""

    def __init__(self, failure: Failure):
        super().__init__(failure.text)
        self.failure = failure


def explore(
    subject: Subject, seed: int, until: float, most: int | None, show: Callable[[str], None]
) -> Tally:
    """Try inputs of a prepared subject until a time (of `time.monotonic`) or so many; show each new failure.

    A failure that was shown is only counted from then on, so that it hides no other.
    """
    tally, began, number = Tally(), time.monotonic(), 0
    while time.monotonic() < until and (most is None or tally.inputs < most):
        size = ROUND if most is None else min(ROUND, most - tally.inputs)
        try:
            _run_round(subject, tally, seed * 1_000_000 + number, size, until)
        except Exception as error:  # noqa: BLE001  # Hypothesis reports by exceptions of many kinds
            _take_down(subject, tally, error, show)
        number += 1
    tally.seconds = time.monotonic() - began
    return tally


def repeat(subject: Subject, blob: str) -> None:
    """Try again the input that a failure printed; raise what is wrong with it."""
    subject.prepare()
    test = _test(subject, Tally(), 1, float("inf"))
    hypothesis.reproduce_failure(hypothesis.__version__, blob.encode())(test)()


def _run_round(subject: Subject, tally: Tally, seed: int, size: int, until: float) -> None:
    hypothesis.seed(seed)(_test(subject, tally, size, until))()


def _test(subject: Subject, tally: Tally, size: int, until: float) -> Callable[[], None]:
    """Return the test of one round."""
    found: dict[str, type[Found]] = {}

    def test(value: Any) -> None:
        if time.monotonic() > until and not found:
            return
        failure = tried(subject, value)
        tally.ends[failure if isinstance(failure, str) else "failed"] += 1
        if isinstance(failure, Failure) and failure.place not in tally.failures:
            # A class for each place: Hypothesis shrinks failures of one class as if they were the same.
            kind = found.setdefault(failure.place, type("Found", (Found,), {}))
            error = kind(failure)
            error.add_note(f"smallest input: {value!r}")
            raise error

    checks = hypothesis.settings(
        max_examples=size,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
        report_multiple_bugs=False,
        print_blob=True,
    )
    return checks(hypothesis.given(subject.inputs)(test))


def _take_down(subject: Subject, tally: Tally, error: Exception, show: Callable[[str], None]) -> None:
    """Keep a new failure, and show it with its input and the line that repeats it."""
    known = error.failure if isinstance(error, Found) else None
    failure = known or Failure(repr(error)[:200], "".join(traceback.format_exception(error)))
    tally.failures[failure.place] = failure
    notes = "\n".join(getattr(error, "__notes__", ()))
    blob = re.search(r"reproduce_failure\('[^']*', b'([^']*)'\)", notes)
    lines = [f"FAILED {subject.name}: {failure.place}", _shortened(failure.text.rstrip())]
    lines += map(_shortened, re.findall("smallest input: .*", notes))
    if blob:
        lines.append(f"repeat it: python tests/fuzz/run.py --only {subject.name} --repeat {blob[1]}")
    show("\n".join(lines))


def _shortened(text: str, most: int = 4000) -> str:
    return text if len(text) <= most else f"{text[: most // 2]}\n...\n{text[-most // 2 :]}"


def tried(subject: Subject, value: Any) -> Failure | str:
    """Try an input in a child process, in a folder of its own; return how it ended."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        child = _CHILDREN.Process(target=_try, args=(subject, value, Path(folder)))
        child.start()
        child.join(subject.limit + min(5, subject.limit))  # time to write where it hangs
        if child.is_alive():
            child.kill()
            child.join()
        end, fault, said = (
            path.read_text(errors="backslashreplace") if path.exists() else ""
            for path in (Path(folder, name) for name in ("end", "fault", "said"))
        )
        if end:
            return end
        if fault:
            return Failure(_place(_PLACE.findall(fault)[-1:], fault.rstrip().rpartition("\n")[2]), fault)
        how = _how(child.exitcode, subject.limit)
        return Failure(_place(_PLACE.findall(said)[:1], how), f"{said}\n{how}")


def _how(code: int | None, limit: float) -> str:
    if code == -signal.SIGKILL:
        return f"no end after {limit:g} seconds"
    return f"killed by {signal.Signals(-code).name}" if code and code < 0 else f"ended with status {code}"


def _place(matches: list[tuple[str, str]], what: str) -> str:
    """Return the innermost line of our own code, and what was said there."""
    where = [f"{Path(path).relative_to(ROOT)}:{line}" for path, line in matches]
    return ": ".join([*where, re.sub(r"\W.*", "", what) if where else what[:200]])


def _try(subject: Subject, value: Any, folder: Path) -> None:
    work = folder / "work"
    work.mkdir()
    os.chdir(work)
    with open(folder / "said", "w") as said:
        os.dup2(said.fileno(), 1)
        os.dup2(said.fileno(), 2)
        faulthandler.enable(said)
        faulthandler.dump_traceback_later(subject.limit, file=said)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.RLIM_INFINITY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        try:
            (folder / "end").write_text(subject.check(value))
        except BaseException:  # noqa: BLE001  # whatever it is, it is what we look for
            (folder / "fault").write_text(traceback.format_exc(), errors="backslashreplace")
        faulthandler.cancel_dump_traceback_later()
        said.flush()
        os._exit(0)
