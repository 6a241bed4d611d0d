"""The table of models and vectors that were trained with several seeds."""

import numpy as np
import pytest
from running import run_script, succeed

from lexloom.storage.artifact_writing import Provenance, write_artifact


def tabulate(folder, *runs):
    """Run the script, which is given a list of a name and files for each line."""
    words = [word for run in runs for word in ("--runs", *run)]
    return run_script("tabulate_seeds", "--output", folder / "t", *words)


def perplexity(path, test, splits=("train", "valid", "test")):
    datasets = {split: np.float64(2) for split in splits} | {"test": np.float64(test)}
    write_artifact(path, "perplexity", datasets, Provenance({}))
    return path


def similarity(path, scores, covered=(3, 4)):
    datasets = {
        "test_sets": ["men", "words"],
        "measures": ["Spearman", "nearest"],
        "scores": np.array(scores),
    }
    write_artifact(path, "similarity", datasets | {"covered": np.array(covered)}, Provenance({}))
    return path


def test_a_line_has_the_mean_over_the_runs_and_its_interval(tmp_path):
    runs = [perplexity(tmp_path / f"{test}.h5", test) for test in (88.3, 88.1, 88.5)]
    assert tabulate(tmp_path, ["lstm", *runs], ["rnn+seed=2", runs[1]]).returncode == 0
    assert [line.split() for line in (tmp_path / "t").read_text().splitlines()] == [
        ["model", "runs", "train", "valid", "test"],
        ["lstm", "3", "2.00[2.00,2.00]", "2.00[2.00,2.00]", "88.30[87.80,88.80]"],
        ["rnn+seed=2", "1", "2.00", "2.00", "88.10"],
    ]


def test_a_score_is_named_by_its_test_set_and_its_measure_and_may_be_missing(tmp_path):
    runs = [similarity(tmp_path / f"{score}.h5", [score, np.nan]) for score in (0.25, 0.35)]
    succeed("tabulate_seeds", "--output", tmp_path / "t", "--runs", "cbow", *runs)
    assert [line.split() for line in (tmp_path / "t").read_text().splitlines()] == [
        ["vectors", "runs", "men:Spearman", "words:nearest"],
        ["cbow", "2", "0.300[-0.335,0.935]", "-"],
    ]


def test_what_is_measured_differently_does_not_stand_in_one_table(tmp_path):
    first = similarity(tmp_path / "a.h5", [0.5, 0.5])
    others = [
        similarity(tmp_path / "b.h5", [0.5, 0.5], covered=(3, 3)),
        perplexity(tmp_path / "c.h5", 88.0),
    ]
    for other in others:
        for runs in ([["x", first, other]], [["x", first], ["y", other]]):
            refused = tabulate(tmp_path, *runs)
            assert refused.returncode == 1
            assert f"{first} and {other}: not the same was measured" in refused.stderr
    adapted = perplexity(tmp_path / "d.h5", 88.0, splits=("valid",))
    assert tabulate(tmp_path, ["x", others[1], adapted]).returncode == 1
    assert not (tmp_path / "t").exists()


@pytest.mark.parametrize("runs", [[["x"]], [["x", "gone.h5"]], [["x"], ["y", "gone.h5"]]])
def test_runs_need_a_file(tmp_path, runs):
    refused = tabulate(tmp_path, *runs)
    assert refused.returncode == 1
    assert "--runs x: no file; expected" in refused.stderr or "gone.h5" in refused.stderr
