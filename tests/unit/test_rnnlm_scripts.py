"""The programs that train and measure language models."""

import numpy as np
import pytest
from running import run_script, succeed

from lexloom.artifacts import read_artifact, write_artifact

IDS = np.random.default_rng(0).integers(0, 6, 300).astype(np.int32)


def write_corpus(path, words):
    write_artifact(path, "corpus", {"train": IDS, "valid": IDS[:50], "test": IDS[50:99], "words": words}, {})


def train(folder, *arguments):
    small = ("--embedding", 4, "--hidden", 4, "--epochs", 1, "--batch", 4, "--steps", 10)
    return run_script("train_rnnlm", folder / "corpus.h5", "--output", folder / "lm.h5", *small, *arguments)


@pytest.fixture
def folder(tmp_path):
    write_corpus(tmp_path / "corpus.h5", list("abcdef"))
    return tmp_path


def test_a_model_is_the_same_file_for_any_number_of_threads_and_is_measured(folder):
    files = []
    for threads in (1, 2):
        assert train(folder, "--learning-rate", 1, "--threads", threads).returncode == 0
        files.append((folder / "lm.h5").read_bytes())
    assert files[0] == files[1]
    succeed("evaluate_rnnlm", folder / "lm.h5", folder / "corpus.h5", "--output", folder / "p.h5")
    measured = read_artifact(folder / "p.h5", "perplexity")
    assert measured["epochs"] == 1
    history = read_artifact(folder / "lm.h5", "rnnlm")["history"]
    assert measured["valid"] == pytest.approx(history["valid_perplexity"][0])


def test_the_table_needs_a_benchmark_of_each_model(folder):
    datasets = {name: np.float64(2) for name in ("train", "valid", "test", "parameters", "epochs")}
    write_artifact(folder / "p.h5", "perplexity", datasets, {"trained_on": "cpu"})
    (folder / "b.tsv").write_text("s\th:m:s\n12.4\t0:00:12\n")
    (folder / "empty.tsv").write_text("")

    def tabulate(models, benchmark):
        given = ["--perplexities", folder / "p.h5", "--benchmarks", folder / benchmark]
        return run_script(
            "tabulate_rnnlm", "--corpus=a", "--output", folder / "t", "--models", *models, *given
        )

    refused = tabulate(["lstm"], "empty.tsv")
    assert refused.returncode == 1
    assert "empty.tsv: no column s with a value" in refused.stderr
    assert tabulate(["lstm", "rnn"], "b.tsv").returncode == 1
    assert not (folder / "t").exists()
    assert tabulate(["lstm"], "b.tsv").returncode == 0
    assert (folder / "t").read_text().splitlines()[1].split()[-2:] == ["12", "cpu"]


@pytest.mark.parametrize("words", [list("abcdeg"), list("abcdefg")])
def test_a_model_is_not_measured_on_a_corpus_of_other_words(folder, words):
    assert train(folder, "--learning-rate", 1).returncode == 0
    write_corpus(folder / "other.h5", words)
    result = run_script("evaluate_rnnlm", folder / "lm.h5", folder / "other.h5", "--output", folder / "p.h5")
    assert result.returncode == 1
    assert "lm.h5 and" in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (folder / "p.h5").exists()
