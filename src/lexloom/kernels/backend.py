"""Devices, the CPU with NumPy or a CUDA device with CuPy, and the kernels of a subject on each."""

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Generic, TypeVar

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.array_module import array_module, register_arrays
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.settings.execution import Compute, Device
from lexloom.settings.mistakes import checked

Kernels = TypeVar("Kernels")

_INSTALL = "install the extra that matches your driver: pip install 'lexloom[cuda12]' or 'lexloom[cuda13]'"


class Subject(Generic[Kernels]):
    """The kernels of a subject, such as the steps of recurrent layers, on every device.

    Who needs them imports this subject alone, so an edit of other kernels changes nothing there.

    Parameters
    ----------
    reference : object
        Its methods specify every kernel, and compute it on the arrays of any device.
    cpu, cuda : callable, optional
        Import and return the same kernels for a device, when an array of the device needs them first. They
        inherit from the reference what they do not compute faster.
    """

    def __init__(
        self,
        reference: Kernels,
        cpu: Callable[[], Kernels] | None = None,
        cuda: Callable[[], Kernels] | None = None,
    ):
        self.reference, self.cpu, self.cuda = reference, cpu, cuda
        self._loaded: dict[Backend, Kernels] = {}

    def of(self, *arrays: Any) -> Kernels:
        """Return the kernels of the device that all the arrays belong to.

        Raises
        ------
        TypeError
            If the arrays are on different devices (the message names both), or on no known device.
        """
        backend = backend_of(*arrays)
        if backend not in self._loaded:
            self._loaded[backend] = backend.load(self)
        return self._loaded[backend]


@dataclass(frozen=True, eq=False)
class Backend:
    """A device: its array module, and copies to and from the host.

    Attributes
    ----------
    name : str
        The name that artifacts record: "cpu", or "cuda: " and the name of the GPU.
    xp : module
        `numpy` or `cupy`; layers write their formulas with it.
    array_type : type
        The class of this device's arrays.
    """

    name: str
    xp: ModuleType | Any
    array_type: type

    def to_device(self, array: np.ndarray) -> Any:
        """Copy a host array to this device."""
        return self.xp.asarray(array)

    def to_host(self, array: Any) -> np.ndarray:
        """Copy an array of this device to the host; a NumPy array is returned as it is."""
        return array if isinstance(array, np.ndarray) else array.get()

    def load(self, subject: Subject[Kernels]) -> Kernels:
        """Import the kernels of a subject for this device."""
        return subject.reference


class _Cpu(Backend):
    def load(self, subject: Subject[Kernels]) -> Kernels:
        kernels = subject.cpu() if subject.cpu else subject.reference
        thread_pool.limit_blas()  # the kernels may have loaded another one
        return kernels


class _Cuda(Backend):
    def load(self, subject: Subject[Kernels]) -> Kernels:
        return subject.cuda() if subject.cuda else subject.reference


_CPU = _Cpu("cpu", np, np.ndarray)
_BACKENDS: dict[Any, Backend] = {np: _CPU}


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
        If an argument is not allowed, if CuPy or a CUDA device is missing, or if CuPy is for another CUDA.
    """
    checked(Compute, {"device": device, "threads": threads})
    thread_pool.set_threads(threads)
    return _CPU if device == "cpu" else register(_cuda_backend())


def backend_of(*arrays: Any) -> Backend:
    """Return the backend that all the arrays belong to.

    Raises
    ------
    TypeError
        If the arrays are on different devices (the message names both), or on no known device.
    """
    modules = [array_module(array) for array in arrays]
    backend = _BACKENDS[modules[0]]
    for other in modules[1:]:
        if other is not modules[0]:
            raise TypeError(
                f"the arrays are on two devices: {backend.name} and {_BACKENDS[other].name}; "
                "copy one with Backend.to_device or Backend.to_host"
            )
    return backend


def _cuda_backend() -> Backend:
    try:
        import cupy
    except ModuleNotFoundError as error:
        raise LexloomError(f"device cuda: CuPy is not installed; {_INSTALL}") from error
    except ImportError as error:
        raise LexloomError(
            f"device cuda: CuPy cannot be loaded ({_first_line(error)}); {_INSTALL}"
        ) from error
    runtime = cupy.cuda.runtime
    try:
        driver, made_for = runtime.driverGetVersion() // 1000, runtime.runtimeGetVersion() // 1000
        if 0 < driver < made_for:
            raise LexloomError(
                f"device cuda: CuPy is made for CUDA {made_for}, but the driver is for CUDA {driver}; "
                f"update the driver, or uninstall CuPy and {_INSTALL}"
            )
        name = runtime.getDeviceProperties(0)["name"].decode()
        cupy.cuda.nvrtc.getVersion()  # loads the compiler
    except runtime.CUDARuntimeError as error:
        raise LexloomError(f"device cuda: no usable GPU ({error}); run with --device cpu") from error
    except RuntimeError as error:
        raise LexloomError(
            f"device cuda: a library of CUDA is missing ({_first_line(error)}); {_INSTALL}"
        ) from error
    return _Cuda(f"cuda: {name}", cupy, cupy.ndarray)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
