import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lexloom.storage.artifact_writing import write_artifact
from lexloom.vectors.scores import (
    read_scorers,
    score_analogies,
    score_classes,
    score_similarity,
    share,
    spearman,
    spearman_interval,
)
from lexloom.vectors.word_vectors import ANALOGY_METHODS, WordVectors

pairs_of_numbers = st.lists(st.tuples(st.integers(-5, 5), st.floats(-3, 3)), min_size=3, max_size=40)


@given(pairs_of_numbers)
def test_spearman_equals_scipys(numbers):
    x, y = np.array(numbers).T
    if len(set(x)) == 1 or len(set(y)) == 1:
        assert np.isnan(spearman(x, y))
    else:
        assert spearman(x, y) == pytest.approx(stats.spearmanr(x, y).statistic, abs=1e-12)


def test_the_interval_of_a_rank_correlation_covers_the_truth_nineteen_times_in_twenty():
    rng = np.random.default_rng(3)
    true_pearson = 0.6
    true_spearman = 6 / np.pi * np.arcsin(true_pearson / 2)
    covered = 0
    for _ in range(1000):
        x, noise = rng.normal(size=(2, 60))
        y = true_pearson * x + np.sqrt(1 - true_pearson**2) * noise
        low, high = spearman_interval(spearman(x, y), 60)
        covered += low <= true_spearman <= high
    assert covered / 1000 == pytest.approx(0.95, abs=0.02)


def test_the_interval_of_a_rank_correlation_equals_a_hand_computation():
    # z = artanh 0.5 = 0.549306; its error is sqrt(1.125 / 25) = 0.212132, times 1.959964: 0.415771
    assert spearman_interval(0.5, 28) == pytest.approx((np.tanh(0.133535), np.tanh(0.965077)), abs=1e-6)


@pytest.mark.parametrize(("correlation", "count"), [(np.nan, 2), (1.0, 3), (np.nan, 50)])
def test_no_interval_without_enough_pairs_or_without_a_correlation(correlation, count):
    assert np.isnan(spearman_interval(correlation, count)).all()


def test_the_interval_of_a_perfect_correlation_is_a_point():
    assert spearman_interval(1.0, 10) == (1.0, 1.0)


@given(st.integers(1, 500).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_the_interval_of_a_share_is_wilsons(counts):
    value, low, high = share(*counts)
    expected = stats.binomtest(*counts).proportion_ci(method="wilson")
    assert value == counts[0] / counts[1]
    assert (low, high) == pytest.approx((expected.low, expected.high), abs=1e-9)


def fan(count):
    """Return vectors of words "w0", "w1", ... turning from east to north."""
    angles = np.linspace(0, np.pi / 2, count)
    return WordVectors([f"w{i}" for i in range(count)], np.stack([np.cos(angles), np.sin(angles)], axis=1))


def test_similarity_is_scored_over_the_covered_pairs():
    pairs = [("w0", "w1"), ("w0", "w2"), ("w0", "gone"), ("W0", "w4"), ("w0", "w3")]
    score = score_similarity(fan(5), "set", pairs, np.array([9.0, 8.0, 100.0, 1.0, 2.0]))
    assert (score.value, score.covered, score.total) == (pytest.approx(1.0), 4, 5)
    assert (score.low, score.high) == pytest.approx((1.0, 1.0))


def test_analogies_are_scored_over_the_covered_questions():
    corners = np.array([[x, y, z, 1] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float) - [
        0.5,
        0.5,
        0.5,
        0,
    ]
    vectors = WordVectors([f"w{i}" for i in range(8)], corners)
    questions = [
        ("w0", "w1", "w2", "w3"),
        ("w0", "w4", "w1", "w5"),
        ("w0", "w4", "w1", "w7"),
        ("w0", "w1", "w2", "no"),
    ]
    for method in ANALOGY_METHODS:
        score = score_analogies(vectors, "set", questions, method)
        assert (score.measure, score.covered, score.total) == (method, 3, 4)
        assert score.value == pytest.approx(2 / 3)


def test_classes_are_scored_by_each_words_nearest_word():
    classes = np.array([0, 0, 0, 1, 1, 2])
    angles = np.array([0, 1, 3, 20, 21, 22.5])[:, None]
    vectors = WordVectors([*"abcdef"], np.hstack([np.cos(angles / 30), np.sin(angles / 30)]))
    score = score_classes(vectors, "set", [*"abcdef", "gone"], np.append(classes, 0))
    assert (score.value, score.covered, score.total) == (pytest.approx(5 / 6), 6, 7)


def test_nothing_covered_scores_nan():
    vectors = WordVectors(["a", "b"], np.eye(2))
    scores = [
        score_similarity(vectors, "set", [("x", "y")], np.array([1.0])),
        score_analogies(vectors, "set", [("x", "y", "a", "b")], "3CosAdd"),
        score_classes(vectors, "set", ["x"], np.array([0])),
    ]
    assert all(score.covered == 0 and score.total == 1 and np.isnan(score.value) for score in scores)


def test_each_test_set_is_read_once_and_scores_any_number_of_vectors(tmp_path):
    pairs, questions, gold = tmp_path / "pairs.txt", tmp_path / "questions.txt", tmp_path / "gold.h5"
    pairs.write_text("w0 w1 9\nw0 w4 1\nw0 w2 8\n")
    questions.write_text("w0 w1 w2 w3\n")
    classes = {"word_classes": np.array([0, 0, 1]), "analogies": np.array([[0, 1, 1, 2]], np.int32)}
    write_artifact(gold, "gold", {"words": ["w0", "w1", "w4"], **classes})
    scorers = read_scorers([pairs], [questions], gold)
    for path in (pairs, questions, gold):
        path.unlink()
    scores = [[score(fan(count)) for score in scorers] for count in (5, 9)]
    names = [("pairs", "Spearman"), ("classes", "nearest")]
    names += [(name, method) for name in ("questions", "analogies") for method in ANALOGY_METHODS]
    assert all([(score.test_set, score.measure) for score in row] == names for row in scores)
    assert [score.total for score in scores[0]] == [3, 3, 1, 1, 1, 1]


def test_a_generated_corpus_is_scored_by_its_classes_alone_where_analogies_take_too_long(tmp_path):
    known = {"words": ["w0"], "word_classes": np.array([0]), "analogies": np.zeros((1, 4), np.int32)}
    write_artifact(tmp_path / "gold.h5", "gold", known)
    (scorer,) = read_scorers(analogies=None, gold=tmp_path / "gold.h5")
    assert scorer(fan(3)).test_set == "classes"
    assert read_scorers() == []
