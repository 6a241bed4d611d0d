"""Reads the HDF5 files that `write_artifact` writes, and no others, without the HDF5 library.

The library trusts the files that it opens: a few bytes changed on purpose make it hang or crash, and a file
may have it read other files of the machine. Here every place and length is checked before it is used, nothing
leads out of the file, no structure is read twice, and memory is taken for no more than what gzip can make of
the bytes that are there. So the worst that a file can do is to be refused.

What is read, after the HDF5 File Format Specification 3.0: superblock 0, groups as symbol tables, object
headers of version 1, and arrays in one piece or in chunks of whole rows, with the filters shuffle, gzip and
Fletcher32. The last is not verified, because an artifact has a checksum of all its bytes.
"""

import os
import struct
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import Any, BinaryIO

import numpy as np

_SIGNATURE = b"\x89HDF\r\n\x1a\n"
_UNDEFINED = 2**64 - 1
_SPACE, _TYPE, _LAYOUT, _FILTERS, _ATTRIBUTE, _CONTINUATION, _TABLE = 1, 3, 8, 11, 12, 16, 17
_WITHOUT_MEANING = {0, 5, 18}
"""Messages about free space, the fill value and the time."""
_FILTER_IDS = (2, 1, 3)
_MOST_DEPTH = 32
_MOST_ARRAYS = 100_000
_MOST_RATIO = 1100
"""How many bytes gzip makes of one at most, with room to spare: the limit of the format is 1032."""
_MOST_EMPTY = 1 << 16
_NOT_OURS = "a dataset that is stored in another way"

_TEXT = bytes.fromhex("1901010010000000100000000100000000000800")
_TYPES = {
    bytes.fromhex(code): np.dtype(name)
    for name, code in {
        "i1": "100800000100000000000800",
        "i2": "100800000200000000001000",
        "i4": "100800000400000000002000",
        "i8": "100800000800000000004000",
        "u1": "100000000100000000000800",
        "u2": "100000000200000000001000",
        "u4": "100000000400000000002000",
        "u8": "100000000800000000004000",
        "f2": "11200f0002000000000010000a05000a0f000000",
        "f4": "11201f000400000000002000170800177f000000",
        "f8": "11203f000800000000004000340b0034ff030000",
        "?": "180200000100000010080000010000000000080046414c534500000054525545000000000001",
    }.items()
}
"""What HDF5 writes for each type of an artifact, a datatype message of the specification."""


class MalformedError(Exception):
    """What is wrong with a file."""


@dataclass(frozen=True)
class Group:
    """A folder within a file.

    Attributes
    ----------
    attributes : dict of str to str, int, bool or list of int
    members : dict of str to Group or Array
    """

    attributes: dict[str, Any]
    members: "dict[str, Group | Array]"


