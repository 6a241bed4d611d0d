import unicodedata

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import sparse

from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import LexloomError
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.vectors.word_vectors import ANALOGY_METHODS, WordVectors, read_vectors

FORMS = [np.asarray, sparse.csr_array]

rows_with_ties = arrays(
    np.float64, st.tuples(st.integers(5, 12), st.integers(1, 4)), elements=st.integers(-2, 2).map(float)
)


@pytest.fixture(autouse=True, scope="module")
def _copied_after_one_query():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("lexloom.vectors.word_vectors._COPIED_AFTER", 1)
        yield


def word_list(rows):
    return [f"w{i}" for i in range(len(rows))]


def naive_cosine(x, y):
    lengths = np.linalg.norm(x) * np.linalg.norm(y)
    return x @ y / lengths if lengths > 0 else 0.0


def cosine_table(rows):
    return np.array([[naive_cosine(x, y) for y in rows] for x in rows])


@pytest.mark.parametrize("form", FORMS)
@given(rows=rows_with_ties)
def test_similarity_is_the_cosine(form, rows):
    first, second = np.arange(len(rows)), np.arange(len(rows))[::-1]
    expected = cosine_table(rows)[first, second]
    cosines = WordVectors(word_list(rows), form(rows)).cosines(first, second)
    np.testing.assert_allclose(cosines, expected, atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@given(
    rows=arrays(np.float32, (6, 3), elements=st.integers(-3, 3).map(float)),
    powers=st.lists(st.integers(-120, 120), min_size=6, max_size=6),
)
def test_cosines_do_not_depend_on_how_long_vectors_are(form, rows, powers):
    scaled = np.ldexp(rows, np.array(powers)[:, None])
    first, second = np.arange(6), np.arange(6)[::-1]
    one, other = (WordVectors(word_list(rows), form(each)).cosines(first, second) for each in (rows, scaled))
    np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("form", FORMS)
@given(rows=rows_with_ties, count=st.integers(1, 20))
def test_nearest_lists_the_largest_cosines_without_the_query(form, rows, count):
    table = cosine_table(rows)
    queries = np.array([3, 0])
    neighbours, cosines = WordVectors(word_list(rows), form(rows)).nearest(queries, count)
    assert neighbours.shape == (2, min(count, len(rows) - 1))
    for query, nearest, values in zip(queries, neighbours, cosines, strict=True):
        assert query not in nearest
        assert len(set(nearest)) == len(nearest)
        np.testing.assert_allclose(values, table[query, nearest], atol=1e-12)
        np.testing.assert_allclose(values, np.sort(np.delete(table[query], query))[::-1][:count], atol=1e-12)


@pytest.mark.parametrize("form", FORMS)
@given(rows=rows_with_ties, queries=st.lists(st.integers(-1, 4), max_size=6), count=st.integers(1, 20))
def test_a_batch_of_queries_answers_as_each_alone(form, rows, queries, count):
    vectors = WordVectors(word_list(rows), form(rows))
    table = cosine_table(rows)
    together = zip(*vectors.nearest(np.array(queries, np.int32), count), strict=True)
    for query, (neighbours, cosines) in zip(queries, together, strict=True):
        _, (alone,) = vectors.nearest(np.array([query], np.int32), count)
        np.testing.assert_allclose(cosines, alone, atol=1e-12)
        if query >= 0:
            np.testing.assert_allclose(table[query, neighbours], alone, atol=1e-12)


def naive_scores(table, question, method, lowest):
    a, b, c = (table[i] for i in question)
    if method == "3CosMul":
        a, b, c = ((x - lowest) / (1 - lowest) for x in (a, b, c))
        scores = b * c / (a + 0.001)
    else:
        scores = b - a + c
    return np.where(np.isin(np.arange(len(table)), question), -np.inf, scores)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ANALOGY_METHODS)
