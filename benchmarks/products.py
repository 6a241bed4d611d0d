"""The time of matrix products alone: a lower bound for a program that computes them.

Each product is computed in several ways, and the fastest one counts: by BLAS on parts of the result, with one
thread for each, and by lexloom's kernels. BLAS's own threads are no faster, and slow down what follows, since
they spin for a while in wait for more work.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.cpu.machine.compiled import njit
from lexloom.kernels.cpu.machine.gemm import LANES, lay_out_rows, multiply_and_fetch, new_panels
from lexloom.kernels.cpu.machine.phases import run_phases, tile_range, tiles_of
from lexloom.kernels.cpu.machine.target import BLOCK
from lexloom.kernels.cpu.products import Cpu
from lexloom.kernels.tiles import cut

TRIES = 5


@dataclass(frozen=True)
class Product:
    """A product a (rows, inner) @ b (inner, columns), computed `times` times in sequence.

    A transposed matrix is in column-major order. `b` is the same each time.
    """

    rows: int
    inner: int
    columns: int
    times: int = 1
    a_transposed: bool = False
    b_transposed: bool = False


Way = Callable[[], np.ndarray]


def fastest(products: list[Product], threads: int) -> Callable[[], None]:
    """Return a function that computes all products, each in the way that was fastest in a trial."""
    rng = np.random.default_rng(1)
    thread_pool.set_threads(threads)
    chosen = [min(ways(product, threads, rng), key=seconds) for product in products]

    def work() -> None:
        for way in chosen:
            way()

    return work


def ways(product: Product, threads: int, rng: np.random.Generator) -> list[Way]:
    """Return functions that compute a product `times` times, each in another way."""
    a = matrix(rng, product.rows, product.inner, product.a_transposed)
    b = matrix(rng, product.inner, product.columns, product.b_transposed)
    out = np.empty((product.rows, product.columns), np.float32)
    candidates = [by_parts(a, b, out, *cuts) for cuts in sorted({(1, 1), (threads, 1), (1, threads)})]
    candidates.append(lambda: Cpu().matmul(a, b, out=out))
    candidates = [repeated(product.times, way) for way in candidates]
    if product.times > 1:
        candidates += [as_steps(a, b, out, product.times, most) for most in (1, threads)]
    return candidates


def matrix(rng: np.random.Generator, rows: int, columns: int, transposed: bool) -> np.ndarray:
    """Return a random matrix (rows, columns)."""
    shape = (columns, rows) if transposed else (rows, columns)
    numbers = rng.standard_normal(shape, dtype=np.float32)
    return numbers.T if transposed else numbers


def by_parts(a: np.ndarray, b: np.ndarray, out: np.ndarray, down: int, across: int) -> Way:
    """Return a function that computes the parts of a product by BLAS, with one thread for each."""
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
    """Return a function that computes a product several times in one call, as a recurrent layer does."""
    panels = new_panels(*b.shape)
    lay_out_rows(b, 0, len(b), panels)
    tiles = -(-len(panels) // BLOCK.single)

    def multiply_repeatedly() -> np.ndarray:
        run_phases(lambda *team: make_steps(a, panels, out, *team), times, tiles, threads)
        return out

    return multiply_repeatedly


@njit(nogil=True)
def make_steps(a, panels, out, progress, share):
    """Multiply a by a matrix in panels, once in each phase."""
    tiles = progress.shape[1] - 1
    for step in range(len(progress)):
        for tile in tiles_of(progress, step, share):
            first, last = tile_range(len(panels), tile, tiles)
            ahead = panels[max(0, 2 * first - last) : first] if step % 2 else panels[last : 2 * last - first]
            multiply_and_fetch(a, panels[first:last], out[:, first * LANES : last * LANES], False, ahead)


def repeated(times: int, multiply: Way) -> Way:
    """Return a function that calls another one several times."""

    def work() -> np.ndarray:
        for _ in range(times):
            out = multiply()
        return out

    return work


def seconds(work: Way) -> float:
    """Return the shortest time of several calls."""
    work()
    times = []
    for _ in range(TRIES):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)
