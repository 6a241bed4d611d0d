"""HDF5 written to an open file, such that whatever fails is an ordinary exception.

The HDF5 library doesn't survive a failure of its own file: what it could not write it tries again when the
program ends, and crashes. So it never sees one here.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import BufferedRandom
from typing import Any

import h5py
import numpy as np

_BUFFER_BYTES = 64 << 20
"""What HDF5 needs to write chunks of 1 MiB with filters, and its metadata, with room to spare."""

_METADATA_BYTES = 32 << 20


def write_hdf5(file: BufferedRandom, fill: Callable[[h5py.File], None], userblock_size: int) -> None:
    """Write an HDF5 file.

    Parameters
    ----------
    file : binary file
        Empty.
    fill : callable
        Is given the HDF5 file, and creates what it holds, from arrays in C order: others would be copied.
    userblock_size : int
        Bytes left free at the start.

    Raises
    ------
    MemoryError
        When there is too little to begin.
    Exception
        The first error of `file`, or that of `fill`.
    """
    kept = _KeptErrors(file)
    np.empty(_BUFFER_BYTES, np.uint8)  # HDF5 doesn't survive a lack of memory either
    try:
        with _signals_wait(), h5py.File(kept, "w", libver="earliest", userblock_size=userblock_size) as hdf5:
            _keep_metadata_in_memory(hdf5)
            fill(hdf5)
    finally:
        if kept.error is not None:
            raise kept.error


@contextmanager
def _signals_wait() -> Iterator[None]:
    """Let the handlers of signals wait for the end of the block: what they raise must not reach HDF5."""
    came: list[int] = []
    handlers = {}
    try:
        if threading.current_thread() is threading.main_thread():  # no other thread calls handlers
            for number in filter(_is_handled, signal.valid_signals()):
                handlers[number] = signal.signal(number, lambda number, _: came.append(number))
        yield
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
        for passed in came:
            signal.raise_signal(passed)


def _is_handled(number: int) -> bool:
    return callable(signal.getsignal(number))


class _KeptErrors:
    """A file that keeps its first error; from then on it takes whatever is written, and drops it."""

    def __init__(self, file: BufferedRandom):
        self.file = file
        self.error: Exception | None = None

    def _call(self, method: str, *arguments: Any) -> Any:
        if self.error is None:
            try:
                return getattr(self.file, method)(*arguments)
            except Exception as error:  # noqa: BLE001
                self.error = error
        return 0

    def seek(self, *place: int) -> int:
        return self._call("seek", *place)

    def tell(self) -> int:
        return self._call("tell")

    def read(self, size: int) -> bytes:
        return self._call("read", size) or bytes(size)

    def readinto(self, buffer: Any) -> int:
        return self._call("readinto", buffer)

    def write(self, content: Any) -> int:
        return self._call("write", content)

    def truncate(self, size: int) -> int:
        return self._call("truncate", size)

    def flush(self) -> None:
        self._call("flush")


def _keep_metadata_in_memory(hdf5: h5py.File) -> None:
    """Let HDF5 never read back what it wrote, for after an error it may not stand in the file."""
    config = hdf5.id.get_mdc_config()
    config.set_initial_size = True
    config.initial_size = config.min_size = config.max_size = _METADATA_BYTES
    hdf5.id.set_mdc_config(config)
