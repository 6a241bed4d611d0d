"""Trained language models in use: what they score and write, whichever model it is."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.text_files import plain
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.ngram import NGramLM, count_ngrams
from lexloom.language.rnnlm import build_rnnlm
from lexloom.language.trained import LanguageModel, draw, read_language_model, together
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.training.randomness import random_stream

CPU = get_backend()
WORDS = ["<eos>", "old", "king", "<unk>", "sleeps", "the"]
IDS = np.random.default_rng(3).integers(0, 6, 300).astype(np.int32)
TOKENIZER = Tokenizer(lower=True)


def rnn():
    sizes = {"layers": 2, "embedding": 4, "hidden": 5}
    return build_rnnlm(6, random_stream(1, "init"), CPU, before=0, cell="lstm", **sizes)


def ngram():
    return NGramLM(count_ngrams(IDS, 6, 3, 0), 0)


def language_model(build, words=WORDS, tokenizer=TOKENIZER):
    return LanguageModel(build(), words, tokenizer)


def written(model, prompt="", tokens=40, seed=1, **options):
    return list(model.generate(prompt, tokens, random_stream(seed, "generate"), **options))


@pytest.fixture
def text(tmp_path):
    path = tmp_path / "text.txt"
    path.write_text("The old king\n\nsleeps  ON the king\nold\n", encoding="utf-8")
    return path


BOTH = pytest.mark.parametrize("build", [rnn, ngram])


@BOTH
def test_words_read_at_once_lead_where_words_read_one_by_one_do(build):
    model, carry = build(), None
    for word in IDS[:10]:
        scores, carry = model.next_scores(np.array([word]), carry)
    np.testing.assert_allclose(model.next_scores(IDS[:10], None)[0], scores, rtol=1e-5)


@BOTH
def test_a_text_is_scored_line_by_line_as_the_stream_that_evaluation_reads(build, text):
    model = language_model(build)
    lines = model.score(text)
    assert [line.words for line in lines] == [
        ["the", "old", "king", "<eos>"],
        ["sleeps", "<unk>", "the", "king", "<eos>"],
        ["old", "<eos>"],
    ]
    assert [line.unknown for line in lines] == [0, 1, 0]
    ids = np.array([WORDS.index(word) for line in lines for word in line.words], np.int32)
    whole = together(lines)
    np.testing.assert_array_equal(whole.log_probabilities, model.model.log_probabilities(ids))
    assert whole.perplexity == pytest.approx(np.exp(-whole.log_probabilities.mean()))


def test_lines_without_marks_are_lines_all_the_same(text):
    lines = language_model(ngram, tokenizer=Tokenizer(lower=True, sentence_end=None)).score(text)
    assert [line.words for line in lines] == [
        ["the", "old", "king"],
        ["sleeps", "<unk>", "the", "king"],
        ["old"],
    ]


def test_a_word_that_nothing_stands_for_is_refused(text):
    model = language_model(rnn, words=["<eos>", "old", "king", "stone", "sleeps", "the"])
    with pytest.raises(LexloomError, match=r"text.txt: 'on' is not among the 6 words of the model"):
        model.score(text)
    with pytest.raises(LexloomError, match="prompt: 'on' is not among"):
        written(model, "the king on")
    text.write_text("\n \n")
    with pytest.raises(LexloomError, match="contains no token"):
        model.score(text)


@BOTH
def test_a_text_goes_on_from_its_prompt_and_is_another_with_another_seed(build):
    model = language_model(build)
    first = written(model, "The old dog")
    assert first[:3] == ["the", "old", "<unk>"]
    assert len(first) == 43
    assert first == written(model, "The old dog")
    assert first != written(model, "The old dog", seed=2)
    assert written(model, "the", tokens=0) == ["the"]


@pytest.mark.parametrize("end", ["<eos>", None])
@given(st.text("a .\n\r\ufeff", max_size=12), st.sampled_from([None, "words", r"\w|\s"]))
def test_a_prompt_is_read_as_a_text_that_is_scored_but_its_last_line_may_go_on(end, prompt, pattern):
    model = language_model(rnn, ["a", " ", ".", "a.", "<eos>", "<unk>"], Tokenizer(pattern, sentence_end=end))
    try:
        scored = [word for line in model.score(prompt) for word in line.words]
    except LexloomError:
        scored = []  # no word
    goes_on = end and list(model.tokenizer.tokens(plain(prompt).rpartition("\n")[2]))
    assert written(model, prompt, 0) == (scored[:-1] if goes_on else scored)


@BOTH
def test_what_is_drawn_follows_the_probabilities(build):
    model = language_model(build)
    drawn = [written(model, "old", 1, seed)[1] for seed in range(3000)]
    scores, _ = model.model.next_scores(np.array([1]), None)
    expected = np.exp(scores) / np.exp(scores).sum()
    shares = [drawn.count(word) / len(drawn) for word in WORDS]
    np.testing.assert_allclose(shares, expected, atol=0.04)


@BOTH
def test_without_temperature_or_with_one_word_to_choose_from_the_most_likely_is_taken(build):
    model = language_model(build)
    assert written(model, temperature=0) == written(model, top_k=1) == written(model, temperature=0, seed=2)


@given(
    st.lists(st.floats(-50, 50), min_size=1, max_size=9),
    st.floats(0, 1000) | st.just(5e-324),
    st.integers(1, 9),
    st.integers(0, 99),
)
def test_a_draw_is_one_of_the_most_likely(scores, temperature, top_k, seed):
    scores = np.array(scores)
    with np.errstate(over="raise"):
        word = draw(scores, np.random.default_rng(seed), temperature, top_k)
    assert (scores > scores[word]).sum() < top_k


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "does not say how its corpus was tokenized"),
        ({"tokenizer": {"sentence_end": "<end>"}}, "its sentence end '<end>' is none of its words"),
    ],
)
def test_a_model_that_does_not_say_how_its_text_was_cut_is_refused(tmp_path, settings, message):
    write_artifact(tmp_path / "m.h5", "ngram", {"words": WORDS}, Provenance({"order": 1, **settings}))
    with pytest.raises(LexloomError, match=f"m.h5: {message}"):
        read_language_model(tmp_path / "m.h5", CPU)
