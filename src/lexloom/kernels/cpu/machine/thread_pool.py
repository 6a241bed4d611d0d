"""The thread pool of the CPU kernels.

Work is cut into tiles by its shape alone, and each tile is computed by one thread. So a result has the same
bits for any number of threads. The functions that run on tiles release the GIL (BLAS calls, and compiled code
with `nogil`).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from threadpoolctl import threadpool_limits

Tile = TypeVar("Tile")
Share = tuple[float, float]
"""A share of the work: the fractions of it where the share begins and ends."""

_threads = 1
_executor: ThreadPoolExecutor | None = None


def set_threads(threads: int) -> None:
    """Set the number of threads, limited to the number of cores. BLAS itself is limited to one thread."""
    global _threads, _executor
    if threads < 1:
        raise ValueError(f"threads: expected a positive number, not {threads}")
    if _executor is not None:
        _executor.shutdown()
    _threads = min(threads, _cores())
    _executor = ThreadPoolExecutor(_threads - 1) if _threads > 1 else None
    limit_blas()


def limit_blas() -> None:
    """Limit every BLAS that is loaded to one thread, since its own threads would change the bits."""
    threadpool_limits(1, user_api="blas")


def _cores() -> int:
    """Return the number of cores that this process may use, or of all cores if the system does not tell."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tiles(work: Callable[[Tile], object], tiles: Sequence[Tile]) -> None:
    """Call `work(tile)` for every tile on the threads of the pool, and return when all are done.

    An error in a tile is raised after all threads have stopped.
    """
    queue = iter(tiles)

    def drain(_: Share) -> None:
        for tile in queue:
            work(tile)

    run_together(drain, len(tiles))


def run_together(work: Callable[[Share], None], max_threads: int) -> None:
    """Call `work` on each of at most `max_threads` threads, and return when all calls have returned.

    `work` is called with the thread's share, one of equal shares.

    The caller is thread 0. A thread that has not started when thread 0 is done is cancelled. An error is
    raised after all threads have stopped.
    """
    count = min(_threads, max_threads)
    if _executor is None or count <= 1:
        work((0.0, 1.0))
        return
    own, *shares = [(number / count, (number + 1) / count) for number in range(count)]
    others = [_executor.submit(work, share) for share in shares]
    try:
        work(own)
    finally:
        started = [other for other in others if not other.cancel()]  # too late: nothing is left to do
        errors = [other.exception() for other in started]
    for error in filter(None, errors):
        raise error
