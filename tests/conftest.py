"""Settings of all tests: what needs a device runs only where there is one, and says so where it does not."""

import signal
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import settings

# Compiling a kernel on its first call takes longer than any deadline. `make fuzz` tries many more examples.
settings.register_profile("lexloom", deadline=None, max_examples=30)
settings.load_profile("lexloom")

# Who starts the tests in the background may ignore these, and programs started from here would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def _why_no_device() -> str:
    from lexloom.errors import LexloomError
    from lexloom.kernels.backend import get_backend

    try:
        get_backend("cuda")
    except LexloomError as error:
        return str(error)
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect the tests marked `gpu` where there is no device, unless they were asked for with `-m gpu`."""
    on_device = [item for item in items if item.get_closest_marker("gpu")]
    if not on_device or "gpu" in config.option.markexpr:
        return
    reason = _why_no_device()
    if reason:
        config.hook.pytest_deselected(items=on_device)
        items[:] = [item for item in items if item not in on_device]
        config.stash[_REASON] = f"{len(on_device)} tests on the GPU deselected: {reason}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Tell the process that started this worker, if it is one, why tests were deselected."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["deselected"] = session.config.stash.get(_REASON, "")


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Take that from a worker."""
    if reason := getattr(node, "workeroutput", {}).get("deselected"):
        node.config.stash[_REASON] = reason


@pytest.fixture(params=[1, 2, 5])
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Set so many threads, also where there are fewer cores."""
    from lexloom.kernels.cpu.machine import thread_pool

    monkeypatch.setattr(thread_pool.os, "sched_getaffinity", lambda _: range(8))
    thread_pool.set_threads(request.param)
    yield request.param
    monkeypatch.undo()
    thread_pool.set_threads(1)


_REASON = pytest.StashKey[str]()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why tests were deselected."""
    if _REASON in config.stash:
        terminalreporter.write_line(config.stash[_REASON])
