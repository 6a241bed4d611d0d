"""A sweep makes the vectors that the stages make, scores them, and tells which settings matter."""

import numpy as np
import pytest
from running import run_script, succeed

from lexloom.errors import LexloomError
from lexloom.settings.sweep import SWEPT
from lexloom.storage.artifact_writing import write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.scores import Score
from lexloom.vectors.sweep import factorizations, sweep_counted_vectors
from lexloom.vectors.sweep_tables import read_sweep, write_sweep

WORDS = ["cat", "dog", "cow", "red", "blue", "green", "walks", "sings", "the", "a"]
GRID = {
    "window": [1, 3],
    "weighting": ["flat", "dynamic"],
    "subsample": [0.0, 0.1],
    "smoothing": [0.75],
    "shift": [0.0],
    "exponent": [0.0, 0.5],
    "add_contexts": [False, True],
}
OPTIONS = [
    part
    for name, values in GRID.items()
    for part in (f"--{name.replace('_', '-')}", *map(str.lower, map(str, values)))
]
IDS = np.random.default_rng(1).zipf(1.5, 3000).clip(max=10).astype(np.int32) - 1


@pytest.fixture
def folder(tmp_path):
    write_artifact(tmp_path / "corpus.h5", "corpus", {"train": IDS, "words": WORDS})
    gold = {"words": WORDS, "word_classes": np.array([0, 0, 0, 1, 1, 1, 2, 2, 3, 3], np.int32)}
    write_artifact(tmp_path / "gold.h5", "gold", gold)
    (tmp_path / "animals.txt").write_text(
        "cat dog 9\ncat cow 7\ndog cow 8\ncat red 1\nhorse dog 8\nred cow 2\n"
    )
    (tmp_path / "colours.txt").write_text("red blue 9\nred green 5\nblue the 1\ngreen dog 2\nred cat 3\n")
    return tmp_path


def score(value, test_set="set", covered=30):
    return Score(test_set, "Spearman", value, value - 0.1, value + 0.1, covered, 40)


def test_every_combination_comes_once_and_alike_ones_share_a_factorization():
    factorized = []
    swept = list(sweep_counted_vectors(IDS, 10, GRID, 3, 1, factorized=lambda: factorized.append(1)))
    assert len({tuple(settings.values()) for settings, _ in swept}) == len(swept) == 32
    assert len(factorized) == factorizations(GRID) == 8
    assert all(tuple(settings) == tuple(SWEPT) for settings, _ in swept)


def test_vectors_are_those_that_the_stages_make(folder):
    chosen = {"window": 3, "weighting": "dynamic", "subsample": 0.1, "exponent": 0.5, "add_contexts": True}
    counting = [part for name in ("window", "weighting", "subsample") for part in (f"--{name}", chosen[name])]
    succeed("count_cooccurrences", *counting, "--output", folder / "counts.h5", folder / "corpus.h5")
    succeed("weight_ppmi", "--smoothing", 0.75, "--output", folder / "ppmi.h5", folder / "counts.h5")
    scaling = ["--dimension", 3, "--exponent", 0.5, "--add-contexts"]
    succeed("factorize_svd", *scaling, "--output", folder / "svd.h5", folder / "ppmi.h5")
    made = read_artifact(folder / "svd.h5", "vectors")["vectors"]
    swept = sweep_counted_vectors(IDS, 10, GRID, 3, 1)
    matching = [vectors for settings, vectors in swept if chosen.items() <= settings.items()]
    np.testing.assert_array_equal(matching, [made])


def test_a_matrix_that_cannot_be_factorized_names_its_settings():
    with pytest.raises(
        LexloomError, match=r"with window 1, weighting flat, .*, shift 9.0: dimension: 3, but only 0"
    ):
        list(sweep_counted_vectors(IDS, 10, GRID | {"shift": [9.0]}, 3, 1))


