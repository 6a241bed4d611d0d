"""The HDF5 convention: what is written comes back, and nothing damaged or foreign is read."""

import multiprocessing
import os
import resource
import signal

import h5py
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from scipy import sparse

from lexloom.errors import ArtifactError, LexloomError
from lexloom.settings.svd import Svd
from lexloom.storage import stored_artifacts
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.storage.artifacts import check_same_words, describe_artifact, read_artifact
from lexloom.storage.checksums import file_sha256
from lexloom.storage.layouts import VERSIONS, Outline

DATASETS = {
    "vectors": Dataset(np.arange(12, dtype=np.float32).reshape(4, 3), ("word", "dimension"), "1"),
    "words": ["you", "say", "été", "<unk>"],
    "losses": np.array([2.0, 1.5]),
}


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "svd.h5"
    write_artifact(path, "vectors", DATASETS, Provenance({"dimension": 3}, seed=7))
    return path


def test_what_is_written_comes_back(path):
    stored = read_artifact(path, "vectors")
    np.testing.assert_array_equal(stored["vectors"], DATASETS["vectors"].array)
    assert stored["vectors"].dtype == np.float32
    assert stored["words"] == DATASETS["words"]
    assert stored.settings == {"dimension": 3}
    assert (stored.seed, stored.device) == (7, "cpu")
    assert {"lexloom", "numpy", "scipy", "h5py", "hdf5", "python"} <= set(stored.libraries)


@given(
    arrays.arrays(
        st.sampled_from(["i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8", "?"]),
        arrays.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=5),
    )
)
def test_any_array_comes_back_to_the_bit(tmp_path_factory, array):
    path = tmp_path_factory.mktemp("any") / "a.h5"
    write_artifact(path, "checkpoint", {"arrays/a": array})
    read = read_artifact(path, "checkpoint")["arrays/a"]
    assert (read.dtype, read.shape, read.tobytes()) == (array.dtype, array.shape, array.tobytes())


@given(
    st.lists(
        st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1),
        min_size=1,
        unique=True,
    )
)
def test_any_words_come_back(tmp_path_factory, words):
    path = tmp_path_factory.mktemp("any") / "a.h5"
    write_artifact(path, "vectors", {"words": words})
    assert read_artifact(path, "vectors")["words"] == words


@given(arrays.arrays(np.float32, (3, 3), elements=st.sampled_from([0, 1, 1.5])))
def test_any_sparse_matrix_comes_back(tmp_path_factory, dense):
    path = tmp_path_factory.mktemp("any") / "a.h5"
    write_artifact(path, "ppmi", {"ppmi": sparse.csr_array(dense)})
    read = read_artifact(path, "ppmi")["ppmi"]
    assert (read.dtype, read.shape, read.nnz) == (dense.dtype, dense.shape, np.count_nonzero(dense))
    np.testing.assert_array_equal(read.toarray(), dense)


def test_a_group_comes_back_as_a_whole_or_by_its_parts(tmp_path):
    path = tmp_path / "lstm.h5"
    write_artifact(
        path,
        "rnnlm",
        {"history/loss": np.array([2.0, 1.0]), "history/epoch": np.array([1, 2])},
        Provenance({}),
    )
    history = read_artifact(path, "rnnlm")["history"]
    assert {name: values.tolist() for name, values in history.items()} == {
        "loss": [2.0, 1.0],
        "epoch": [1, 2],
    }
    assert read_artifact(path, "rnnlm", ["history/loss"])["history/loss"].tolist() == [2.0, 1.0]


def test_only_what_is_asked_for_is_read(path):
    assert set(read_artifact(path, "vectors", ["words"]).datasets) == {"words"}


def test_axes_and_units_stand_in_the_file(path):
    with h5py.File(path) as file:
        assert file["vectors"].attrs["axes"] == "word,dimension"
        assert file["vectors"].attrs["unit"] == "1"
        assert file["vectors"].fletcher32


