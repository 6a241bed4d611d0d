"""Freed memory is used again."""

import resource
import sys

import numpy as np
import pytest

from lexloom.kernels.memory import keep_freed_memory


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have another C library")
def test_an_array_like_one_that_was_freed_costs_no_page_faults():
    keep_freed_memory()
    pages = 3 << 20 >> 12

    def faults():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        np.empty(3 << 20, np.uint8).fill(1)
        return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

    faults()
    assert max(faults() for _ in range(5)) < pages / 10
