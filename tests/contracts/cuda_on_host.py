"""CUDA C++ on the host: kernels are compiled as C++, and the threads of a block run as fibers in turns.

`HostCupy` replaces CuPy: NumPy, with a `RawModule` that calls a C++ compiler. Each fiber runs to the next
`__syncthreads()`, then the next fiber does, in ascending or, with `backwards`, in descending order. A kernel
that lacks a `__syncthreads()` reads a value too early or too late in at least one of the two orders.
"""

import ctypes
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

COMPILER = shutil.which("g++") or shutil.which("clang++")

_BEFORE = r"""
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <ucontext.h>
#include <utility>
#include <vector>
#define __global__
#define __device__
#define __shared__ static
using std::max;
using std::min;
static struct Index { unsigned x, y; } threadIdx, blockIdx, gridDim, blockDim;
static ucontext_t scheduler, *running;
static void __syncthreads() { swapcontext(running, &scheduler); }
"""
_AFTER = r"""
static void** arguments;
static void (*kernel)(void**);
static bool ended;
static void run_thread() { kernel(arguments); ended = true; swapcontext(running, &scheduler); }

template <class... Types, size_t... I>
static void call(void (*function)(Types...), void** from, std::index_sequence<I...>) {
    function(*static_cast<Types*>(from[I])...);
}
template <class... Types> static void call(void (*function)(Types...), void** from) {
    call(function, from, std::index_sequence_for<Types...>());
}

// Run a block; return whether all threads reached the same number of __syncthreads().
static bool run_block(std::vector<std::vector<char>>& stacks, bool backwards) {
    const unsigned threads = stacks.size();
    std::vector<ucontext_t> fibers(threads);
    for (unsigned t = 0; t < threads; t++) {
        getcontext(&fibers[t]);
        fibers[t].uc_stack.ss_sp = stacks[t].data();
        fibers[t].uc_stack.ss_size = stacks[t].size();
        makecontext(&fibers[t], run_thread, 0);
    }
    unsigned count = 0;
    while (count == 0)
        for (unsigned turn = 0; turn < threads; turn++) {
            const unsigned t = backwards ? threads - 1 - turn : turn;
            threadIdx = {t % blockDim.x, t / blockDim.x};
            running = &fibers[t];
            ended = false;
            swapcontext(&scheduler, running);
            count += ended;
        }
    return count == threads;
}
static bool run_blocks(void** from, const unsigned* grid, const unsigned* block, bool backwards) {
    gridDim = {grid[0], grid[1]};
    blockDim = {block[0], block[1]};
    arguments = from;
    std::vector<std::vector<char>> stacks(blockDim.x * blockDim.y, std::vector<char>(1 << 15));
    const unsigned blocks = gridDim.x * gridDim.y;
    bool met = true;
    for (unsigned turn = 0; turn < blocks && met; turn++) {
        const unsigned b = backwards ? blocks - 1 - turn : turn;
        blockIdx = {b % gridDim.x, b / gridDim.x};
        met = run_block(stacks, backwards);
    }
    return met;
}
"""
_LAUNCH = r"""
extern "C" int launch_NAME(void** from, const unsigned* grid, const unsigned* block, int backwards) {
    kernel = [](void** from) { call(NAME, from); };
    return run_blocks(from, grid, block, backwards);
}
"""


class HostCupy(ModuleType):
    """NumPy as CuPy, with a `RawModule`."""

    backwards = False

    def __init__(self):
        super().__init__("cupy")

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def RawModule(self, code: str, options: tuple[str, ...]) -> "_Module":
        """Compile CUDA C++ for the host."""
        return _Module(self, _compile(code, options))


class _Module:
    def __init__(self, cupy: HostCupy, library: ctypes.CDLL):
        self.cupy, self.library = cupy, library

    def get_function(self, name: str) -> Any:
        """Return a kernel, to be called with (grid, block, arguments)."""

        def run(grid: tuple[int, ...], block: tuple[int, ...], arguments: tuple[Any, ...]) -> None:
            values = [np.array(_address_or_value(argument)) for argument in arguments]
            pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
            sizes = [(ctypes.c_uint * 2)(*size, *[1] * (2 - len(size))) for size in (grid, block)]
            met = getattr(self.library, f"launch_{name}")(pointers, *sizes, int(self.cupy.backwards))
            assert met, f"{name}: some threads return while others wait at __syncthreads()"

        return run


def _address_or_value(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        assert argument.flags.c_contiguous
        return argument.ctypes.data
    assert isinstance(argument, np.generic), "a number needs a NumPy type, from which CuPy takes its size"
    return argument


def _compile(code: str, options: tuple[str, ...]) -> ctypes.CDLL:
    launches = [_LAUNCH.replace("NAME", name) for name in re.findall(r"__global__ void (\w+)", code)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kernels.cpp").write_text("\n".join([_BEFORE, code, _AFTER, *launches]))
        command = [COMPILER, *options, "-O1", "-w", "-shared", "-fPIC", "-o", "kernels.so", "kernels.cpp"]
        subprocess.run(command, cwd=folder, check=True)
        return ctypes.CDLL(f"{folder}/kernels.so")
