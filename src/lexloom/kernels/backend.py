"""Devices: the CPU with NumPy, or a CUDA device with CuPy."""

from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.array_module import array_module, register_arrays
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.reference.kernels import Reference
from lexloom.settings.execution import Compute, Device
from lexloom.settings.mistakes import checked


@dataclass(frozen=True)
class Backend:
    """A device: its array module, its kernels, and copies to and from the host.

    Attributes
    ----------
    name : str
        The name that artifacts record: "cpu", or "cuda: " and the name of the GPU.
    xp : module
        `numpy` or `cupy`; layers write their formulas with it.
    kernels : Reference
        The kernels of this device; the methods are the same on every device.
    array_type : type
        The class of this device's arrays.
    """

    name: str
    xp: ModuleType | Any
    kernels: Reference
    array_type: type

    def to_device(self, array: np.ndarray) -> Any:
        """Copy a host array to this device."""
        return self.xp.asarray(array)

    def to_host(self, array: Any) -> np.ndarray:
        """Copy an array of this device to the host; a NumPy array is returned as it is."""
        return array if isinstance(array, np.ndarray) else array.get()


_BACKENDS: dict[Any, Backend] = {}


def register(backend: Backend) -> Backend:
    """Register a backend, so that `backend_of` recognizes its arrays, and return it."""
    register_arrays(backend.array_type, backend.xp)
    _BACKENDS[backend.xp] = backend
    return backend


def get_backend(device: Device = "cpu", threads: int = 1) -> Backend:
    """Return the backend of a device. A program calls this once, when it starts.

    Parameters
    ----------
    device : {"cpu", "cuda"}
    threads : int
        Number of threads of the CPU kernels, limited to the number of cores. Results do not depend on it:
        BLAS is limited to one thread, since its own threads would change the bits.

    Raises
    ------
    LexloomError
        If an argument is not allowed, or if CuPy or a CUDA device is missing.
    """
    checked(Compute, {"device": device, "threads": threads})
    backend = _cpu_backend() if device == "cpu" else register(_cuda_backend())
    # Only now: loading the kernels has loaded every BLAS that must be limited to one thread.
    thread_pool.set_threads(threads)
    return backend


def backend_of(*arrays: Any) -> Backend:
    """Return the backend that all the arrays belong to.

    Raises
    ------
    TypeError
        If the arrays are on different devices (the message names both), or on no known device.
    """
    modules = [array_module(array) for array in arrays]
    backend = _backend_with(modules[0])
    for other in modules[1:]:
        if other is not modules[0]:
            raise TypeError(
                f"the arrays are on two devices: {backend.name} and {_backend_with(other).name}; "
                "copy one with Backend.to_device or Backend.to_host"
            )
    return backend


def _backend_with(xp: Any) -> Backend:
    return _cpu_backend() if xp is np else _BACKENDS[xp]


def _cuda_backend() -> Backend:
    try:
        import cupy

        name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    except ImportError as error:
        raise LexloomError(
            "device cuda: CuPy is not installed; install the extra that matches your driver: "
            "pip install 'lexloom[cuda12]' or 'lexloom[cuda13]'"
        ) from error
    except cupy.cuda.runtime.CUDARuntimeError as error:
        raise LexloomError(f"device cuda: no usable GPU ({error}); run with --device cpu") from error
    from lexloom.kernels.cuda.kernels import Cuda

    return Backend(f"cuda: {name}", cupy, Cuda(), cupy.ndarray)


@cache
def _cpu_backend() -> Backend:
    from lexloom.kernels.cpu.kernels import Cpu

    return Backend("cpu", np, Cpu(), np.ndarray)
