"""Files are read as the HDF5 library reads them, if an artifact has what is in them; nothing else is read."""

import hashlib
import struct
import tracemalloc
import zlib
from contextlib import suppress
from unittest.mock import Mock

import h5py
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from resealed import Mutation, mutate
from scipy import sparse

from lexloom.errors import ArtifactError, LexloomError
from lexloom.storage import hdf5_reading
from lexloom.storage.artifact_writing import write_artifact
from lexloom.storage.artifacts import describe_artifact, read_artifact
from lexloom.storage.checksums import SEAL_BYTES, seal_of
from lexloom.storage.hdf5_reading import Array, MalformedError

IDS = np.arange(600_000, dtype=np.int32).reshape(-1, 2) % 7
MATRIX = sparse.random_array((200, 200), density=0.5, rng=np.random.default_rng(1), format="csr")
READERS = {
    "read": lambda path: read_artifact(path, "checkpoint"),
    "describe": describe_artifact,
    "rows": lambda path: read_artifact(path, "checkpoint", [], in_parts=["arrays/a"])["arrays/a"],
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.h5"
    write_artifact(path, "checkpoint", {"arrays/a": IDS, "state": ["1"], "identity": ["2"]})
    return path


def test_what_is_read_is_what_the_library_reads(path):
    with h5py.File(path) as file:
        assert file["arrays/a"].chunks != file["arrays/a"].shape, "several chunks, the last one not full"
        np.testing.assert_array_equal(read_artifact(path, "checkpoint")["arrays/a"], file["arrays/a"][...])


@given(st.integers(0, 200), st.integers(0, 200))
@settings(max_examples=30)
def test_any_rows_of_a_matrix_are_read(tmp_path_factory, first, last):
    path = tmp_path_factory.mktemp("rows") / "a.h5"
    write_artifact(path, "ppmi", {"ppmi": MATRIX})
    rows = slice(min(first, last), max(first, last))
    read = read_artifact(path, "ppmi", [], in_parts=["ppmi"])["ppmi"](rows)
    np.testing.assert_array_equal(read.toarray(), MATRIX[rows].toarray())


ELSEWHERE = "what is neither a group nor a dataset of numbers in this file"
OTHERWISE = "a dataset that is stored in another way"
UNKNOWN_TYPE = "a type of values that no artifact has"


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("action", "value", "reason"),
    [
        ("store elsewhere", "external", ELSEWHERE),
        ("store elsewhere", "virtual", OTHERWISE),
        *(("store elsewhere", value, UNKNOWN_TYPE) for value in ("vlen", "reference", "compound")),
        *(("store elsewhere", filters, OTHERWISE) for filters in ("lzf", "gzip", "unshuffled")),
        ("store elsewhere", "committed", "a damaged header"),
        *(("retype", dtype, UNKNOWN_TYPE) for dtype in (">i4", "c16", "S3", "V4")),
        ("link", "soft", "a link, 'a'"),
        ("link", "cycle", "groups more than 32 deep"),
        ("link", "external", ELSEWHERE),
        *(("reshape", shape, "an offset past the end") for shape in ((10**12,), (2**40, 3))),
        ("reshape", (2**61, 2**61), OTHERWISE),
    ],
)
def test_nothing_leads_out_of_the_file_or_to_more_than_is_in_it(path, read, action, value, reason):
    mutate(path, [Mutation(action, 1 if action == "link" else 0, 2, value)])
    with pytest.raises(LexloomError, match=rf"a\.h5: {reason}") as error:
        READERS[read](path)
    assert str(error.value).isprintable()


def test_no_memory_is_taken_for_more_than_the_bytes_can_hold(path):
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    with h5py.File(path, "r+") as file:
        new = file.create_dataset("arrays/b", (1 << 31,), "u1", chunks=(1 << 31,), **options)
        new.id.write_direct_chunk((0,), bytes(100))
        new.attrs.update({"axes": "", "unit": "", "lines": False})
    mutate(path, [])
    with pytest.raises(LexloomError, match=r"a size of \(2147483648,\) with 100 bytes"):
        describe_artifact(path)


@pytest.mark.parametrize("shape", [(2**62, 0), (0, 2**62)])
def test_no_rows_of_nothing_are_counted(path, shape):
    with h5py.File(path, "r+") as file:
        file.create_dataset("arrays/b", shape, "u1").attrs.update({"axes": "", "unit": "", "lines": False})
    mutate(path, [])
    with pytest.raises(LexloomError, match=r"a size of .* with 0 bytes"):
        describe_artifact(path)


@pytest.mark.parametrize(
    ("stored", "reason"),
    [(zlib.compress(bytes(1 << 28)), "of another length"), (bytes(100), "that is not gzip")],
    ids=["bomb", "no gzip"],
)
def test_no_more_is_made_of_a_chunk_than_belongs_there(path, stored, reason):
    with h5py.File(path, "r+") as file:
        del file["arrays/a"]
        options = {"chunks": (1 << 10,), "compression": "gzip", "shuffle": True, "fletcher32": True}
        new = file.create_dataset("arrays/a", (1 << 10,), "u1", **options)
        new.id.write_direct_chunk((0,), stored + bytes(4))
        new.attrs.update({"axes": "", "unit": "", "lines": False})
    mutate(path, [])
    tracemalloc.start()
    with pytest.raises(LexloomError, match=f"a chunk {reason}"):
        read_artifact(path, "checkpoint")
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()