@pytest.mark.parametrize("low", [-2, 0])
def test_analogies_take_the_best_word_that_is_not_in_the_question(form, method, low, monkeypatch):
    monkeypatch.setattr("lexloom.vectors.word_vectors._VOCABULARY_TILE", 7)
    monkeypatch.setattr("lexloom.vectors.word_vectors._QUESTION_TILE", 5)

    @given(rows=arrays(np.float64, (20, 3), elements=st.integers(low, 2).map(float)), seed=st.integers(0, 99))
    def check(rows, seed):
        table = cosine_table(rows)
        questions = np.random.default_rng(seed).integers(0, len(rows), (12, 3))
        answers = WordVectors(word_list(rows), form(rows)).complete_analogies(questions, method)
        for question, answer in zip(questions, answers, strict=True):
            scores = naive_scores(table, question, method, lowest=min(0, np.sign(rows.min())))
            assert scores[answer] == pytest.approx(scores.max(), abs=1e-9)

    check()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("method", ANALOGY_METHODS)
@given(rows=arrays(np.float64, (9, 3), elements=st.integers(-2, 2).map(float)), count=st.integers(1, 12))
def test_ranked_answers_have_the_largest_scores_and_are_not_in_the_question(form, method, rows, count):
    question = [4, 0, 7]
    scores = naive_scores(cosine_table(rows), question, method, lowest=min(0, np.sign(rows.min())))
    vectors = WordVectors(word_list(rows), form(rows))
    (answers,), (ranked,) = vectors.rank_analogies(np.array([question]), method, count)
    assert len(set(answers)) == len(answers) == min(count, 6)
    np.testing.assert_allclose(ranked, scores[answers], atol=1e-9)
    np.testing.assert_allclose(ranked, np.sort(scores)[::-1][: len(ranked)], atol=1e-9)


def test_a_query_is_answered_with_the_same_bits_each_time():
    rows = np.random.default_rng(0).normal(size=(5000, 30)).astype(np.float32)
    vectors = WordVectors(word_list(rows), rows)
    first, second, third = (vectors.nearest(np.array([4999]), 50) for _ in range(3))
    for other in (second, third):
        np.testing.assert_array_equal(first, other)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(seed=st.integers(0, 999), dimensions=st.sampled_from([1, 2, 100, 700]), scale=st.sampled_from([1, 3]))
