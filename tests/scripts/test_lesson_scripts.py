"""Each lesson as a person runs it: a figure, and a table that shows what docs/lessons.md says."""

import numpy as np
import pytest
from running import succeed

from lexloom.storage.artifact_writing import Provenance, write_artifact


@pytest.fixture
def lesson(tmp_path):
    """Run a lesson and return its table as a dict of columns."""

    def run(name, *inputs):
        figure, table = tmp_path / "figure.png", tmp_path / "table.txt"
        succeed(name, *inputs, "--figure", figure, "--table", table)
        assert figure.read_bytes().startswith(b"\x89PNG")
        columns, *rows = (line.split() for line in table.read_text().splitlines())
        return dict(zip(columns, zip(*rows, strict=True), strict=True))

    return run


def test_the_network_learns_the_spiral(lesson):
    assert float(lesson("two_layer_net")["accuracy"][-1]) > 0.9


def test_counting_finds_the_words_that_share_neighbours(lesson):
    table = lesson("counts")
    assert dict(zip(table["word"], table["cosine_you_counts"], strict=True))["goodbye"] == "0.707"
    assert table["svd_1"][2] == table["svd_1"][4]


def test_both_models_come_close_to_the_lowest_loss(lesson):
    table = lesson("word2vec")
    for model in ("simple_cbow", "simple_skipgram"):
        last, lowest = map(float, table[model][-2:])
        assert lowest <= last < lowest + 0.01


def test_the_bare_loop_and_the_trainer_agree(lesson, tmp_path):
    ids = np.random.default_rng(0).integers(0, 30, 1200).astype(np.int32)
    datasets = {"train": ids, "words": [str(word) for word in range(ids.max() + 1)]}
    write_artifact(tmp_path / "corpus.h5", "corpus", datasets, Provenance({"sentence_end": "0"}))
    table = lesson("rnnlm", tmp_path / "corpus.h5")
    assert table["bare_loop"] == table["trainer"]
    assert float(table["trainer"][-1]) < float(table["trainer"][0])


def test_gradients_vanish_and_explode_in_the_rnn_and_less_so_in_the_lstm(lesson):
    table = lesson("gradients")
    vanished, kept, exploded, lstm_low, _, lstm_high = map(float, table["state_50_back"])
    assert vanished < 1e-6
    assert 0.5 < kept < 2
    assert exploded > 100
    assert vanished < lstm_low < lstm_high < exploded
    assert max(map(float, table["clipped"])) <= 5
