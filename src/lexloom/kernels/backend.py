"""Where arrays live: the host with NumPy, or a CUDA device with CuPy."""

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.array_module import array_module, register_arrays
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.reference.kernels import Reference

DEVICES = ("cpu", "cuda")


@dataclass(frozen=True)
class Backend:
    """A device: its array module, its kernels, and the way to it and back.

    Attributes
    ----------
    name : str
        What artifacts record: "cpu", or "cuda: " and the name of the card.
    xp : module
        `numpy` or `cupy`; layers write their formulas with it.
    kernels : module
        Same methods on every device.
    array_type : type
        The class of this device's arrays.
    """

    name: str
    xp: ModuleType | Any
    kernels: Reference
    array_type: type

    def to_device(self, array: np.ndarray) -> Any:
        """Return a host array as an array of this device."""
        return self.xp.asarray(array)

    def to_host(self, array: Any) -> np.ndarray:
        """Return an array of this device as a NumPy array."""
        return array if isinstance(array, np.ndarray) else array.get()


_BACKENDS: dict[Any, Backend] = {}


def register(backend: Backend) -> Backend:
    """Make `backend_of` recognize the arrays of a backend."""
    register_arrays(backend.array_type, backend.xp)
    _BACKENDS[backend.xp] = backend
    return backend


def get_backend(device: str = "cpu", threads: int = 1) -> Backend:
    """Return the backend of a device; a program calls this once, at its start.

    Parameters
    ----------
    device : {"cpu", "cuda"}
    threads : int
        Threads of the CPU kernels, at most as many as there are cores. Results do not depend on it, because
        BLAS itself is kept to one thread: its own threads change the bits.

    Raises
    ------
    LexloomError
        When the device is unknown, or CuPy or a CUDA device is missing.
    """
    if device not in DEVICES:
        raise LexloomError(f"device: unknown name {device!r}; it is one of {', '.join(DEVICES)}")
    backend = _cpu_backend() if device == "cpu" else register(_cuda_backend())
    thread_pool.set_threads(
        threads
    )  # after the kernels are loaded, and with them every BLAS to be held to one
    return backend


def backend_of(*arrays: Any) -> Backend:
    """Return the backend on which all the arrays live.

    Raises
    ------
    TypeError
        When the arrays live on different devices, both named, or on none that is known.
    """
    modules = [array_module(array) for array in arrays]
    backend = _backend_with(modules[0])
    for other in modules[1:]:
        if other is not modules[0]:
            raise TypeError(
                f"arrays of two devices meet: {backend.name} and {_backend_with(other).name}; "
                "move one with Backend.to_device or Backend.to_host"
            )
    return backend


def _backend_with(xp: Any) -> Backend:
    return _cpu_backend() if xp is np else _BACKENDS[xp]


def _cuda_backend() -> Backend:
    try:
        import cupy

        card = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except ImportError as error:
        raise LexloomError(
            "device cuda: CuPy is not installed; install the extra that fits the driver: "
            "pip install 'lexloom[cuda12]' or 'lexloom[cuda13]'"
        ) from error
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise LexloomError(f"device cuda: no usable card ({error}); run with --device cpu") from error
    from lexloom.kernels.cuda.kernels import Cuda

    return Backend(f"cuda: {card}", cupy, Cuda(), cupy.ndarray)


@cache
def _cpu_backend() -> Backend:
    from lexloom.kernels.cpu.kernels import Cpu

    return Backend("cpu", np, Cpu(), np.ndarray)
