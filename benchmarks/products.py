"""The time that matrix products take by themselves: what a program that multiplies cannot go below.

Each product is made in several ways, and the fastest one counts: by BLAS on parts of the result with a thread
each, and by lexloom's kernels. Threads of its own are no faster, and slow down what comes after them, since
they look out for more work for a while.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lexloom.kernels.cpu.kernels import Cpu
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.gemm import (
    lay_out_rows,
    multiply,
    padded,
    panel_count,
    panel_of,
    panel_start,
)
from lexloom.kernels.cpu.machine.phases import run_phases, tiles_of
from lexloom.kernels.tiles import cut

TRIES = 5


@dataclass(frozen=True)
class Product:
    """A product a (rows, inner) @ b (inner, columns), made some times, one after the other.

    A matrix that is transposed lies in memory the other way round. `b` is the same each time.
    """

    rows: int
    inner: int
    columns: int
    times: int = 1
    a_transposed: bool = False
    b_transposed: bool = False


Way = Callable[[], np.ndarray]


def fastest(products: list[Product], threads: int) -> Callable[[], None]:
    """Return a function that makes all the products, each in the way that was fastest when tried."""
    rng = np.random.default_rng(1)
    thread_pool.set_threads(threads)
    chosen = [min(ways(product, threads, rng), key=seconds) for product in products]

    def work() -> None:
        for way in chosen:
            way()

    return work


def ways(product: Product, threads: int, rng: np.random.Generator) -> list[Way]:
    """Return functions that make a product as often as it is wanted and return it, each in another way."""
    a = matrix(rng, product.rows, product.inner, product.a_transposed)
    b = matrix(rng, product.inner, product.columns, product.b_transposed)
    out = np.empty((product.rows, product.columns), np.float32)
    found = [by_parts(a, b, out, *cuts) for cuts in sorted({(1, 1), (threads, 1), (1, threads)})]
    found.append(lambda: Cpu().matmul(a, b, out=out))
    found = [repeated(product.times, way) for way in found]
    if product.times > 1:
        found += [as_steps(a, b, out, product.times, most) for most in (1, threads)]
    return found


def matrix(rng: np.random.Generator, rows: int, columns: int, transposed: bool) -> np.ndarray:
    """Return a random matrix (rows, columns)."""
    shape = (columns, rows) if transposed else (rows, columns)
    numbers = rng.standard_normal(shape, dtype=np.float32)
    return numbers.T if transposed else numbers


def by_parts(a: np.ndarray, b: np.ndarray, out: np.ndarray, down: int, across: int) -> Way:
    """Return a function that leaves the parts of a product to BLAS, each with one thread."""
    parts = [
        (rows, columns)
        for rows in cut(len(a), len(a) / down)
        for columns in cut(b.shape[1], b.shape[1] / across)
    ]

    def multiply() -> np.ndarray:
        thread_pool.run_tiles(lambda part: np.matmul(a[part[0]], b[:, part[1]], out=out[part]), parts)
        return out

    return multiply


def as_steps(a: np.ndarray, b: np.ndarray, out: np.ndarray, times: int, threads: int) -> Way:
    """Return a function that makes a product some times in one call, as a recurrent layer does."""
    panels = np.empty(len(b) * padded(b.shape[1]), np.float32)
    lay_out_rows(b, 0, len(b), panels)
    count = panel_count(b.shape[1])

    def multiply_often() -> np.ndarray:
        run_phases(lambda *team: make_steps(a, panels, out, *team), times, count, threads)
        return out

    return multiply_often


@njit(nogil=True)
def make_steps(a, panels, out, progress, start):
    """Multiply a and a matrix that was laid out, as often as there are phases."""
    for step in range(len(progress)):
        for number in tiles_of(progress[step], start):
            panel = panel_of(panels, a.shape[1], out.shape[1], number)
            part = np.empty((len(a), panel.shape[1]), np.float32)
            multiply(a, panel, part, False)
            first = panel_start(out.shape[1], number)
            out[:, first : first + part.shape[1]] = part[:, : out.shape[1] - first]


def repeated(times: int, multiply: Way) -> Way:
    """Return a function that calls another one some times."""

    def work() -> np.ndarray:
        for _ in range(times):
            out = multiply()
        return out

    return work


def seconds(work: Way) -> float:
    """Return the shortest time of some calls."""
    work()
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
