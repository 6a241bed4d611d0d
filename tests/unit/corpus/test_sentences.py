"""Sentences in memory have the ids and the vocabulary that the same text has in a file."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.corpus.reading import read_corpus, read_lines
from lexloom.corpus.sentences import read_sentences, sentence_ids
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import LexloomError
from lexloom.settings.tokenize import Tokenize

WHITE_SPACE = Tokenizer(sentence_end=None)
TOKENIZERS = [
    WHITE_SPACE,
    Tokenizer(sentence_end="b"),
    Tokenizer(r"\w", lower=True),
    Tokenizer(r"\w+|\s"),
    Tokenizer(r"\w+|\s", sentence_end=None),
]
texts = st.lists(st.text("abAé. \t\r\n\ufeff", max_size=12), min_size=1, max_size=12).filter(
    lambda lines: any(line.strip(" \t\r\n.\ufeff") for line in lines)
)


@pytest.mark.parametrize("tokenizer", TOKENIZERS)
@pytest.mark.parametrize("limits", [{}, {"min_count": 2}, {"max_vocab": 3}, {"id_order": "appearance"}])
def test_sentences_are_read_as_the_lines_of_a_file(tmp_path_factory, tokenizer, limits):
    path = tmp_path_factory.mktemp("text") / "text.txt"

    @given(texts)
    def check(lines):
        path.write_text("\n".join(lines))
        settings = Tokenize(**vars(tokenizer), **limits)
        files = {name: [path] for name in ("train", "valid", "test")}
        try:
            corpus = read_corpus(files, settings)
        except LexloomError as error:
            with pytest.raises(LexloomError, match=f"^{re.escape(str(error))}$"):
                read_sentences(lines, tokenizer, **limits)
            return
        ids, words, counts = read_sentences(lines, tokenizer, **limits)
        assert words == corpus.words
        np.testing.assert_array_equal(ids, corpus.train)
        np.testing.assert_array_equal(counts, corpus.counts)

    check()


@pytest.mark.parametrize("tokenizer", [TOKENIZERS[0], *TOKENIZERS[2:]])
def test_ids_of_known_words_are_those_of_the_lines_of_a_file(tmp_path_factory, tokenizer):
    path = tmp_path_factory.mktemp("text") / "text.txt"
    known = ["<unk>", "<eos>", "b", "a", "ab"]

    @given(texts)
    def check(lines):
        path.write_text("\n".join(lines))
        ids, numbers = read_lines(path, tokenizer, known)
        of_each = sentence_ids(lines, tokenizer, known, "text")
        np.testing.assert_array_equal(np.concatenate(of_each), ids)
        assert [len(each) for each in of_each] == np.bincount(numbers).tolist()

    check()


def test_a_list_of_words_is_taken_as_it_is():
    ids, words, counts = read_sentences([["New York", "is"], ["is"]], WHITE_SPACE)
    assert words == ["is", "New York"]
    assert ids.tolist() == [1, 0, 0]
    assert counts.tolist() == [2, 1]


@pytest.mark.parametrize(
    ("sentences", "message"),
    [
        ("the cat", r"one string, 'the cat'; expected a list of sentences, such as text\.splitlines\(\)"),
        (5, r"5; expected a list of sentences"),
        ([], "no word; expected at least one sentence with a word"),
        (["", " \t", []], "no word; "),
        (["a", None], r"number 1 \(from 0\) is None; expected a string or a list of words"),
        ([["a"], ["b", 3]], r"number 1 \(from 0\) has the word 3; expected words that are strings"),
        ([["a", " "]], "number 0 .* has the word ' '"),
    ],
)
def test_what_is_not_a_list_of_sentences_is_refused_by_its_name(sentences, message):
    with pytest.raises(LexloomError, match=f"^sentences: {message}"):
        read_sentences(sentences, WHITE_SPACE)
    with pytest.raises(LexloomError, match=f"^valid: {message}"):
        sentence_ids(sentences, WHITE_SPACE, ["a"], "valid")
