"""The one way in which CPU kernels use several threads.

Work is cut into tiles by its shape alone, and each tile is computed by one thread: a result has the same bits
for any number of threads. The functions that run on tiles release the GIL (BLAS calls, Numba with `nogil`).
"""

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from threadpoolctl import threadpool_limits

_threads = 1
_executor: ThreadPoolExecutor | None = None


def set_threads(threads: int) -> None:
    """Set how many threads work on tiles, at most one for each core; BLAS itself keeps to one."""
    global _threads, _executor
    if threads < 1:
        raise ValueError(f"threads: {threads} is not a positive number")
    if _executor is not None:
        _executor.shutdown()
    _threads = min(threads, _cores())
    _executor = ThreadPoolExecutor(_threads - 1) if _threads > 1 else None
    threadpool_limits(1, user_api="blas")


def _cores() -> int:
    """Return how many cores this process may use; where the system does not say, all."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run_tiles(work: Callable[[int], None], tiles: Sequence) -> None:
    """Call `work(tile)` for every tile, on the threads of the pool, and return when all are done.

    An error in a tile is raised once no thread works on any.
    """
    queue = iter(tiles)

    def drain(_: float) -> None:
        for tile in queue:
            work(tile)

    run_together(drain, len(tiles))


def run_together(work: Callable[[float], None], max_threads: int) -> None:
    """Call `work(k / K)` on each of K threads, at most `max_threads`, and return when all have returned.

    A thread that has not begun when the first one is done does not call it at all. An error is raised once no
    thread works.
    """
    count = min(_threads, max_threads)
    if count <= 1:
        work(0.0)
        return
    others = [_executor.submit(work, number / count) for number in range(1, count)]
    try:
        work(0.0)
    finally:
        started = [other for other in others if not other.cancel()]  # who wakes up too late has nothing to do
        errors = [other.exception() for other in started]
    for error in filter(None, errors):
        raise error
