"""What the sections of the page of a corpus say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.vocabulary import NO_WORD
from lexloom.report.explorer.curves import curves_section
from lexloom.report.explorer.language import ladder_table, mixtures_table, perplexity_interval
from lexloom.report.explorer.scores import best_score, best_vectors, vectors_table
from lexloom.report.explorer.sentences import sentence_lengths, sentences_section
from lexloom.report.explorer.words import PageWords, class_colours, most_frequent, words_section
from lexloom.storage.artifacts import Artifact
from lexloom.vectors.word_vectors import WordVectors

WORDS = ["<eos>", "cat", "dog", "<script>alert(1)</script>", "sees"]
COUNTS = np.array([9, 7, 7, 1, 3])


def measured(**log_probabilities):
    numbers = {"test": np.float64(5), "parameters": np.int64(7), "epochs": np.int64(1)}
    return {
        name: Artifact(
            "perplexity",
            {**numbers, "log_probabilities/valid": values, "log_probabilities/test": values},
            {"adaptation": {"window": 20}} if "cache" in name else {},
        )
        for name, values in log_probabilities.items()
    }


def scores(**values):
    return {
        name: Artifact(
            "similarity",
            {
                "test_sets": ["men"],
                "measures": ["Spearman"],
                "covered": np.array([3]),
                "total": np.array([9]),
                "scores": np.array([value]),
                "intervals": np.array([[value - 0.1, value + 0.1]]),
                "epochs": np.int64(2),
            },
            {},
        )
        for name, value in values.items()
    }


def test_words_are_numbered_as_they_come_and_keep_their_numbers():
    words = PageWords(WORDS)
    assert words.numbers(np.array([3, 1])).tolist() == [0, 1]
    assert words.numbers(np.array([[1, 4], [0, 4]])).tolist() == [[1, 2], [3, 2]]
    assert words.texts() == [WORDS[3], "cat", "sees", "<eos>"]


def test_the_map_has_the_most_frequent_words_then_those_asked_for():
    assert most_frequent(COUNTS, 3, np.array([3, 1, -1])).tolist() == [0, 1, 2, 3]


def test_neighbours_and_counts_are_those_of_the_words():
    vectors = WordVectors(WORDS, np.array([[1, 0, 0], [0, 1, 0], [0, 1, 0.1], [0, 0, 1], [1, 0, 0.2]]))
    words = PageWords(WORDS)
    shown = np.array([1, 0])
    section = words_section(shown, COUNTS, [("svd", vectors)], words, neighbours=2)
    assert (section["counts"], section["ranks"]) == ([7, 9], [2, 1])
    (kind,) = section["kinds"]
    texts = words.texts()
    assert [texts[neighbours[0]] for neighbours in kind["neighbours"]] == ["dog", "sees"]
    assert kind["cosines"][0][0] == 100
    assert np.shape(kind["places"]) == (2, 2)


def test_a_word_without_a_class_is_among_the_others():
    assert class_colours(["cat", "x"], {"cat": "noun"}) == {"names": ["noun", "other"], "of": [0, 1]}


@given(ids=st.lists(st.integers(0, 2), min_size=1, max_size=80), end=st.sampled_from([0, NO_WORD]))
def test_sentences_are_the_text_cut_after_each_end(ids, end):
    lengths = sentence_lengths(np.array(ids), end)
    assert lengths.sum() == len(ids)
    assert (lengths > 0).all()
    if end == NO_WORD:
        assert (lengths[:-1] == 25).all()
    else:
        ends = np.cumsum(lengths) - 1
        assert [i for i, word in enumerate(ids[:-1]) if word == end] == ends[:-1].tolist()


def test_surprisal_is_in_tenths_of_a_bit_and_of_the_sentences_shown():
    test = np.array([1, 0, 2, 4, 0, 1, 0, 2, 0])
    probabilities = np.array([1, 0.5, 0.25, 1, 1, 2**-5, 1, 1, 1])
    section = sentences_section(test, 0, {"ngram": np.log(probabilities)}, PageWords(WORDS), tokens=5)
    assert section["note"].startswith("One of 2 sentences")
    assert section["lengths"] == [2, 2]
    assert section["models"] == [{"name": "ngram", "bits": [0, 10, 50, 0]}]
    assert sentences_section(test, 0, {}, PageWords(WORDS), tokens=5) is None


def test_an_interval_has_about_95_percent_of_the_texts():
    rng = np.random.default_rng(1)
    texts = -rng.gamma(2, 2, size=(200, 3000))
    inside = [low < np.exp(4) < high for _, low, high in map(perplexity_interval, texts)]
    assert 0.9 < np.mean(inside) < 0.99
    assert np.isnan(perplexity_interval(texts[0, :50])[1:]).all()


def test_the_ladder_has_an_interval_what_is_known_and_how_a_model_adapts():
    values = -np.random.default_rng(1).gamma(2, 2, size=500)
    table = ladder_table(
        measured(ngram=values, lstm_cache=values), {"published": {"ngram": "141.2"}, "expected": {}}
    )
    heads = [column["name"] for column in table["columns"]]
    assert heads == [
        "model", "test perplexity", "valid perplexity", "published", "parameters", "epochs", "adapts with",
    ]  # fmt: skip
    rows = {row[0]: dict(zip(heads, row, strict=True)) for row in table["rows"]}
    value, low, high = rows["ngram"]["test perplexity"]
    assert value == pytest.approx(np.exp(-values.mean()), rel=1e-4)
    assert low < value < high
    assert (rows["ngram"]["published"], rows["lstm_cache"]["published"]) == (141.2, None)
    assert (rows["ngram"]["adapts with"], rows["lstm_cache"]["adapts with"]) == (None, "window=20")


def test_mixtures_are_of_each_pair_and_of_all():
    values = -np.random.default_rng(1).gamma(2, 2, size=(3, 500))
    table = mixtures_table(measured(a=values[0], b=values[1], c=values[2]))
    assert [row[0] for row in table["rows"]] == ["a", "b", "c", "a + b", "a + c", "b + c", "a + b + c"]
    assert table["rows"][-1][1][0] < min(row[1][0] for row in table["rows"][:3])
    assert mixtures_table(measured(a=values[0])) is None


def test_vectors_have_scores_with_intervals_and_a_dash_where_nothing_is_scored():
    table = vectors_table(scores(svd=0.5, cbow=np.nan))
    assert table["rows"] == [["svd", 2, [0.5, 0.4, 0.6]], ["cbow", 2, None]]
    assert table["columns"][2]["note"].startswith("3 of 9 items")
    assert best_vectors(scores(svd=0.5, cbow=np.nan, ppmi=0.2)) == "svd"
    assert best_score(scores(svd=0.5))["value"] == "0.500"
    assert (vectors_table({}), best_score({}), best_score(scores(cbow=np.nan))) == (None, None, None)


def test_long_curves_are_thinned_and_what_is_not_finite_is_left_out():
    losses = {"cbow": np.linspace(5, 1, 2500), "skipgram": np.array([3, np.nan, 2])}
    (chart,) = curves_section({}, losses, reference=9.0)
    cbow, skipgram = chart["lines"]
    assert len(cbow["x"]) < 1000
    assert (skipgram["x"], skipgram["y"]) == ([1, 3], [3, 2])
    assert curves_section({}, {}, reference=None) == []
