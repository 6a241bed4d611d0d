"""Freed memory is reused."""

import subprocess
import sys

import pytest

# In its own process: once large arrays were freed, the C library keeps more memory by default.
PROGRAM = """
import resource
import numpy as np
from lexloom.kernels.cpu.machine.memory import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.empty(3 << 20, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

keep_freed_memory()
faults()
print(max(faults() for _ in range(5)))
"""


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not use glibc")
def test_an_array_in_place_of_a_freed_one_costs_no_page_faults():
    faults = subprocess.run([sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True)
    pages = 3 << 20 >> 12
    assert int(faults.stdout) < pages / 10