@settings(max_examples=30)
def test_queries_in_turn_find_what_a_product_finds(dtype, seed, dimensions, scale):
    """Rows of a few large entries, whose coarse copies are the least exact, and equal rows, too."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(300, dimensions)) ** scale
    rows[100:150] = rows[rng.integers(0, 100, 50)]
    rows[7] = 0
    vectors = WordVectors(word_list(rows), rows.astype(dtype))
    queries = rng.choice(300, 5, replace=False)
    exact = vectors.rows.astype(np.float64) @ vectors.rows[queries].T.astype(np.float64)
    exact[queries, np.arange(5)] = -np.inf
    for query, column in zip(queries, exact.T, strict=True):
        (neighbours,), (cosines,) = vectors.nearest(np.array([query]), 10)
        rounding = 2 * dimensions * np.finfo(dtype).eps
        np.testing.assert_allclose(cosines, column[neighbours], atol=rounding)
        np.testing.assert_allclose(cosines, np.sort(column)[::-1][:10], atol=rounding)


def test_among_equals_the_smaller_id_is_the_nearer():
    vectors = WordVectors(word_list(range(6)), np.ones((6, 2)))
    assert vectors.nearest(np.array([2]), 3)[0].tolist() == [[0, 1, 3]]


@pytest.mark.parametrize("form", FORMS)
def test_no_questions_and_no_queries_give_no_answers(form):
    vectors = WordVectors(["a", "b"], form(np.eye(2)))
    none = np.zeros(0, np.int32)
    assert vectors.nearest(none, 1)[0].shape == (0, 1)
    assert vectors.complete_analogies(np.zeros((0, 3), np.int32), "3CosAdd").shape == (0,)


def test_half_precision_vectors_are_computed_in_single_precision():
    rows = np.random.default_rng(0).normal(size=(4, 300)).astype(np.float16)
    vectors = WordVectors(word_list(rows), rows)
    assert vectors.rows.dtype == np.float32
    np.testing.assert_allclose(vectors.cosines(np.arange(4), np.arange(4)), 1, rtol=1e-6)


def test_words_are_found_as_written_or_in_lower_case():
    vectors = WordVectors(["paris", "Rome", "rome"], np.eye(3))
    assert vectors.find(["Paris", "Rome", "rome", "oslo"]).tolist() == [0, 1, 2, -1]


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_array])
def test_an_absent_word_has_no_neighbours(form):
    vectors = WordVectors(["toyota", "honda", "year"], form(np.eye(3)))
    neighbours, cosines = vectors.nearest(vectors.find(["toyotta", "year"]), 2)
    np.testing.assert_array_equal(neighbours, [[-1, -1], [0, 1]])
    np.testing.assert_array_equal(cosines, [[np.nan, np.nan], [0, 0]])


def test_an_unknown_word_is_refused_with_similar_spellings():
    vectors = WordVectors(["toyota", "honda", "year"], np.eye(3))
    with pytest.raises(LexloomError, match=r"'toyotta'.*did you mean toyota\?"):
        vectors.ids(["year", "toyotta"])
    with pytest.raises(LexloomError, match=r"'TOYOTTA'.*did you mean toyota\?"):
        vectors.ids(["TOYOTTA"])
    with pytest.raises(LexloomError, match=r"'zzz'.*no word is spelled like it"):
        vectors.ids(["zzz"])


def test_vectors_are_read_from_either_kind_of_artifact(tmp_path):
    rows = np.array([[3.0, 4.0], [1.0, 0.0]], np.float32)
    write_artifact(tmp_path / "svd.h5", "vectors", {"vectors": rows, "words": ["a", "b"]})
    write_artifact(tmp_path / "ppmi.h5", "ppmi", {"ppmi": sparse.csr_array(rows), "words": ["a", "b"]})
    write_artifact(tmp_path / "other.h5", "perplexity", {"test": np.array(2.0)})
    for name in ("svd.h5", "ppmi.h5"):
        vectors = read_vectors(tmp_path / name)
        assert vectors.words == ["a", "b"]
        assert vectors.cosines(np.array([0]), np.array([1])) == pytest.approx([0.6])
    with pytest.raises(LexloomError, match="holds 'perplexity', expected 'vectors' or 'ppmi'"):
        read_vectors(tmp_path / "other.h5")


TOKENIZERS = [Tokenizer("words", lower, form) for lower in (False, True) for form in ("NFC", "NFD", "NFKC")]


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@given(text=st.text(min_size=1, max_size=8).filter(str.strip))
def test_a_word_of_a_text_is_found_as_it_stands_there_in_any_normal_form(tokenizer, text):
    tokens = list(tokenizer.tokens(tokenizer.tidy(text)))
    assume(tokens)
    words = list(dict.fromkeys([*tokens, "<eos>"]))
    vectors = WordVectors(words, np.eye(len(words)), tokenizer)
    for number, word in enumerate(words):
        for form in ("NFC", "NFD"):
            assert vectors.find([unicodedata.normalize(form, word)]) == number
    if len(tokens) == 1 and tokens == tokenizer.tidy(text).split():
        assert vectors.find([text]) == vectors.find([unicodedata.normalize("NFD", text)]) == 0


def test_words_that_were_not_cut_from_a_text_are_found_in_any_normal_form():
    vectors = WordVectors(["cafe\u0301", "\u00e9te\u0301"], np.eye(2))
    typed = ["caf\u00e9", "CAF\u00c9", "\u00e9t\u00e9", "\ufeffe\u0301t\u00e9 "]
    assert vectors.find(typed).tolist() == [0, 0, 1, 1]


def test_among_words_of_one_spelling_the_one_as_typed_is_found_or_else_the_first():
    vectors = WordVectors(["CAT", "Cat", "Dog", "dog"], np.eye(4), Tokenizer(lower=True))
    assert vectors.find(["CAT", "Cat", "cat", "Dog", "dog", "DOG"]).tolist() == [0, 1, 0, 2, 3, 3]


def test_vectors_in_a_file_are_looked_up_as_their_text_was_tokenized(tmp_path):
    settings = {"tokenizer": {"lower": True, "sentence_end": "<EOS>", "normalize": "NFKC"}}
    datasets = {"vectors": np.eye(3, dtype=np.float32), "words": ["i\u0307ki", "<EOS>", "fire"]}
    write_artifact(tmp_path / "v.h5", "vectors", datasets, Provenance(settings))
    typed = ["\u0130ki", "<EOS>", "iki", "\ufb01re"]
    assert read_vectors(tmp_path / "v.h5").find(typed).tolist() == [0, 1, -1, 2]
