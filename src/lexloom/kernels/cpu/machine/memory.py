"""How this process keeps memory that was freed."""

import ctypes
import sys

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD = -1, -3  # numbers of glibc's malloc.h
_LARGEST_KEPT = 1 << 25  # bytes; the most that glibc takes
_KEPT = (1 << 31) - 1


def keep_freed_memory() -> None:
    """Let new arrays of up to 32 MiB stand where freed ones stood, where the C library is glibc.

    Left to itself, it gives a large array back to the system when it is freed. A step of training makes the
    same arrays as the step before, and the system would clear every page of them again.
    """
    adjust = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if adjust is not None:
        adjust(_M_MMAP_THRESHOLD, _LARGEST_KEPT)
        adjust(_M_TRIM_THRESHOLD, _KEPT)
