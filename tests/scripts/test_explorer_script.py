"""The program that writes the page of a corpus."""

import json
import re
from dataclasses import asdict

import numpy as np
import pytest
from running import run_script, succeed

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.storage.artifact_writing import Provenance, write_artifact

WORDS = ["<eos>", "cat", "<script>alert(1)</script>", "sees", "dog", "猫"]
IDS = np.random.default_rng(0).integers(0, 6, 300).astype(np.int32)


@pytest.fixture
def folder(tmp_path):
    tokenizer = asdict(Tokenizer(sentence_end="<eos>"))
    texts = {"train": IDS, "valid": IDS[:50], "test": IDS[50:99]}
    datasets = texts | {"words": WORDS, "counts": np.bincount(IDS)}
    write_artifact(tmp_path / "corpus.h5", "corpus", datasets, Provenance(tokenizer))
    rows = np.random.default_rng(1).normal(size=(6, 4)).astype(np.float32)
    vectors = {"vectors": rows, "words": WORDS, "losses": np.array([3.0, 2.0])}
    write_artifact(tmp_path / "cbow.h5", "vectors", vectors, Provenance({"tokenizer": tokenizer}))
    return tmp_path


def explore(folder, *arguments, name="own"):
    return run_script(
        "explorer", folder / "cbow.h5", "--corpus", folder / "corpus.h5", "--name", name,
        "--output", folder / "page.html", *arguments,
    )  # fmt: skip


def data_of(folder):
    page = (folder / "page.html").read_text(encoding="utf-8")
    return json.loads(re.search('id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_a_page_has_what_there_is_and_the_same_bytes_each_time(folder):
    succeed("train_ngram", folder / "corpus.h5", "--order", 2, "--output", folder / "n.h5")
    succeed("evaluate_perplexity", folder / "n.h5", folder / "corpus.h5", "--output", folder / "p.h5")
    succeed("evaluate_vectors", folder / "cbow.h5", "--queries", "dog", "--output", folder / "s.h5")
    arguments = (
        "--model",
        "ngram",
        folder / "p.h5",
        "--scores",
        folder / "s.h5",
        "--trained",
        folder / "cbow.h5",
    )
    pages = []
    for _ in range(2):
        assert explore(folder, *arguments, "--published", "ngram=5.5").returncode == 0
        pages.append((folder / "page.html").read_bytes())
    assert pages[0] == pages[1]
    data = data_of(folder)
    assert WORDS[2] in data["vocabulary"]
    assert b"<script>alert(1)" not in pages[0]
    assert data["vocabulary"][data["words"]["first"]] == "dog"
    assert sum(data["sentences"]["lengths"]) == len(data["sentences"]["models"][0]["bits"]) == 49
    assert [table["id"] for table in data["tables"]] == ["ladder"]
    assert data["tables"][0]["rows"][0][3] == 5.5
    assert [chart["title"] for chart in data["curves"]] == ["Loss of word vectors"]


def test_a_corpus_without_a_model_or_scores_has_a_page_of_its_words(folder):
    assert explore(folder, name="<b>Bücher</b>").returncode == 0
    data = data_of(folder)
    assert (data["sentences"], data["curves"], data["tables"]) == (None, [], [])
    assert "<title>&lt;b&gt;Bücher&lt;/b&gt;</title>" in (folder / "page.html").read_text(encoding="utf-8")


def test_vectors_of_other_words_are_refused(folder):
    vectors = {"vectors": np.eye(6, dtype=np.float32), "words": [*WORDS[1:], "x"]}
    write_artifact(folder / "cbow.h5", "vectors", vectors, Provenance({}))
    assert "cbow.h5" in explore(folder).stderr


@pytest.mark.parametrize("wrong", ["ngram", "=3", "ngram=much", "ngram=-1", "ngram=inf"])
def test_a_known_perplexity_is_a_name_and_a_number(folder, wrong):
    assert "expected NAME=PERPLEXITY" in explore(folder, "--published", wrong).stderr
