"""A stand-in for CuPy: arrays of the fake device, and CUDA C++ that is compiled for the host.

`python tests/contracts/stand_in.py PROGRAM ARGUMENTS` runs a program with it in place of CuPy, and without
the packages that a machine with a GPU may lack.
"""

import runpy
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, ClassVar
from unittest.mock import patch

import scipy.sparse
from cuda_on_host import Kernel, Module, compiled
from fake_device import FAKE, FakeArray, count

from lexloom.kernels.backend import register

MULTIPROCESSORS = 3
MISSING = ("pydantic", "pydantic_core", "threadpoolctl", "hypothesis", "requests", "tqdm", "yaml", "torch")


class CUDARuntimeError(RuntimeError):
    """As CuPy raises it."""


class Device:
    """The only device."""

    attributes: ClassVar = {"MultiProcessorCount": MULTIPROCESSORS}

    def __init__(self, number: int = 0):
        self.id = number

    def synchronize(self) -> None:
        """Wait for the device."""
        count("waits")


def cupy() -> ModuleType:
    """Return a new stand-in."""
    module, arrays = ModuleType("cupy"), FAKE.xp
    module.backwards = False
    module.__version__ = "0"
    module.ndarray = FakeArray
    module.__getattr__ = lambda name: getattr(arrays, name)
    module.RawModule = lambda code, options: _Module(compiled(module, code, options))
    properties = {"name": b"stand-in", "totalGlobalMem": 1 << 30}
    runtime = SimpleNamespace(
        CUDARuntimeError=CUDARuntimeError,
        getDeviceProperties=lambda number: properties,
        runtimeGetVersion=lambda: 13000,
        driverGetVersion=lambda: 13000,
        memGetInfo=lambda: (1 << 29, 1 << 30),
    )
    compiler = SimpleNamespace(getVersion=lambda: (13, 0))
    module.cuda = SimpleNamespace(Device=Device, runtime=runtime, nvrtc=compiler)
    return module


def cupyx() -> dict[str, ModuleType]:
    """Return the modules of `cupyx` that lexloom imports, by name."""
    sparse = ModuleType("cupyx.scipy.sparse")
    sparse.csr_matrix = _Csr
    inner = ModuleType("cupyx.scipy")
    inner.sparse = sparse
    outer = ModuleType("cupyx")
    outer.scipy = inner
    return {"cupyx": outer, "cupyx.scipy": inner, "cupyx.scipy.sparse": sparse}


class _Csr:
    def __init__(self, parts: tuple[FakeArray, ...], shape: tuple[int, int]):
        self._host = scipy.sparse.csr_matrix(tuple(part._host for part in parts), shape=shape)

    def dot(self, x: FakeArray) -> FakeArray:
        count("launches")
        return FakeArray(self._host.dot(x._host))


class _Module:
    def __init__(self, module: Module):
        self._module = module

    def get_function(self, name: str) -> "_Kernel":
        return _Kernel(self._module.get_function(name))


class _Kernel:
    def __init__(self, kernel: Kernel):
        self._kernel, self.kernel = kernel, self

    def __call__(self, grid: Any, block: Any, arguments: tuple[Any, ...], **options: Any) -> None:
        count("launches")
        hosts = tuple(value._host if isinstance(value, FakeArray) else value for value in arguments)
        self._kernel(grid, block, hosts, **options)


@contextmanager
def installed() -> Iterator[ModuleType]:
    """Put a new stand-in in place of CuPy, and yield it."""
    module = cupy()
    with patch.dict(sys.modules, {"cupy": module} | cupyx()):
        yield module
        register(FAKE)
        for name in [name for name in sys.modules if name.startswith("lexloom.kernels.cuda")]:
            del sys.modules[name]


class _Missing:
    def find_spec(self, name: str, path: Any = None, target: Any = None) -> None:
        if name in MISSING:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


if __name__ == "__main__":
    sys.meta_path.insert(0, _Missing())
    with installed():
        sys.argv = sys.argv[1:]
        sys.path.insert(0, str(Path(sys.argv[0]).parent))
        runpy.run_path(sys.argv[0], run_name="__main__")
