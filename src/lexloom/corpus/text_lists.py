"""Lists of the text files of a corpus with their checksums, in the format of the program `sha256sum`."""

import hashlib
import os
import re
from pathlib import Path

from lexloom.errors import LexloomError
from lexloom.storage.checksums import file_sha256

Listed = dict[str, dict[str, str]]
"""The sha256 of each file, by the split that it is of and its path, in order."""

_LINE = re.compile(rb"(\\?)([0-9a-f]{64}) [ *](.+)", re.DOTALL)
_ESCAPES = {b"\\": rb"\\", b"\n": rb"\n", b"\r": rb"\r"}
_CHARACTERS = {escape: character for character, escape in _ESCAPES.items()}


def format_list(files: Listed) -> bytes:
    """Return the contents of a list.

    Examples
    --------
    >>> print(format_list({"train": {"a.txt": 64 * "0"}}).decode().rstrip())
    # train
    0000000000000000000000000000000000000000000000000000000000000000  a.txt
    """
    lines = []
    for split, entries in files.items():
        lines.append(f"# {split}\n".encode())
        lines += [_line(os.fsencode(path), sha256.encode()) for path, sha256 in entries.items()]
    return b"".join(lines)


def read_list(path: str | Path, sha256: str | None = None) -> Listed:
    """Return the files of a list.

    A line like "# valid" begins the files of a split; those before the first such line are of train.

    Parameters
    ----------
    path : path
    sha256 : str, optional
        The checksum that the list itself must have.

    Raises
    ------
    LexloomError
        When the list cannot be read or has another checksum, or a line is not one that `sha256sum` prints.
    """
    try:
        contents = Path(path).read_bytes()
    except OSError as error:
        raise LexloomError(f"{path}: {error.strerror}; expected a list of text files") from error
    if sha256 not in (None, hashlib.sha256(contents).hexdigest()):
        raise LexloomError(f"{path}: the texts have changed since this run was planned; run it again")
    files: Listed = {}
    split = "train"
    for number, line in enumerate(contents.removesuffix(b"\n").split(b"\n"), 1):
        if line.startswith(b"# "):
            split = line[2:].decode(errors="replace")
        elif match := _LINE.fullmatch(line):
            name = _unescaped(match[3]) if match[1] else match[3]
            files.setdefault(split, {})[os.fsdecode(name)] = match[2].decode()
        else:
            raise LexloomError(
                f"{path}: line {number} is not a checksum and a file name as sha256sum prints them; "
                "make the list with sha256sum"
            )
    return files


def check_unchanged(files: Listed) -> None:
    """Refuse files that are not what their list says.

    Raises
    ------
    LexloomError
        Naming the first such file.
    """
    for entries in files.values():
        for path, sha256 in entries.items():
            if file_sha256(path) != sha256:
                raise LexloomError(f"{path}: not the file that was listed; run again what made the list")


def _line(name: bytes, sha256: bytes) -> bytes:
    escaped = re.sub(rb"[\\\n\r]", lambda match: _ESCAPES[match[0]], name)
    return (b"\\" if escaped != name else b"") + sha256 + b"  " + escaped + b"\n"


def _unescaped(name: bytes) -> bytes:
    return re.sub(rb"\\[\\nr]", lambda match: _CHARACTERS[match[0]], name)
