"""Lists of the text files of a corpus with their checksums, in the format of the program `sha256sum`."""

import hashlib
import os
import re
from pathlib import Path

from lexloom.errors import LexloomError, printable
from lexloom.settings.splits import SPLITS
from lexloom.storage.checksums import file_sha256

Listed = dict[str, dict[str, str]]
"""The sha256 of each file, by the split that it is of and its path, in order."""

_LINE = re.compile(rb"(\\?)([0-9a-f]{64}) [ *]([^\0]+)")
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
        When the list cannot be read or has another checksum, or a line is not one that `sha256sum` prints,
        begins another split than train, valid and test, or has a file that its split has already.
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
            if split not in SPLITS:
                raise LexloomError(
                    f"{path}: line {number}: # {printable(split)} is not one of # {', # '.join(SPLITS)}; "
                    "correct it, or leave it out"
                )
        elif match := _LINE.fullmatch(line):
            name = os.fsdecode(_unescaped(match[3]) if match[1] else match[3])
            if name in files.setdefault(split, {}):
                raise LexloomError(
                    f"{path}: line {number}: {printable(name)} is already listed in {split}; "
                    "keep one of the lines"
                )
            files[split][name] = match[2].decode()
        else:
            raise LexloomError(
                f"{path}: line {number} is not a checksum and a file name as sha256sum prints them; "
                "make the list with sha256sum"
            )
    return files


def check_unchanged(
    files: Listed, fault: str = "not the file that was listed; run again what made the list"
) -> None:
    """Refuse files that are not what their list says.

    Raises
    ------
    LexloomError
        Naming the first such file, and the fault.
    """
    for entries in files.values():
        for path, sha256 in entries.items():
            if file_sha256(path) != sha256:
                raise LexloomError(f"{path}: {fault}")


def _line(name: bytes, sha256: bytes) -> bytes:
    escaped = re.sub(rb"[\\\n\r]", lambda match: _ESCAPES[match[0]], name)
    return (b"\\" if escaped != name else b"") + sha256 + b"  " + escaped + b"\n"


def _unescaped(name: bytes) -> bytes:
    return re.sub(rb"\\[\\nr]", lambda match: _CHARACTERS[match[0]], name)
