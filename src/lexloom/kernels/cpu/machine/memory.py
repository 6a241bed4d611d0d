"""Keep freed memory in this process."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # from glibc's malloc.h
_LARGEST_KEPT = 1 << 25  # bytes; the largest value that glibc accepts
_KEPT = (1 << 31) - 1


def keep_freed_memory() -> None:
    """Let new arrays of up to 32 MiB reuse the memory of freed ones (with glibc; elsewhere, do nothing).

    By default, glibc returns the memory of a large array to the system when the array is freed. A training
    step allocates the same arrays as the step before it, and the system would clear all their pages again:
    50 MB at each step of an LSTM of 2 x 650 units.
    """
    adjust = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if adjust is not None:
        adjust(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        adjust(_M_TRIM_THRESHOLD, _KEPT)
