"""What this machine can do at most, measured: copying, random access, multiply-adds. Prints JSON.

Random access is by Zipf's law, as words of a text are: what is frequent stays in the caches.
"""

import argparse
import json
import time
from collections.abc import Callable

import numpy as np
from numba import njit
from zipf import zipf_ranks

from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.tiles import cut

COPIED = 1 << 26
DRAWN = 1 << 22
DIMENSION = 100
PRODUCT = 4096
ROUNDS = 5


def main(given: argparse.Namespace) -> None:
    """Measure and print."""
    thread_pool.set_threads(given.threads)
    limits = {"copied_bytes": copied_bytes(given.threads), "multiply_adds": multiply_adds(given.threads)}
    for types in given.types:
        ranks = next(zipf_ranks(DRAWN, types, 1.0, 1, block=DRAWN)).astype(np.int32)
        limits |= {
            f"cells_{types}": random_cells(ranks, types, given.threads),
            f"rows_{types}": random_rows(ranks, types, given.threads),
        }
    print(json.dumps(limits))


def copied_bytes(threads: int) -> float:
    """Return the bytes read and written each second when arrays larger than the caches are copied."""
    source, target = np.ones(COPIED, np.float32), np.empty(COPIED, np.float32)

    def copy(part: slice) -> None:
        target[part] = source[part]

    return 2 * source.nbytes / fastest(copy, cut(COPIED, COPIED // threads))


def multiply_adds(threads: int) -> float:
    """Return the multiply-adds each second of a large product in single precision."""
    left, right = np.ones((PRODUCT, PRODUCT // 4), np.float32), np.ones((PRODUCT // 4, PRODUCT), np.float32)
    result = np.empty((PRODUCT, PRODUCT), np.float32)

    def multiply(part: slice) -> None:
        np.matmul(left[part], right, out=result[part])

    return PRODUCT * PRODUCT * PRODUCT // 4 / fastest(multiply, cut(PRODUCT, PRODUCT // threads))


def random_cells(ranks: np.ndarray, types: int, threads: int) -> float:
    """Return how many cells of 8 bytes, in a row of `types` for each thread, can be added to each second."""
    rows = np.zeros((threads, types), np.int64)
    parts = list(enumerate(cut(len(ranks), len(ranks) // threads)))
    return len(ranks) / fastest(lambda part: add_to_cells(rows[part[0]], ranks[part[1]]), parts)


def random_rows(ranks: np.ndarray, types: int, threads: int) -> float:
    """Return how many rows of 100 floats can be read each second from a table of `types` rows."""
    table = np.ones((types, DIMENSION), np.float32)
    sums = np.zeros((threads, DIMENSION), np.float32)
    parts = list(enumerate(cut(len(ranks), len(ranks) // threads)))
    return len(ranks) / fastest(lambda part: add_rows(sums[part[0]], table, ranks[part[1]]), parts)


def fastest(work: Callable, parts: list) -> float:
    """Return the seconds of the fastest of several rounds of work, on all threads, after one to warm up."""
    thread_pool.run_tiles(work, parts)
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        thread_pool.run_tiles(work, parts)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


@njit(nogil=True, cache=True)
def add_to_cells(cells, indices):
    """Add 1 to each cell that is named."""
    for index in indices:
        cells[index] += 1


@njit(nogil=True, cache=True)
def add_rows(total, table, indices):
    """Add the rows that are named."""
    for index in indices:
        for column in range(total.shape[0]):
            total[column] += table[index, column]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--types", type=int, nargs="+", default=[10_000], help="sizes of the vocabulary")
    main(parser.parse_args())
