"""Runs of models with other settings and seeds, and what they are named."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from library.options import names
from library.runs import Runs, run_files, run_options
from snakemake.exceptions import WorkflowError

from lexloom.settings.language_models import RnnlmGrid
from lexloom.settings.rnnlm import Rnnlm
from lexloom.settings.vector_models import Word2vecGrid
from lexloom.settings.word2vec import Word2vec

DROPOUTS = st.lists(st.sampled_from([0.0, 0.1, 1e-9, 0.25]), max_size=3, unique=True)
CELLS = st.lists(st.sampled_from(["rnn", "lstm", "gru"]), max_size=3, unique=True)
CLIPS = st.lists(st.sampled_from([None, 0.25, 1.0]), max_size=3, unique=True)
SEEDS = st.lists(st.integers(0, 4_294_967_295), min_size=1, max_size=3, unique=True)


@given(DROPOUTS, CELLS, CLIPS, SEEDS, st.integers(0, 3))
def test_each_combination_has_a_run_of_its_own_with_each_seed(dropouts, cells, clips, seeds, seed):
    entries = {"lstm": Rnnlm(dropout=0.1), "gru": Rnnlm(cell="gru")}
    grid = RnnlmGrid(dropout=dropouts, cell=cells, clip=clips)
    runs = Runs(entries, {"lstm": grid}, seed, seeds)
    expected = set(product(dropouts or [0.1], cells or ["lstm"], clips or [None]))
    assert len(runs.variants["lstm"]) == len(expected)
    for variant, names_of_runs in runs.variants["lstm"].items():
        settings = [runs.settings[run] for run in names_of_runs]
        assert [each["seed"] for each in settings] == seeds
        ((one,)) = {(each["dropout"], each["cell"], each["clip"]) for each in settings}
        expected.remove(one)
        assert all(run == variant or run.startswith(f"{variant}+seed=") for run in names_of_runs)
    assert not expected
    assert list(runs.variants["gru"]) == ["gru"]


@given(DROPOUTS, CELLS, CLIPS, SEEDS, st.integers(0, 3))
def test_a_run_with_the_entry_s_own_settings_is_the_entry(dropouts, cells, clips, seeds, seed):
    entry = Rnnlm(dropout=0.1)
    grid = RnnlmGrid(dropout=dropouts, cell=cells, clip=clips)
    runs = Runs({"lstm": entry}, {"lstm": grid}, seed, seeds).settings
    assert [name for name, each in runs.items() if each == dict(entry) | {"seed": seed}] == ["lstm"]


@given(DROPOUTS, CELLS, CLIPS, SEEDS)
def test_a_name_of_a_run_is_a_wildcard_and_needs_no_quotes(dropouts, cells, clips, seeds):
    runs = Runs({"a": Rnnlm()}, {"a": RnnlmGrid(dropout=dropouts, cell=cells, clip=clips)}, 1, seeds)
    for run in runs.settings:
        assert re.fullmatch(names(runs.settings), run)
        assert re.fullmatch(r"[A-Za-z0-9_.+=-]+", run)


def test_what_a_run_is_named():
    grid = Word2vecGrid(model=["cbow", "skip-gram"], dynamic=[False], learning_rate=[0.2, 0.05])
    runs = Runs({"cbow": Word2vec()}, {"cbow": grid}, 1, [1, 7])
    assert runs.variants["cbow"] == {
        f"cbow{model}": [f"cbow{model}", f"cbow{model}+seed=7"]
        for model in (
            "+dynamic=false",
            "+dynamic=false+learning_rate=0.05",
            "+dynamic=false+model=skip-gram",
            "+dynamic=false+model=skip-gram+learning_rate=0.05",
        )
    }
    assert runs.settings["cbow"] == dict(Word2vec()) | {"seed": 1}


def test_a_name_that_is_too_long_for_a_file_is_refused():
    varied = [name for name, field in Rnnlm.model_fields.items() if field.annotation is float]
    grid = RnnlmGrid(**{name: [0.1234567890123456] for name in varied})
    with pytest.raises(WorkflowError, match=r"longer than 200 characters.*; vary fewer settings"):
        Runs({"lstm": Rnnlm()}, {"lstm": grid}, 1, [1])


def test_what_was_measured_of_runs_is_given_by_variant():
    measured = {"a": ["1.h5", "2.h5"], "a+b=1": ["3.h5"]}
    assert run_files(measured) == {"runs": ["1.h5", "2.h5", "3.h5"]}
    assert run_options(measured) == "--runs a 1.h5 2.h5 --runs a+b=1 3.h5"
