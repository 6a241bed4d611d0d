"""Files are read as the HDF5 library reads them, if an artifact has what is in them; nothing else is read."""

import zlib

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from resealed import Mutation, mutate
from scipy import sparse

from lexloom.errors import LexloomError
from lexloom.storage.artifacts import describe_artifact, read_artifact, write_artifact
from lexloom.storage.matrix_rows import StoredRows

IDS = np.arange(600_000, dtype=np.int32).reshape(-1, 2) % 7
MATRIX = sparse.random_array((200, 200), density=0.5, rng=np.random.default_rng(1), format="csr")
READERS = {
    "read": lambda path: read_artifact(path, "checkpoint"),
    "describe": describe_artifact,
    "rows": lambda path: StoredRows(path, "checkpoint", "arrays/a"),
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
    read = StoredRows(path, "ppmi", "ppmi")(rows)
    np.testing.assert_array_equal(read.toarray(), MATRIX[rows].toarray())


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    ("action", "value"),
    [
        *(
            ("store elsewhere", value)
            for value in ("external", "virtual", "vlen", "reference", "compound", "lzf")
        ),
        *(("link", value) for value in ("soft", "cycle", "external")),
        *(("reshape", shape) for shape in ((10**12,), (2**40, 3), (2**61, 2**61))),
    ],
)
def test_nothing_leads_out_of_the_file_or_to_more_than_is_in_it(path, read, action, value):
    mutate(path, [Mutation(action, 1 if action == "link" else 0, 2, value)])
    with pytest.raises(LexloomError, match=r"a\.h5: ") as error:
        READERS[read](path)
    assert str(error.value).isprintable()


def test_more_than_gzip_can_make_of_the_bytes_is_not_made(path):
    bomb = zlib.compress(bytes(1 << 28))
    with h5py.File(path, "r+") as file:
        del file["arrays/a"]
        options = {"chunks": (1 << 10,), "compression": "gzip", "shuffle": True, "fletcher32": True}
        new = file.create_dataset("arrays/a", (1 << 10,), "u1", **options)
        new.id.write_direct_chunk((0,), bomb + bytes(4))
        new.attrs.update({"axes": "", "unit": "", "lines": False})
    mutate(path, [])
    with pytest.raises(LexloomError, match="a chunk of another length"):
        read_artifact(path, "checkpoint")


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
