"""What is read is checked against the layout of its kind, which the documentation describes."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from resealed import mutate
from scipy import sparse

from lexloom.errors import ArtifactError
from lexloom.storage.artifacts import read_artifact, write_artifact
from lexloom.storage.layouts import LAYOUTS, VERSIONS, part_of
from lexloom.storage.matrix_rows import StoredRows

WORDS = ["a", "b", "c"]
MATRIX = sparse.csr_array(np.array([[0, 1, 2], [1, 0, 0], [2, 0, 3]], np.float32))
CORPUS = {
    "train": np.array([0, 1, 2], np.int32),
    "valid": np.array([2], np.int32),
    "words": WORDS,
    "counts": np.array([1, 1, 1]),
}
PAGE = Path(__file__).parents[3] / "docs/reference/files.md"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"train": np.array([0, 3])}, "'train' has values from 0 to 3, expected 0 to 2"),
        ({"train": np.array([0, -1])}, "'train' has values from -1 to 0, expected 0 to 2"),
        ({"train": np.array([0.0])}, "'train' has values of type float64, expected int32 or int64"),
        ({"train": np.array([[0]])}, "'train' has 2 dimensions, expected 1"),
        ({"train": np.array([], np.int32)}, "'train' has the shape (0,)"),
        ({"train": ["a"]}, "'train' is not an array of numbers"),
        ({"words": ["a", "b"]}, "'words' has the size 2 by word, but 'counts' has 3"),
        ({"words": ["a", "b", "a"]}, "'words' has a line twice"),
        ({"words": np.arange(3)}, "'words' is not lines of text"),
        ({"counts": np.array([1, -1, 1])}, "'counts' has values from -1 to 1"),
        ({"counts": np.array([0, 0, 0])}, "'counts' has nothing above 0"),
        ({"\x1b[31m": np.array(1)}, r"'\x1b[31m' is not a dataset of this kind"),
    ],
)
def test_what_is_not_as_the_layout_says_is_named(tmp_path, changed, message):
    write_artifact(tmp_path / "c.h5", "corpus", CORPUS | changed)
    with pytest.raises(ArtifactError, match=re.escape(message)) as error:
        read_artifact(tmp_path / "c.h5", "corpus")
    assert (error.value.kinds, str(error.value).isprintable()) == (("corpus",), True)


@pytest.mark.parametrize("shape", [(0,), (0, 5), (1, 0)])
def test_an_empty_array_has_no_more_rows_than_those_beside_it(tmp_path, shape):
    datasets = {"queries": ["a"], "neighbours": np.zeros((1, 5), int), "cosines": np.zeros(shape)}
    write_artifact(tmp_path / "s.h5", "similarity", datasets | {"words": WORDS})
    with pytest.raises(ArtifactError, match="'cosines' has"):
        read_artifact(tmp_path / "s.h5", "similarity", ["queries", "neighbours", "cosines"])


def test_ids_are_checked_against_words_that_were_not_asked_for(tmp_path):
    write_artifact(tmp_path / "c.h5", "corpus", {"train": np.array([0, 3]), "words": WORDS})
    with pytest.raises(ArtifactError, match="'train' has values from 0 to 3, expected 0 to 2"):
        read_artifact(tmp_path / "c.h5", "corpus", ["train"])


@pytest.mark.parametrize(
    ("part", "place", "value", "message"),
    [
        ("indices", 0, 3, "'ppmi/indices' has values from 0 to 3, expected 0 to 2"),
        ("indices", 0, -1, "'ppmi/indices' has values from -1 to 2"),
        ("indices", 1, 1, "'ppmi' has a row whose columns do not ascend"),
        ("indptr", 0, 1, "'ppmi' has rows that do not ascend"),
        ("indptr", 1, 5, "'ppmi' has rows that do not ascend"),
        ("indptr", 3, 9, "'ppmi' has rows that do not ascend"),
        ("data", 2, np.nan, "'ppmi/data' has values from nan to nan"),
        ("data", 2, np.inf, "'ppmi/data' has values from 1.0 to inf"),
        ("data", 2, -1, "'ppmi/data' has values from -1.0 to 3.0"),
    ],
)
def test_a_sparse_matrix_leads_nowhere_else(tmp_path, part, place, value, message):
    path = tmp_path / "p.h5"
    write_artifact(path, "ppmi", {"ppmi": MATRIX, "words": WORDS})
    with h5py.File(path, "r+") as file:
        file[f"ppmi/{part}"][place] = value
    mutate(path, [])
    with pytest.raises(ArtifactError, match=re.escape(message)):
        read_artifact(path, "ppmi")
    with pytest.raises(ArtifactError, match=re.escape(message)):
        StoredRows(path, "ppmi", "ppmi")(slice(0, 3))


def test_each_kind_has_a_version_and_a_layout():
    assert LAYOUTS.keys() == VERSIONS.keys()


@pytest.mark.parametrize("kind", LAYOUTS)
def test_the_page_of_the_files_names_what_each_kind_has(kind):
    (section,) = re.findall(rf"^### {kind}\n(.*?)(?=^##)", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    cells = re.findall(r"^\| (.*?) \|", section, re.M)
    named = {
        name.replace("...", "x").replace("counts_n", "counts_3")
        for cell in cells
        for name in re.findall("`(.*?)`", cell)
    }
    for name in named:
        part_of(LAYOUTS[kind], name)
    plain = {name for name in LAYOUTS[kind] if not re.search(r"[*]|counts_[2-9]|counts_..", name)}
    assert plain <= named
