"""CUDA C++ on the host: kernels are compiled as C++, and the threads of a block run as fibers in turns.

Each fiber runs to the next
`__syncthreads()`, then the next fiber does, in ascending or, with `backwards`, in descending order. A kernel
that lacks a `__syncthreads()` reads a value too early or too late in at least one of the two orders.

Blocks run one after the other. In a cooperative launch, where blocks may wait for each other, each block is a
thread of the host.
"""

import ctypes
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

COMPILER = shutil.which("g++") or shutil.which("clang++")

_BEFORE = r"""
#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <thread>
#include <ucontext.h>
#include <utility>
#include <vector>
#define __global__
#define __device__
#define __restrict__
#define __shared__ static thread_local
#define __launch_bounds__(threads)
using std::max;
using std::min;
struct Index { unsigned x, y; };
struct float4 { float x, y, z, w; };
static Index gridDim, blockDim;
static thread_local Index threadIdx, blockIdx;
static thread_local ucontext_t scheduler, *running;
static void __syncthreads() { swapcontext(running, &scheduler); }
static void __threadfence() { __atomic_thread_fence(__ATOMIC_SEQ_CST); }
static unsigned atomicAdd(unsigned* number, unsigned more) {
    if (!more) std::this_thread::yield();  // it waits for others
    return __atomic_fetch_add(number, more, __ATOMIC_SEQ_CST);
}
"""
_AFTER = r"""
static void** arguments;
static void (*kernel)(void**);
static thread_local bool ended;
static void run_thread() { kernel(arguments); ended = true; swapcontext(running, &scheduler); }

template <class... Types, size_t... I>
static void call(void (*function)(Types...), void** from, std::index_sequence<I...>) {
    function(*static_cast<Types*>(from[I])...);
}
template <class... Types> static void call(void (*function)(Types...), void** from) {
    call(function, from, std::index_sequence_for<Types...>());
}

// Run a block; return whether all threads reached the same number of __syncthreads().
static bool run_block(unsigned block, bool backwards) {
    blockIdx = {block % gridDim.x, block / gridDim.x};
    const unsigned threads = blockDim.x * blockDim.y;
    static thread_local std::vector<std::vector<char>> stacks;  // for all blocks
    stacks.resize(threads, std::vector<char>(1 << 15));
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
static bool run_blocks(void** from, const unsigned* grid, const unsigned* block, bool together,
                       bool backwards) {
    gridDim = {grid[0], grid[1]};
    blockDim = {block[0], block[1]};
    arguments = from;
    const unsigned blocks = gridDim.x * gridDim.y;
    std::vector<char> met(blocks, 1);
    std::vector<std::thread> threads;
    for (unsigned turn = 0; turn < blocks; turn++) {
        const unsigned b = backwards ? blocks - 1 - turn : turn;
        const auto run = [=, &met] { met[b] = run_block(b, backwards); };
        if (together) threads.emplace_back(run);
        else run();
    }
    for (auto& thread : threads) thread.join();
    return std::count(met.begin(), met.end(), 1) == blocks;
}
"""
_LAUNCH = r"""
extern "C" int launch_NAME(void** from, const unsigned* grid, const unsigned* block, int together,
                           int backwards) {
    kernel = [](void** from) { call(NAME, from); };
    return run_blocks(from, grid, block, together, backwards);
}
"""


class Module:
    def __init__(self, cupy: Any, library: ctypes.CDLL):
        self.cupy, self.library = cupy, library

    def get_function(self, name: str) -> "Kernel":
        """Return a kernel."""
        return Kernel(self.cupy, name, getattr(self.library, f"launch_{name}"))


class Kernel:
    """A kernel, to be called with (grid, block, arguments), as CuPy's `RawKernel` is."""

    def __init__(self, cupy: Any, name: str, launch: Any):
        self.cupy, self.name, self.launch = cupy, name, launch

    @property
    def kernel(self) -> "Kernel":
        """The compiled function, which may be launched cooperatively."""
        return self

    def __call__(
        self,
        grid: tuple[int, ...],
        block: tuple[int, ...],
        arguments: tuple[Any, ...],
        enable_cooperative_groups: bool = False,
    ) -> None:
        values = [np.array(_address_or_value(argument)) for argument in arguments]
        pointers = (ctypes.c_void_p * len(values))(*(value.ctypes.data for value in values))
        sizes = [(ctypes.c_uint * 2)(*size, *[1] * (2 - len(size))) for size in (grid, block)]
        together, backwards = int(enable_cooperative_groups), int(self.cupy.backwards)
        met = self.launch(pointers, *sizes, together, backwards)
        assert met, f"{self.name}: some threads return while others wait at __syncthreads()"


def _address_or_value(argument: Any) -> Any:
    if isinstance(argument, np.ndarray):
        assert argument.flags.c_contiguous
        return argument.ctypes.data
    assert isinstance(argument, np.generic), "a number needs a NumPy type, from which CuPy takes its size"
    return argument


def compiled(cupy: Any, code: str, options: tuple[str, ...]) -> Module:
    """Return CUDA C++ compiled for the host; launches run `backwards` while this is true of `cupy`."""
    launches = [_LAUNCH.replace("NAME", name) for name in re.findall(r"__global__ void (\w+)", code)]
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "kernels.cpp").write_text("\n".join([_BEFORE, code, _AFTER, *launches]))
        command = [
            COMPILER,
            *options,
            "-O1",
            "-w",
            "-shared",
            "-fPIC",
            "-pthread",
            "-o",
            "kernels.so",
            "kernels.cpp",
        ]
        subprocess.run(command, cwd=folder, check=True)
        return Module(cupy, ctypes.CDLL(f"{folder}/kernels.so"))
