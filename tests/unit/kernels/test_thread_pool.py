"""Tiles are computed exactly once, are cut by length alone, and their errors reach the caller."""

import os
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.tiles import cut


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_each_tile_is_computed_once(threads, count):
    done = []
    thread_pool.run_tiles(done.append, range(count))
    assert sorted(done) == list(range(count))


@pytest.mark.parametrize("most", [1, 3, 9])
def test_run_together_calls_each_thread_once_with_its_share(threads, most):
    count = min(threads, most)
    together, calls = threading.Barrier(count, timeout=20), []

    def work(share):
        together.wait()
        calls.append(share)

    thread_pool.run_together(work, most)
    assert sorted(calls) == [(k / count, (k + 1) / count) for k in range(count)]


def test_the_threads_work_at_the_same_time(threads):
    together = threading.Barrier(threads, timeout=20)
    thread_pool.run_tiles(lambda _: together.wait(), range(threads))


def test_an_error_in_a_tile_reaches_the_caller(threads):
    def work(tile):
        if tile == 37:
            raise ZeroDivisionError("tile 37")

    with pytest.raises(ZeroDivisionError, match="tile 37"):
        thread_pool.run_tiles(work, range(100))


def test_an_error_is_raised_after_all_threads_have_stopped(threads):
    together, done = threading.Barrier(threads, timeout=20), []

    def work(tile):
        together.wait()
        if threading.current_thread() is threading.main_thread():
            raise ZeroDivisionError
        time.sleep(0.05)
        done.append(tile)

    with pytest.raises(ZeroDivisionError):
        thread_pool.run_tiles(work, range(threads))
    assert len(done) == threads - 1


def test_setting_the_number_of_threads_ends_the_previous_threads(threads):
    thread_pool.run_tiles(lambda _: None, range(100))
    thread_pool.set_threads(1)
    assert not [thread for thread in threading.enumerate() if "ThreadPoolExecutor" in thread.name]


@given(st.integers(0, 10**4), st.integers(1, 10**3))
def test_a_cut_covers_the_length_in_nearly_equal_slices(length, tile):
    slices = cut(length, tile)
    assert [piece.start for piece in slices] == [0, *(piece.stop for piece in slices[:-1])]
    assert slices[-1].stop == length
    sizes = [piece.stop - piece.start for piece in slices]
    assert max(sizes) - min(sizes) <= 1
    assert max(sizes) <= 2 * tile


@pytest.mark.parametrize("count", [0, -1])
def test_a_number_of_threads_that_is_not_positive_is_refused(count):
    with pytest.raises(ValueError, match="threads"):
        thread_pool.set_threads(count)


def test_all_cores_count_if_the_system_does_not_tell(monkeypatch):
    monkeypatch.delattr(thread_pool.os, "sched_getaffinity")
    monkeypatch.setattr(thread_pool.os, "cpu_count", lambda: 3)
    assert thread_pool._cores() == 3


BLAS = """
import numpy as np
from threadpoolctl import threadpool_info
from lexloom.kernels.backend import get_backend
from lexloom.kernels.projections import projections
get_backend("cpu", threads=2)
for _ in range(2):
    print({info["num_threads"] for info in threadpool_info() if info["user_api"] == "blas"})
    projections.of(np.ones(1))  # loads that of SciPy
"""


def test_blas_is_limited_to_one_thread_and_so_is_another_that_kernels_load_later():
    command, environment = [sys.executable, "-c", BLAS], os.environ | {"OPENBLAS_NUM_THREADS": "2"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "{1}\n{1}\n"