class Array:
    """An array within an open file, of which nothing is read yet.

    Attributes
    ----------
    shape : tuple of int
    dtype : dtype
    attributes : dict of str to str, int, bool or list of int
    """

    def __init__(self, image: "_Image", attributes: dict[str, Any], messages: Mapping[int, bytes]):
        self._image = image
        self.attributes = attributes
        self.shape = _shape(messages[_SPACE])
        self.dtype = _dtype(messages[_TYPE])
        self._layout = messages[_LAYOUT]
        self._filters = _filters(messages[_FILTERS]) if _FILTERS in messages else ()
        version, kind = _unpack("<BB", self._layout)
        self._in_chunks = kind == 2
        _expect(version == 3 and kind in (1, 2) and (self.shape != () or not self._in_chunks), _NOT_OURS)

    def check_stored(self) -> None:
        """Check that the file holds as many bytes as the shape needs.

        Raises
        ------
        MalformedError
        """
        stored = sum(size for _, size in self._places) if self._in_chunks else self._place[1]
        self._expect_room(prod(max(1, length) for length in self.shape), stored)

    def read(self) -> np.ndarray:
        """Return the whole array.

        Raises
        ------
        MalformedError
        """
        return self.rows(0, self.shape[0]) if self._in_chunks else self._piece()

    def rows(self, start: int, stop: int) -> np.ndarray:
        """Return the rows from `start` to before `stop`.

        Raises
        ------
        MalformedError
        """
        if not self._in_chunks:
            return self._piece()[start:stop]
        result = np.empty((stop - start, *self.shape[1:]), self.dtype)
        elements = result.reshape(-1).view(np.uint8).reshape(-1, self.dtype.itemsize)
        of_row = prod(self.shape[1:])
        for number in range(start // self._chunk, -(-stop // self._chunk)):
            first = number * self._chunk
            begin, end = max(start, first), min(stop, first + self._chunk)
            planes = self._planes(*self._places[number])[:, (begin - first) * of_row : (end - first) * of_row]
            for byte, plane in enumerate(planes):  # twice as fast as to transpose
                elements[(begin - start) * of_row : (end - start) * of_row, byte] = plane
        return result

    @cached_property
    def _chunk(self) -> int:
        """The rows of a chunk."""
        dimensions, _, rows, *others = _unpack(f"<BQ{len(self.shape) + 1}I", self._layout, 2)
        row = (*self.shape[1:], self.dtype.itemsize)
        _expect(self._filters == _FILTER_IDS and (dimensions, *others) == (len(row) + 1, *row), _NOT_OURS)
        _expect(rows > 0 and prod(row) > 0, _NOT_OURS)
        return rows

    @property
    def _chunk_bytes(self) -> int:
        return self._chunk * prod(self.shape[1:]) * self.dtype.itemsize

    @cached_property
    def _places(self) -> list[tuple[int, int]]:
        """Where each chunk is, and its stored bytes."""
        count = -(-self.shape[0] // self._chunk)
        found = {}
        (root,) = _unpack("<Q", self._layout, 3)
        for key, place in self._image.leaves(root, 1, 8 + 8 * (len(self.shape) + 1)) if count else ():
            size, mask, first, *others = _unpack(f"<II{len(self.shape) + 1}Q", key)
            _expect(mask == 0 and first % self._chunk == 0 and not any(others), "a chunk out of place")
            found[first // self._chunk] = place, size
        _expect(found.keys() == set(range(len(found))) and len(found) == count, "chunks missing")
        stored = sum(size for _, size in found.values())
        self._image.claim(stored)
        self._expect_room(count * self._chunk_bytes, stored)
        return [found[number] for number in range(count)]

    def _planes(self, place: int, size: int) -> np.ndarray:
        """Return the bytes (B, N) of the N elements of a chunk, as the filter shuffle puts them together."""
        stored, expected = self._image.take(place, size), self._chunk_bytes
        inflate = zlib.decompressobj()
        try:
            shuffled = inflate.decompress(stored[:-4], expected + 1)
        except zlib.error as error:
            raise MalformedError("a chunk that is not gzip") from error
        _expect(inflate.eof and len(shuffled) == expected, "a chunk of another length")
        return np.frombuffer(shuffled, np.uint8).reshape(self.dtype.itemsize, -1)

    @cached_property
    def _place(self) -> tuple[int, int]:
        """Where an array in one piece is, and its bytes."""
        place, size = _unpack("<QQ", self._layout, 2)
        _expect(size == prod(self.shape) * self.dtype.itemsize, _NOT_OURS)
        self._image.claim(size)
        return place, size

    def _piece(self) -> np.ndarray:
        """Return all elements of an array in one piece."""
        place, size = self._place
        data = self._image.take(place, size) if size else b""
        return np.frombuffer(data, self.dtype).reshape(self.shape).copy()

    def _expect_room(self, size: int, stored: int) -> None:
        """Expect that so many bytes can come from those that are stored."""
        _expect(size <= _MOST_RATIO * stored + _MOST_EMPTY, f"a size of {self.shape} with {stored} bytes")


def read_structure(file: BinaryIO, start: int) -> Group:
    """Return the root group of the HDF5 file that begins at a place in an open file.

    Raises
    ------
    MalformedError
    """
    image = _Image(file, start)
    head = image.take(0, 96)
    _expect(head.startswith(_SIGNATURE + bytes([0, 0, 0, 0, 0, 8, 8, 0])), "another version of HDF5")
    base, _, _, driver, _, root = _unpack("<6Q", head, 24)
    _expect(base == start and driver == _UNDEFINED, "another version of HDF5")
    group = image.node(root, 0)
    _expect(isinstance(group, Group), "no root group")
    return group  # type: ignore[return-value]


class _Image:
    """The bytes of the file from its beginning as HDF5. What is read twice overlaps, and is refused."""

    def __init__(self, file: BinaryIO, start: int):
        self._file, self._start = file, start
        self._size = os.fstat(file.fileno()).st_size - start
        self._left = self._size
        self._arrays = 0
        self._texts: dict[int, dict[int, bytes]] = {}

    def take(self, place: int, size: int) -> bytes:
        _expect(place + size <= self._size, "an offset past the end")
        self._file.seek(self._start + place)
        taken = self._file.read(size)
        _expect(len(taken) == size, "truncated")
        return taken

    def claim(self, size: int) -> None:
        """Count bytes as read: all of them together are no more than the file."""
        self._left -= size
        _expect(self._left >= 0, "parts that overlap")

    def structure(self, place: int, size: int) -> bytes:
        self.claim(size)
        return self.take(place, size)

    def node(self, header: int, depth: int) -> Group | Array:
        """Return the group or array of an object header, with all that is in it."""
        _expect(depth < _MOST_DEPTH, f"groups more than {_MOST_DEPTH} deep")
        self._arrays += 1
        _expect(self._arrays <= _MOST_ARRAYS, f"more than {_MOST_ARRAYS} datasets")
        attributes: dict[str, Any] = {}
        messages: dict[int, bytes] = {}
        for kind, body in self._messages(header):
            if kind == _ATTRIBUTE:
                name, attributes[name] = self._attribute(body)
            elif kind not in _WITHOUT_MEANING:
                messages[kind] = body
        if messages.keys() == {_TABLE}:
            return Group(attributes, dict(self._members(messages[_TABLE], depth)))
        _expect(
            {_SPACE, _TYPE, _LAYOUT} <= messages.keys() <= {_SPACE, _TYPE, _LAYOUT, _FILTERS},
            "what is neither a group nor a dataset of numbers in this file",
        )
        array = Array(self, attributes, messages)
        array.check_stored()
        return array

    def leaves(self, root: int, kind: int, key: int, level: int | None = None) -> Iterator[tuple[bytes, int]]:
        """Yield each key and place in the leaves of a tree, whose keys have so many bytes."""
        head = self.structure(root, 24)
        signature, own_kind, own_level, count = _unpack("<4sBBH", head)
        _expect(
            (signature, own_kind) == (b"TREE", kind) and level in (None, own_level) and own_level < 8,
            "a damaged tree",
        )
        body = self.structure(root + 24, count * (key + 8))
        for at in range(0, len(body), key + 8):
            (place,) = _unpack("<Q", body, at + key)
            if own_level:
                yield from self.leaves(place, kind, key, own_level - 1)
            else:
                yield body[at : at + key], place

    def _messages(self, header: int) -> Iterator[tuple[int, bytes]]:
        version, _, _, size = _unpack("<BxHII", self.structure(header, 16))
        _expect(version == 1, "another version of HDF5")
        blocks = [(header + 16, size)]
        for place, length in blocks:
            block, at = self.structure(place, length), 0
            while at + 8 <= length:
                kind, size, flags = _unpack("<HHB", block, at)
                body = block[at + 8 : at + 8 + size]
                _expect(len(body) == size and not flags & 2, "a damaged header")
                if kind == _CONTINUATION:
                    blocks.append(_unpack("<QQ", body))
                else:
                    yield kind, body
                at += 8 + size

    def _members(self, table: bytes, depth: int) -> Iterator[tuple[str, Group | Array]]:
        tree, heap = _unpack("<QQ", table)
        names = self._names(heap)
        for _, place in self.leaves(tree, 0, 8):
            signature, version, count = _unpack("<4sBxH", self.structure(place, 8))
            _expect((signature, version) == (b"SNOD", 1), "a damaged group")
            entries = self.structure(place + 8, 40 * count)
            for at in range(0, len(entries), 40):
                start, header, link = _unpack("<QQI", entries, at)
                name = _decoded(names[start : names.find(b"\0", start)])
                _expect(link != 2, f"a link, {name!r}")
                yield name, self.node(header, depth + 1)

    def _names(self, heap: int) -> bytes:
        signature, size, _, place = _unpack("<4s4xQQQ", self.structure(heap, 32))
        _expect(signature == b"HEAP", "a damaged group")
        return self.structure(place, size)

    def _attribute(self, body: bytes) -> tuple[str, Any]:
        version, name_size, type_size, space_size = _unpack("<BxHHH", body)
        _expect(version == 1, "another version of HDF5")
        parts, at = [], 8
        for size in (name_size, type_size, space_size):
            parts.append(body[at : at + size])
            at += -(-size // 8) * 8
        name, kind, shape = _decoded(parts[0].rstrip(b"\0")), parts[1], _shape(parts[2])
        _expect(len(shape) <= 1, f"{name!r} of another shape")
        if _begins(kind, _TEXT):
            _expect(shape == (), f"{name!r} of several texts")
            return name, self._text(body[at:])
        dtype = _dtype(kind)
        size = prod(shape) * dtype.itemsize
        _expect(at + size <= len(body), f"{name!r} of another length")
        return name, np.frombuffer(body[at : at + size], dtype).reshape(shape).tolist()

    def _text(self, reference: bytes) -> str:
        length, heap, number = _unpack("<IQI", reference)
        if length == 0:
            return ""
        if heap not in self._texts:
            self._texts[heap] = dict(self._heap_objects(heap))
        text = self._texts[heap].get(number, b"")
        _expect(len(text) == length, "a text of another length")
        return _decoded(text)

    def _heap_objects(self, heap: int) -> Iterator[tuple[int, bytes]]:
        signature, version, size = _unpack("<4sB3xQ", self.structure(heap, 16))
        _expect((signature, version) == (b"GCOL", 1) and size >= 16, "a damaged heap")
        body, at = self.structure(heap + 16, size - 16), 0
        while at + 16 <= len(body):
            number, length = _unpack("<H6xQ", body, at)
            if number == 0:
                return
            yield number, body[at + 16 : at + 16 + length]
            at += 16 + -(-length // 8) * 8


def _shape(space: bytes) -> tuple[int, ...]:
    version, dimensions = _unpack("<BB", space)
    _expect(version == 1 and dimensions <= 32, "a dataset of an unknown shape")
    return _unpack(f"<{dimensions}Q", space, 8)


def _dtype(kind: bytes) -> np.dtype:
    for encoded, dtype in _TYPES.items():
        if _begins(kind, encoded):
            return dtype
    raise MalformedError("a type of values that no artifact has")


def _begins(padded: bytes, expected: bytes) -> bool:
    return padded.startswith(expected) and not any(padded[len(expected) :])


def _filters(pipeline: bytes) -> tuple[int, ...]:
    version, count = _unpack("<BB", pipeline)
    _expect(version == 1, "unknown filters")
    ids, at = [], 8
    for _ in range(count):
        number, name_size, _, values = _unpack("<4H", pipeline, at)
        ids.append(number)
        at += 8 + -(-name_size // 8) * 8 + 4 * (values + values % 2)
    return tuple(ids)


def _decoded(text: bytes) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise MalformedError("a text that is not UTF-8") from error


def _unpack(layout: str, data: bytes, at: int = 0) -> tuple[Any, ...]:
    try:
        return struct.unpack_from(layout, data, at)
    except struct.error as error:
        raise MalformedError("a part that ends too early") from error


def _expect(condition: bool, otherwise: str) -> None:
    if not condition:
        raise MalformedError(otherwise)
