"""The checksums of files, and the seal at the beginning of an artifact: the checksum of what follows."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path

SEAL_BYTES = 512

_SEAL = b"lexloom artifact"
_HDF5 = b"\x89HDF\r\n\x1a\n"
_LISTED = 100
"""Files at most whose checksums are listed one by one."""


def seal_of(digest: str) -> bytes:
    """Return the bytes before those that have a sha256."""
    seal = b"%s, sha256 of what follows: %s\n" % (_SEAL, digest.encode())
    return seal.ljust(SEAL_BYTES, b"\0")


def begins_like_an_artifact(path: str | Path) -> bool:
    """Return whether a file begins as an artifact does, or is an HDF5 file: damaged or not."""
    with open(path, "rb") as file:
        head = file.read(SEAL_BYTES + len(_HDF5))
    return head.startswith((_SEAL, _HDF5)) or head[SEAL_BYTES:] == _HDF5


def is_sealed(file: BufferedReader) -> bool:
    """Return whether a file, open at its start, begins with the seal of what follows."""
    return file.read(SEAL_BYTES) == seal_of(hashlib.file_digest(file, "sha256").hexdigest())


def file_sha256(path: str | Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(paths: Iterable[str | Path]) -> dict[str, str]:
    """Return the sha256 of files by their names; the second of a name is called `name (2)`, and so on.

    Bytes of a name that are not UTF-8 are written as escapes. More than a hundred files have one sha256, of
    all their names and checksums.
    """
    digests: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for path in map(Path, paths):
        name = os.fsencode(path.name).decode(errors="backslashreplace")
        seen[name] += 1
        digests[name if seen[name] == 1 else f"{name} ({seen[name]})"] = file_sha256(path)
    if len(digests) <= _LISTED:
        return digests
    return {f"{len(digests)} files": hashlib.sha256(json.dumps(digests).encode()).hexdigest()}
