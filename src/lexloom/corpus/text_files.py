"""Text files: reading UTF-8 in blocks, and saying where a file is not UTF-8."""

import errno
import os
import re
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

from lexloom.corpus.compressed_files import read_parts
from lexloom.errors import LexloomError

_BLOCK = 1 << 20
_LONGEST_WORD = 1 << 24
_BYTE_ORDER_MARK = "\ufeff"
_MARKS_BEFORE_WORDS = re.compile(rf"(?<!\S){_BYTE_ORDER_MARK}+")


def why_not_regular(path: str | Path) -> str:
    """Return why a path names no regular file, or nothing if it does.

    A program that opens a pipe or a terminal may wait for ever, and a device may have no end.
    """
    try:
        mode = os.stat(path).st_mode
    except OSError as error:
        return str(error.strerror)
    if stat.S_ISDIR(mode):
        return os.strerror(errno.EISDIR)
    return "" if stat.S_ISREG(mode) else "a pipe, socket or device"


def read_blocks(path: str | Path, advance: Callable[[int], object] = lambda size: None) -> Iterator[str]:
    r"""Yield the text of a file, perhaps a compressed one, in blocks of a megabyte cut after white space.

    The text is as `plain` returns it. A word longer than a block stays whole.

    Parameters
    ----------
    path : path
    advance : callable
        Called with the number of bytes of the file that each block took.

    Raises
    ------
    LexloomError
        When the file cannot be opened, is not UTF-8, or holds a NUL byte or a word of more than 16 MB: where,
        and what to do.
    """
    offset, line, pending = 0, 1, []
    for block in _byte_blocks(path, advance):
        cut = 1 + max(block.rfind(b"\n"), block.rfind(b" "))
        if not cut:
            pending.append(block)
            if _BLOCK * len(pending) > _LONGEST_WORD:
                raise LexloomError(
                    f"{path}: no white space in {_LONGEST_WORD >> 20} MB, byte offset {offset}, line {line}; "
                    "expected text with spaces or line ends"
                )
            continue
        piece = b"".join([*pending, block[:cut]])
        yield _decode(path, piece, offset, line)
        offset, line, pending = offset + len(piece), line + piece.count(b"\n"), [block[cut:]]
    yield _decode(path, b"".join(pending), offset, line)


def _byte_blocks(path: str | Path, advance: Callable[[int], object]) -> Iterator[bytes]:
    try:
        for block, size in read_parts(path, _BLOCK):
            advance(size)
            yield block
    except OSError as error:
        raise LexloomError(f"{path}: {error.strerror}; expected a UTF-8 text file") from error


def _decode(path: str | Path, piece: bytes, offset: int, line: int) -> str:
    def refuse(fault: str, at: int, advice: str) -> LexloomError:
        lines_before = piece.count(b"\n", 0, at)
        return LexloomError(
            f"{path}: {fault}, byte offset {offset + at}, line {line + lines_before}; {advice}"
        )

    nul = piece.find(b"\0")
    if nul >= 0:
        raise refuse(
            "a NUL byte", nul, "expected text; if it is UTF-16, iconv -f UTF-16 -t UTF-8 converts it"
        )
    try:
        text = piece.decode()
    except UnicodeDecodeError as error:
        fault = f"byte 0x{error.object[error.start]:02x} is not UTF-8"
        raise refuse(fault, error.start, "convert it, for example with iconv -f LATIN1 -t UTF-8") from error
    return plain(text)


def plain(text: str) -> str:
    r"""Return a text with ``\n`` in place of ``\r\n`` and ``\r``, and without byte order marks before words.

    Such a mark begins a file, and so a line where files were joined.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _MARKS_BEFORE_WORDS.sub("", text) if _BYTE_ORDER_MARK in text else text
