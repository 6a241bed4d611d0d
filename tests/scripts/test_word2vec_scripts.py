"""The programs that create contexts and train word vectors."""

import subprocess
import sys

import numpy as np
import pytest
from running import path_of, run_script, succeed

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact
from lexloom.vectors.word_vectors import read_vectors

SMALL = ["--dimension", "20", "--epochs", "2", "--batch", "600", "--block", "5", "--subsample", "0"]
WORDS = ["cat", "dog", "cow", "red", "blue", "green"]
IDS = np.random.default_rng(0).integers(0, 6, 2000).astype(np.int32)


@pytest.fixture(scope="module")
def contexts(tmp_path_factory):
    folder = tmp_path_factory.mktemp("word2vec")
    corpus = {"train": IDS, "words": WORDS, "counts": np.bincount(IDS)}
    write_artifact(folder / "corpus.h5", "corpus", corpus)
    succeed("create_contexts", folder / "corpus.h5", "--output", folder / "contexts.h5", "--window", 2)
    return folder / "contexts.h5"


def train(contexts, output, *arguments):
    return run_script("train_word2vec", contexts, "--output", output, *SMALL, *arguments)


def test_contexts_have_what_training_needs(contexts):
    stored = read_artifact(contexts, "contexts")
    np.testing.assert_array_equal(stored["targets"], IDS)
    np.testing.assert_array_equal(stored["offsets"], [-2, -1, 1, 2])
    assert stored["words"] == WORDS


@pytest.mark.parametrize("model", ["cbow", "skip-gram"])
def test_vectors_are_the_same_file_for_any_number_of_threads(contexts, tmp_path, model):
    files = []
    for threads in (1, 2, 4):
        result = train(contexts, tmp_path / "vectors.h5", "--model", model, "--threads", threads)
        assert result.returncode == 0, result.stderr
        assert "epoch 2" in result.stderr
        files.append((tmp_path / "vectors.h5").read_bytes())
    assert files[0] == files[1] == files[2]
    stored = read_artifact(tmp_path / "vectors.h5", "vectors")
    assert stored["vectors"].shape == (6, 20)
    assert stored["words"] == WORDS
    assert len(stored["losses"]) == 2
    assert stored.settings["model"] == model


def test_a_process_that_compiles_and_one_that_loads_make_the_same_file(contexts, tmp_path, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path / "compiled"))
    command = [sys.executable, path_of("train_word2vec"), contexts, "--output", tmp_path / "vectors.h5"]
    files = []
    for _ in range(2):
        subprocess.run([*command, *SMALL], check=True)
        files.append((tmp_path / "vectors.h5").read_bytes())
    assert files[0] == files[1]


def test_vectors_are_published_in_half_precision_by_choice(contexts, tmp_path):
    vectors = {}
    for precision in ("float32", "float16"):
        assert train(contexts, tmp_path / "vectors.h5", "--precision", precision).returncode == 0
        vectors[precision] = read_artifact(tmp_path / "vectors.h5", "vectors")["vectors"]
    np.testing.assert_array_equal(vectors["float16"], vectors["float32"].astype(np.float16))
    assert vectors["float16"].dtype == np.float16


def test_sums_with_the_vectors_of_contexts_are_published_by_choice(contexts, tmp_path):
    assert train(contexts, tmp_path / "vectors.h5", "--add-contexts").returncode == 0
    stored = read_artifact(tmp_path / "vectors.h5", "vectors")
    np.testing.assert_array_equal(stored["vectors"], stored["W_in"] + stored["W_out"])


def test_training_goes_on_with_another_text_and_new_words(contexts, tmp_path):
    assert train(contexts, tmp_path / "old.h5").returncode == 0
    more = {"train": IDS % 3, "words": ["horse", "cat", "hen"], "counts": np.bincount(IDS % 3)}
    write_artifact(tmp_path / "more.h5", "corpus", more)
    succeed("create_contexts", tmp_path / "more.h5", "--output", tmp_path / "contexts.h5", "--window", 2)
    start = ("--start", tmp_path / "old.h5")
    assert train(tmp_path / "contexts.h5", tmp_path / "new.h5", *start).returncode == 0
    old, new = (read_artifact(tmp_path / name, "vectors") for name in ("old.h5", "new.h5"))
    assert new["words"] == [*WORDS, "horse", "hen"]
    resting = [WORDS.index(word) for word in WORDS if word != "cat"]
    np.testing.assert_array_equal(new["vectors"][resting], old["vectors"][resting])
    assert (new["vectors"][WORDS.index("cat")] != old["vectors"][WORDS.index("cat")]).any()


def test_training_goes_on_with_the_same_words_in_another_case_and_normal_form(tmp_path):
    for name, words, tokenizer in [
        ("old", ["Cafe\u0301", "tea", "Tea"], Tokenizer(normalize=None)),
        ("new", ["caf\u00e9", "tea", "milk"], Tokenizer(lower=True)),
    ]:
        corpus = {"train": IDS % 3, "words": words, "counts": np.bincount(IDS % 3)}
        write_artifact(tmp_path / "corpus.h5", "corpus", corpus, Provenance(vars(tokenizer)))
        succeed("create_contexts", tmp_path / "corpus.h5", "--output", tmp_path / f"{name}_contexts.h5")
    assert train(tmp_path / "old_contexts.h5", tmp_path / "old.h5").returncode == 0
    start = ("--start", tmp_path / "old.h5")
    assert train(tmp_path / "new_contexts.h5", tmp_path / "new.h5", *start).returncode == 0
    new = read_vectors(tmp_path / "new.h5")
    assert new.words == ["caf\u00e9", "tea", "Tea", "milk"]
    assert new.find(["CAFE\u0301", "Tea", "Milk"]).tolist() == [0, 2, 3]


def test_a_learning_rate_that_is_too_high_is_named(contexts, tmp_path):
    result = train(
        contexts, tmp_path / "vectors.h5", "--epochs", 30, "--optimizer", "sgd", "--learning-rate", 1000
    )
    assert result.returncode == 1
    assert "lower learning_rate (1000.0)" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "vectors.h5").exists()
