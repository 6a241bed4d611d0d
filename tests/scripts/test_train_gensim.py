"""The script that trains gensim's vectors gives an artifact like ours, the same each time."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from running import run_script, succeed

from lexloom.storage.artifact_writing import write_artifact
from lexloom.storage.artifacts import read_artifact

WORDS = ["the", "cat", "<unk>", "dog"]


@pytest.fixture
def corpus(tmp_path):
    ids = np.tile(np.array([0, 1, 0, 3], np.int32), 5100)
    write_artifact(tmp_path / "corpus.h5", "corpus", {"train": ids, "words": WORDS})
    return tmp_path / "corpus.h5"


@pytest.mark.skipif(find_spec("gensim") is None, reason="gensim is not installed: it is in the extra `test`")
@pytest.mark.parametrize("model", ["cbow", "skip-gram"])
def test_vectors_stand_at_their_words_and_are_the_same_each_time(corpus, tmp_path, model):
    def train(name, seed):
        given = ["--model", model, "--dimension", 4, "--epochs", 2, "--seed", seed, corpus]
        succeed("train_gensim", "--output", tmp_path / name, *given)
        return (tmp_path / name).read_bytes()

    one = train("one.h5", 1)
    assert train("two.h5", 1) == one != train("three.h5", 2)
    vectors = read_artifact(tmp_path / "one.h5", "vectors")
    assert vectors["words"] == WORDS
    assert [bool(row.any()) for row in vectors["vectors"]] == [True, True, False, True]
    assert vectors.settings["epochs"] == 2
    # What stands in the same places has similar vectors; a mixed up order would not.
    rows = vectors["vectors"] / np.maximum(np.linalg.norm(vectors["vectors"], axis=1, keepdims=True), 1e-9)
    assert rows[1] @ rows[3] > rows[1] @ rows[0]


def test_without_gensim_one_line_says_how_to_install_it(corpus, tmp_path, monkeypatch):
    (tmp_path / "gensim.py").write_text("raise ImportError('not there')")
    monkeypatch.delitem(sys.modules, "gensim", raising=False)
    monkeypatch.syspath_prepend(tmp_path)
    result = run_script("train_gensim", "--output", tmp_path / "v.h5", corpus)
    assert result.returncode == 1
    assert result.stderr == (
        "error: gensim: not there; install it, for example by pip install -e '.[bench]'\n"
    )