def test_recorded_settings_that_are_missing_or_not_allowed_are_named(tmp_path, path):
    with pytest.raises(ArtifactError, match=r"svd\.h5: its settings lack exponent, add_contexts"):
        read_artifact(path, "vectors").recorded(Svd)
    write_artifact(tmp_path / "b.h5", "vectors", {}, Provenance({**Svd().model_dump(), "exponent": 2}))
    with pytest.raises(ArtifactError, match=r"b\.h5: its settings: exponent: 2 is not allowed"):
        read_artifact(tmp_path / "b.h5", "vectors").recorded(Svd)


def test_the_inputs_of_a_stage_are_recorded(tmp_path, path):
    write_artifact(tmp_path / "b.h5", "similarity", {}, Provenance({}, inputs=[path]))
    assert read_artifact(tmp_path / "b.h5", "similarity").inputs == {"svd.h5": file_sha256(path)}


def test_inputs_of_one_name_are_both_recorded(tmp_path, path):
    (tmp_path / "other").mkdir()
    other = tmp_path / "other" / path.name
    other.write_text("another")
    write_artifact(tmp_path / "b.h5", "similarity", {}, Provenance({}, inputs=[path, other]))
    expected = {"svd.h5": file_sha256(path), "svd.h5 (2)": file_sha256(other)}
    assert read_artifact(tmp_path / "b.h5", "similarity").inputs == expected


@given(name=st.binary(min_size=1, max_size=40).filter(lambda name: not {b"/"[0], 0} & {*name}))
def test_inputs_of_any_name_are_recorded(tmp_path_factory, name):
    folder = tmp_path_factory.mktemp("named", numbered=True)
    text = folder / os.fsdecode(b"x" + name)
    text.write_bytes(b"text")
    write_artifact(folder / "b.h5", "similarity", {}, Provenance({}, inputs=[text]))
    assert list(read_artifact(folder / "b.h5", "similarity").inputs.values()) == [file_sha256(text)]


def test_the_same_inputs_give_the_same_bytes(tmp_path, path):
    again = tmp_path / "again.h5"
    write_artifact(again, "vectors", dict(reversed(DATASETS.items())), Provenance({"dimension": 3}, seed=7))
    assert again.read_bytes() == path.read_bytes()


def test_an_outline_says_what_a_file_of_any_kind_holds(tmp_path):
    path = tmp_path / "a.h5"
    others = {
        "history/loss": Dataset(np.ones(2), ("epoch",), "nats"),
        "parameters": np.array(7),
        "counts": sparse.csr_array(np.array([[0, 2], [1, 0]])),
    }
    write_artifact(path, "rnnlm", DATASETS | others, Provenance({"cell": "lstm"}, seed=7))
    described = describe_artifact(path)
    assert (described.kind, described.version, described.seed) == ("rnnlm", 1, 7)
    assert described.settings == {"cell": "lstm"}
    assert described.datasets == {
        "counts": Outline((2, 2), "int64", stored=2),
        "history/loss": Outline((2,), "float64", ("epoch",), "nats"),
        "losses": Outline((2,), "float64"),
        "parameters": Outline((), "int64"),
        "vectors": Outline((4, 3), "float32", ("word", "dimension"), "1"),
        "words": Outline((4,), "text"),
    }


def test_only_whole_files_are_described(tmp_path, path):
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LexloomError, match=r"svd\.h5: damaged"):
        describe_artifact(path)
    with pytest.raises(LexloomError, match="no such file"):
        describe_artifact(tmp_path / "nothere.h5")


def test_a_missing_file_says_what_it_should_be(tmp_path):
    with pytest.raises(ArtifactError, match=r"nothere\.h5: no such file") as error:
        read_artifact(tmp_path / "nothere.h5", ("vectors", "ppmi"))
    assert error.value.kinds == ("vectors", "ppmi")


