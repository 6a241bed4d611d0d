"""What is read is checked against the layout of its kind, which the documentation describes."""

import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from resealed import mutate
from scipy import sparse

from lexloom.errors import ArtifactError, LexloomError
from lexloom.storage.artifact_writing import write_artifact
from lexloom.storage.artifacts import describe_artifact, read_artifact
from lexloom.storage.layouts import LAYOUTS, VERSIONS, part_of

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


def matrix(rows, columns, *entries):
    """Return a matrix with the values 1, 2, ... at the places (row, column) of its entries."""
    places = np.array(entries).T
    return sparse.csr_array((np.arange(1, len(entries) + 1), places), (rows, columns))


USUAL = {
    "gold": {
        "words": WORDS,
        "class_names": ["x", "y"],
        "word_classes": np.array([0, 1, 1]),
        "analogies": np.array([[0, 1, 2, 0]]),
    },
    "corpus": CORPUS | {"test": np.array([1], np.int32)},
    "cooccurrences": {"counts": matrix(3, 3, (0, 2)), "words": WORDS},
    "shard": {"sums": matrix(3, 3, (0, 2))},
    "ppmi": {"ppmi": MATRIX, "words": WORDS},
    "contexts": {
        "targets": np.array([0, 2], np.int32),
        "offsets": np.array([-1, 1], np.int32),
        "words": WORDS,
        "counts": np.array([1, 0, 1]),
    },
    "vectors": {"words": WORDS, **dict.fromkeys(("vectors", "W_in", "W_out"), np.ones((3, 2)))},
    "ngram": {
        "words": WORDS,
        "counts_1": matrix(1, 3, (0, 0), (0, 1), (0, 2)),
        "counts_2": matrix(3, 3, (0, 1), (2, 0)),
        "counts_3": matrix(2, 3, (1, 2)),
        "counts_4": matrix(1, 3, (0, 0)),
    },
    "similarity": {
        "words": WORDS,
        "test_sets": ["s"],
        "scores": np.ones(1),
        "queries": ["q"],
        "neighbours": np.array([[-1, 2]]),
        "cosines": np.ones((1, 2)),
    },
    "perplexity": {"test": np.array(2.0), "log_probabilities/test": np.array([-1.0])},
}
"""Datasets of an artifact of each kind; those of a language model and a checkpoint depend on the model."""


@pytest.mark.parametrize(
    ("kind", "changed", "message"),
    [
        ("gold", {"word_classes": np.array([0, 1, 2])}, "values from 0 to 2, expected 0 to 1"),
        ("gold", {"analogies": np.array([[0, 1, 2, 3]])}, "values from 0 to 3, expected 0 to 2"),
        ("gold", {"analogies": np.array([[0, 1, 2]])}, "the size 3 by 4"),
        ("corpus", {"valid": np.array([3])}, "values from 3 to 3, expected 0 to 2"),
        ("corpus", {"test": np.array([-1])}, "values from -1 to -1, expected 0 to 2"),
        ("cooccurrences", {"counts": matrix(3, 4, (0, 3))}, "by word"),
        ("cooccurrences", {"counts": matrix(4, 4, (0, 3))}, "by word"),
        ("shard", {"sums": matrix(3, 4, (0, 3))}, "by word"),
        ("ppmi", {"ppmi": MATRIX[:2, :2]}, "by word"),
        ("contexts", {"targets": np.array([0, 3], np.int32)}, "values from 0 to 3, expected 0 to 2"),
        ("contexts", {"offsets": np.array([-101], np.int32)}, "values from -101 to -101"),
        ("contexts", {"offsets": np.array([101], np.int32)}, "values from 101 to 101"),
        ("contexts", {"offsets": np.ones(201, np.int32)}, "the shape (201,)"),
        ("contexts", {"counts": np.array([1, 1, 1, 1])}, "by word"),
        ("contexts", {"counts": np.array([2**40 + 1, 1, 1])}, "values from 1 to"),
        ("vectors", {"vectors": np.ones((2, 2))}, "by word"),
        ("vectors", {"W_out": np.ones((2, 2))}, "by word"),
        ("vectors", {"W_in": np.ones((3, 1))}, "by dimension"),
        ("ngram", {"counts_1": matrix(1, 3, (0, 0), (0, 2))}, "by word"),
        ("ngram", {"counts_2": matrix(2, 3, (0, 1), (1, 0))}, "by word"),
        ("ngram", {"counts_2": matrix(3, 3, (0, 1), (0, 1), (2, 0)) * 0}, "values from 0 to 0"),
        ("ngram", {"counts_3": matrix(3, 3, (1, 2))}, "by 2-gram"),
        ("ngram", {"counts_2": matrix(3, 3, (0, 1))}, "by 2-gram"),
        ("ngram", {"counts_4": matrix(2, 3, (1, 0))}, "by 3-gram"),
        ("similarity", {"neighbours": np.array([[0, 3]])}, "values from 0 to 3, expected -1 to 2"),
        ("similarity", {"neighbours": np.array([[-2, 0]])}, "values from -2 to 0, expected -1 to 2"),
        ("similarity", {"cosines": np.ones((1, 3))}, "by rank"),
        ("similarity", {"scores": np.ones(2)}, "by score"),
        ("perplexity", {"test": np.ones(1)}, "1 dimensions, expected 0"),
        ("perplexity", {"log_probabilities/test": np.array([np.nan])}, "values from nan to nan"),
    ],
)
def test_what_is_indexed_with_stays_within_what_it_indexes(tmp_path, kind, changed, message):
    """Compiled code checks none of this, and NumPy takes an id of -1 for the last word."""
    write_artifact(tmp_path / "a.h5", kind, USUAL[kind])
    read_artifact(tmp_path / "a.h5", kind)
    write_artifact(tmp_path / "a.h5", kind, USUAL[kind] | changed)
    with pytest.raises(ArtifactError, match=re.escape(message)):
        read_artifact(tmp_path / "a.h5", kind)


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
        read_artifact(path, "ppmi", [], in_parts=["ppmi"])["ppmi"](slice(0, 3))


SHAPES = [[2, 3], [4, 3], [3], [3, 3, 3], [-1, 3], [3.0, 3.0], 3, "3"]
PARTS = [
    ("data", np.ones((5, 1), np.float32)),
    ("data", np.ones(4, np.float32)),
    ("data", None),
    ("indices", np.zeros(5)),
    ("indices", np.zeros(4, np.int32)),
    ("indptr", np.array([0, 2, 5], np.int32)),
    ("indptr", np.array([0, 2, 3, 5], np.uint32)),
]


@pytest.mark.parametrize(("part", "value"), [*(("shape", shape) for shape in SHAPES), *PARTS])
def test_what_is_no_sparse_matrix_is_refused_before_it_is_read(tmp_path, part, value):
    path = tmp_path / "p.h5"
    write_artifact(path, "ppmi", {"ppmi": MATRIX, "words": WORDS})
    with h5py.File(path, "r+") as file:
        if part == "shape":
            file["ppmi"].attrs["shape"] = value
        else:
            del file[f"ppmi/{part}"]
        if part != "shape" and value is not None:
            file.create_dataset(f"ppmi/{part}", data=value).attrs.update(
                {"axes": "", "unit": "", "lines": False}
            )
    mutate(path, [])
    with pytest.raises(LexloomError, match="'ppmi' is not a sparse matrix"):
        describe_artifact(path)


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
