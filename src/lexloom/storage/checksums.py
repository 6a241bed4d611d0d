"""The checksums of files."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path


def file_sha256(path: str | Path) -> str:
    """Return the sha256 of a file's bytes, in hexadecimal."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(paths: Iterable[str | Path]) -> dict[str, str]:
    """Return the sha256 of files by their names; the second of a name is called `name (2)`, and so on."""
    digests: dict[str, str] = {}
    seen: Counter[str] = Counter()
    for path in map(Path, paths):
        seen[path.name] += 1
        name = path.name if seen[path.name] == 1 else f"{path.name} ({seen[path.name]})"
        digests[name] = file_sha256(path)
    return digests