def test_chunks_that_were_never_written_are_missing(path):
    options = {"compression": "gzip", "shuffle": True, "fletcher32": True}
    with h5py.File(path, "r+") as file:
        new = file.create_dataset("arrays/b", (8,), "u1", chunks=(4,), **options)
        new[:4] = 1
        new.attrs.update({"axes": "", "unit": "", "lines": False})
    mutate(path, [])
    with pytest.raises(LexloomError, match="chunks missing"):
        describe_artifact(path)


def test_too_many_datasets_are_refused(path, monkeypatch):
    monkeypatch.setattr(hdf5_reading, "_MOST_ARRAYS", 4)
    with pytest.raises(LexloomError, match="more than 4 datasets"):
        describe_artifact(path)


def test_a_chunk_in_two_datasets_is_read_once(path):
    content = path.read_bytes()
    with h5py.File(path, "r+") as file:
        for number in range(40):
            file.copy("arrays/a", f"arrays/{number}")
    mutate(path, [])
    assert len(read_artifact(path, "checkpoint")["arrays"]) == 41, "copies are no fault"
    path.write_bytes(content)
    with h5py.File(path, "r+") as file:
        for number in range(40):
            file[f"arrays/{number}"] = file["arrays/a"]
    mutate(path, [])
    with pytest.raises(LexloomError, match="parts that overlap"):
        read_artifact(path, "checkpoint")


SMALL = {
    "checkpoint": {
        "arrays/a": np.arange(12.0).reshape(3, 4),
        "arrays/empty": np.zeros((0, 2), np.int32),
        "arrays/one": np.array(1),
        "state": ["1"],
        "identity": ["2"],
    },
    "ppmi": {"ppmi": sparse.csr_array(np.eye(3)), "words": ["a", "b", "c"]},
}


def written_again(path, content):
    path.write_bytes(seal_of(hashlib.sha256(content).hexdigest()) + content)


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A small artifact of each kind, and the places in it where something is written."""
    folder, files = tmp_path_factory.mktemp("small"), {}
    for kind, datasets in SMALL.items():
        write_artifact(folder / f"{kind}.h5", kind, datasets)
        content = (folder / f"{kind}.h5").read_bytes()[SEAL_BYTES:]
        places = [place for place in range(len(content)) if any(content[max(0, place - 3) : place + 4])]
        files[kind] = folder / f"{kind}.h5", content, places
    return files


@pytest.mark.parametrize("kind", SMALL)
@given(
    changes=st.lists(st.tuples(st.integers(0, 1 << 14), st.integers(0, 255)), min_size=1, max_size=3),
    cut=st.none() | st.integers(0, 1 << 14),
)
@settings(max_examples=100)
def test_a_file_with_any_bytes_changed_or_cut_is_read_or_refused(small, kind, changes, cut):
    path, content, places = small[kind]
    changed = bytearray(content)
    for which, value in changes:
        changed[places[which % len(places)]] = value
    written_again(path, changed[: None if cut is None else cut % len(changed)])
    with suppress(ArtifactError):
        read_artifact(path, kind)
    with suppress(LexloomError):
        describe_artifact(path)


@pytest.mark.parametrize("shape", [(), (3, 4), (0, 4)])
@pytest.mark.parametrize("end", [2, 3, 11, 23])
@pytest.mark.parametrize("dimensions", [0, 1, 4])
def test_chunks_of_other_dimensions_or_cut_short_are_refused(shape, end, dimensions):
    space = struct.pack(f"<BB6x{len(shape)}Q", 1, len(shape), *shape)
    kind = h5py.h5t.py_create(np.dtype("f8"), logical=True).encode()[2:]
    layout = struct.pack("<BBBQ3I", 3, 2, dimensions, 0, 3, 4, 8)[:end]
    with pytest.raises(MalformedError):
        Array(None, {}, {1: space, 3: kind, 8: layout}).check_stored()


@given(
    st.lists(st.sampled_from([0, 1, 3, 2**16, 2**31, 2**32 - 1]), min_size=1, max_size=6),
    st.sampled_from("fd"),
)
@example([0, 2**31, 2**31], "d")
def test_an_array_of_no_chunk_is_read_as_empty_or_refused(others, code):
    shape, dtype = (0, *others), np.dtype(code)
    space = struct.pack(f"<BB6x{len(shape)}Q", 1, len(shape), *shape)
    kind = h5py.h5t.py_create(dtype, logical=True).encode()[2:]
    layout = struct.pack(f"<BBBQ{len(shape) + 1}I", 3, 2, len(shape) + 1, 0, 1, *others, dtype.itemsize)
    filters = struct.pack("<BB6x", 1, 3) + b"".join(struct.pack("<4H", each, 0, 0, 0) for each in (2, 1, 3))
    with suppress(MalformedError):
        array = Array(Mock(), {}, {1: space, 3: kind, 8: layout, 11: filters})
        array.check_stored()
        assert array.read().shape == shape