def test_what_is_no_file_is_no_artifact(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", "/dev/zero"):
        with pytest.raises(ArtifactError, match="not a file"):
            read_artifact(path, "ppmi")


def test_a_file_that_cannot_be_read_is_named(path, monkeypatch):
    """Its advice is not to make it again: nothing is known to be wrong with it."""
    with pytest.raises(LexloomError, match=r"^/proc/self/mem: could not be read: Input/output error$"):
        describe_artifact("/proc/self/mem")

    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("builtins.open", refuse)
    with pytest.raises(LexloomError, match=r"svd\.h5: could not be read: Permission denied$") as error:
        read_artifact(path, "vectors")
    assert not isinstance(error.value, ArtifactError)


def test_a_dataset_that_is_not_there_is_named(path):
    with pytest.raises(LexloomError, match=r"svd\.h5: vectors without 'biases'"):
        read_artifact(path, "vectors", ["words", "biases"])


def test_another_kind_is_refused(path):
    with pytest.raises(LexloomError, match=r"svd\.h5: holds 'vectors', expected 'ppmi'"):
        read_artifact(path, "ppmi")


def test_another_version_is_refused(path, monkeypatch):
    monkeypatch.setitem(VERSIONS, "vectors", 99)
    with pytest.raises(LexloomError, match="vectors version 1, expected 99"):
        read_artifact(path, "vectors")


@pytest.mark.parametrize("content", [b"", b"corpus model\n", b"\x89HDF\r\n\x1a\n" + bytes(2000)])
def test_a_file_of_something_else_is_refused(tmp_path, content):
    path = tmp_path / "a.h5"
    path.write_bytes(content)
    with pytest.raises(LexloomError, match=r"a\.h5: damaged, or not an HDF5 file of lexloom"):
        read_artifact(path, "ppmi")


def test_a_plain_hdf5_file_is_refused(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.attrs["kind"] = "ppmi"
    with pytest.raises(LexloomError, match="not an HDF5 file of lexloom"):
        read_artifact(tmp_path / "a.h5", "ppmi")


@pytest.fixture
def never_parsed(monkeypatch):
    """Make it a failure that a file is read beyond its seal."""

    def read(*arguments):
        raise AssertionError("a file was parsed that was not whole")

    monkeypatch.setattr(stored_artifacts, "read_structure", read)


def test_every_truncation_is_refused(path, never_parsed):
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        with pytest.raises(LexloomError, match="damaged"):
            read_artifact(path, "vectors")


def test_every_flipped_byte_is_refused(path, never_parsed):
    whole = bytearray(path.read_bytes())
    with open(path, "r+b", buffering=0) as file:
        for position, byte in enumerate(whole):
            os.pwrite(file.fileno(), bytes([byte ^ 0xFF]), position)
            with pytest.raises(LexloomError, match="damaged"):
                read_artifact(path, "vectors")
            os.pwrite(file.fileno(), bytes([byte]), position)
    assert path.read_bytes() == whole


def test_a_full_disk_is_one_line_and_leaves_the_old_file(path, capfd):
    old = path.read_bytes()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(old) // 2, limits[1]))
    try:
        with pytest.raises(LexloomError, match=r"svd\.h5: could not be written: .*File too large$"):
            write_artifact(path, "vectors", DATASETS)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert capfd.readouterr() == ("", "")
    assert path.read_bytes() == old
    assert os.listdir(path.parent) == [path.name]


def test_files_of_different_words_are_both_named():
    check_same_words("a.h5", ["you", "say"], "b.h5", ["you", "say"])
    with pytest.raises(LexloomError, match=r"a\.h5 and b\.h5: their words differ, 2 and 1"):
        check_same_words("a.h5", ["you", "say"], "b.h5", ["you"])


def _write_and_die(path):
    os.fsync = lambda _: os.kill(os.getpid(), signal.SIGKILL)
    write_artifact(path, "vectors", {"a": np.ones(3)})


def test_a_kill_while_writing_leaves_the_old_file(path):
    old = path.read_bytes()
    process = multiprocessing.get_context("fork").Process(target=_write_and_die, args=(path,))
    process.start()
    process.join(60)
    assert process.exitcode == -signal.SIGKILL
    assert path.read_bytes() == old
    assert len(os.listdir(path.parent)) == 2, "the half file stands beside, under a name that no rule reads"