def test_a_table_is_read_as_written_with_the_best_mean_first(tmp_path):
    results = [
        ({"window": 2, "weighting": "flat"}, [score(0.1, "a"), score(0.4, "b", 7)]),
        ({"window": 5, "weighting": "flat"}, [score(np.nan, "a"), score(0.9, "b", 7)]),
        ({"window": 5, "weighting": "dynamic"}, [score(0.5, "a"), score(0.3, "b", 7)]),
    ]
    write_sweep(tmp_path / "sweep.tsv", results)
    sweep = read_sweep(tmp_path / "sweep.tsv")
    assert sweep.settings[:2] == [
        {"window": "5", "weighting": "dynamic"},
        {"window": "2", "weighting": "flat"},
    ]
    np.testing.assert_array_equal(sweep.scores["a"], [0.5, 0.1, np.nan])
    np.testing.assert_allclose(sweep.means, [0.4, 0.25, np.nan])
    np.testing.assert_allclose(sweep.intervals["b"][0], [0.2, 0.4])
    assert sweep.covered == {"a": 30, "b": 7}


SWEEP_HEAD = b"window\tmean\ta\ta_low\ta_high\ta_covered\n"


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"window\tmean\n", b"s\tmean\n1\t2\n", b"window\tmean\ta_covered\n1\t2\t3\n"),
        *(SWEEP_HEAD + row for row in (b"2\t1\n", b"2\t1\t1\t0\tx\t9\n", b"2\t1\t1\t0\t1\tinf\n")),
        *(SWEEP_HEAD + row for row in (b"\xff\t1\t1\t0\t1\t9\n", b"2" * 200_000)),
    ],
)
def test_what_is_no_table_of_a_sweep_is_refused(tmp_path, text):
    (tmp_path / "other.tsv").write_bytes(text)
    with pytest.raises(LexloomError, match=r"other\.tsv: no table of a sweep"):
        read_sweep(tmp_path / "other.tsv")


def test_sets_of_pairs_score_a_sweep_and_choose_its_best(folder):
    sets = ["--similarity", folder / "animals.txt", folder / "colours.txt"]
    options = [*OPTIONS, "--dimension", 3, *sets]
    succeed("sweep_vectors", "--output", folder / "sweep.tsv", *options, "--", folder / "corpus.h5")
    sweep = read_sweep(folder / "sweep.tsv")
    assert len(sweep.settings) == 32
    assert sweep.covered == {"animals": 5, "colours": 5}
    assert (np.diff(sweep.means) <= 1e-4).all()
    succeed("tabulate_sweep", "--output", folder / "sweep.txt", folder / "sweep.tsv")
    head, *rows = [line.split() for line in (folder / "sweep.txt").read_text().splitlines()]
    assert head == ["chosen_by", *SWEPT, "animals", "colours", "mean"]
    assert [row[0] for row in rows] == ["all", "all_but_animals", "all_but_colours", "unseen"]
    best_colours = sweep.scores["colours"].argmax()
    assert rows[1][1:8] == list(sweep.settings[best_colours].values())
    assert rows[3][8] == rows[1][8].partition("[")[0] == f"{sweep.scores['animals'][best_colours]:.3f}"
    succeed("plot_sweep", "--output", folder / "sweep.png", folder / "sweep.tsv")
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")


def test_classes_of_a_generated_corpus_score_a_sweep(folder):
    options = ["--dimension", 3, "--gold", folder / "gold.h5", "--output", folder / "sweep.tsv"]
    succeed("sweep_vectors", *options, folder / "corpus.h5")
    assert read_sweep(folder / "sweep.tsv").covered == {"classes": 10}
    succeed("tabulate_sweep", "--output", folder / "sweep.txt", folder / "sweep.tsv")
    assert len((folder / "sweep.txt").read_text().splitlines()) == 2
    succeed("plot_sweep", "--output", folder / "sweep.png", folder / "sweep.tsv")


def test_a_sweep_without_a_test_set_is_refused(folder):
    refused = run_script("sweep_vectors", "--output", folder / "sweep.tsv", folder / "corpus.h5")
    assert refused.returncode == 1
    assert "no test set to score vectors by; name some under `evaluate` of the corpus" in refused.stderr
