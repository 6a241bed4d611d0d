"""Files that may be compressed: their bytes are unpacked as they are read."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from lexloom.errors import LexloomError

# No UTF-8 text begins so.
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"


def read_parts(path: str | Path, size: int) -> Iterator[tuple[bytes, int]]:
    """Yield the bytes of a file in parts of at most `size`, and of how many bytes of the file each was made.

    A file that begins as gzip or Zstandard does is unpacked, whatever its name.

    Raises
    ------
    OSError
        If the file cannot be opened or read.
    LexloomError
        If it is damaged, or what unpacks it is not installed.
    """
    with open(path, "rb") as file:
        packing = _packing(file.peek(4)[:4])  # not read and put back: a pipe does not go back
        if packing is None:
            while part := file.read(size):
                yield part, len(part)
            return
        open_packed, errors = packing
        place = 0
        try:
            with open_packed(file) as unpacked:
                while part := unpacked.read(size):
                    now = file.tell() if file.seekable() else place
                    yield part, now - place
                    place = now
        except errors as error:
            raise LexloomError(f"{path}: damaged, as a compressed file ({error}); make it again") from error


def _packing(start: bytes) -> tuple[Callable[[IO[bytes]], Any], tuple[type[Exception], ...]] | None:
    """Return what unpacks an open file that begins with `start`, and its errors; None for a plain file."""
    if start.startswith(_GZIP):
        return gzip.open, (gzip.BadGzipFile, zlib.error, EOFError)
    if start == _ZSTD:
        module = _zstd()
        return module.ZstdFile, (module.ZstdError, EOFError)
    return None


def _zstd() -> Any:
    """Return Python's module (from 3.14 on), or the package that has it for older ones."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    raise LexloomError(
        "a Zstandard file needs Python 3.14 or a package: pip install 'lexloom[zstd]', or unpack the file"
    )
