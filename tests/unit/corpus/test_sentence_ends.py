"""Sentences end where a person would end them, however their lines are wrapped and their text is cut."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lexloom.corpus.reading import read_corpus, read_lines
from lexloom.corpus.sentence_ends import with_sentence_ends
from lexloom.corpus.sentences import read_sentences
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.settings.splits import SPLITS
from lexloom.settings.tokenize import Tokenize

MODES = ["line", "paragraph", "document", "split"]
BOOK = "It was a\ncold day. It\nrained.\n \nHe said:\n“Come!” She went.\n\n\n"


def sentences_of(text, mode):
    whole = "".join(with_sentence_ends([text], mode))
    return [" ".join(line.split()) for line in whole.split("\n") if line.split()]


@pytest.mark.parametrize(
    ("mode", "sentences"),
    [
        ("line", ["It was a", "cold day. It", "rained.", "He said:", "“Come!” She went."]),
        ("paragraph", ["It was a cold day. It rained.", "He said: “Come!” She went."]),
        ("document", ["It was a cold day. It rained. He said: “Come!” She went."]),
        ("split", ["It was a cold day.", "It rained.", "He said: “Come!”", "She went."]),
    ],
)
def test_a_wrapped_book_has_the_sentences_of_its_writer(tmp_path, mode, sentences):
    assert sentences_of(BOOK, mode) == sentences
    (tmp_path / "book.txt").write_text(BOOK)
    corpus = read_corpus({name: [tmp_path / "book.txt"] for name in SPLITS}, Tokenize(sentences=mode))
    read = " ".join(corpus.words[word] for word in corpus.train)
    assert read == "".join(f"{sentence} <eos> " for sentence in sentences).strip()
    tokenizer = Tokenizer(sentences=mode)
    ids, words, _ = read_sentences([BOOK], tokenizer)
    assert " ".join(words[word] for word in ids) == read
    assert max(read_lines(tmp_path / "book.txt", tokenizer, corpus.words)[1]) == len(sentences) - 1


@pytest.mark.parametrize(
    "text",
    [
        "“Stop!” he cried.|He ran.",
        "Das ist z. B. am 3. Oktober so.|„Halt!“ rief er.|Gut.",
        "By J. R. Smith.|It was 1984.|(He left.)|Then what?|Yes…|No",
        "क्या?|वह गया।|ठीक है",
        "هل جاء؟|نعم.|لا",
        "Pi is 3.14 here.|Why?!|So",
    ],
)
def test_final_punctuation_ends_a_sentence_but_not_an_abbreviation(text):
    assert sentences_of(text.replace("|", " "), "split") == text.split("|")
    assert sentences_of(text.replace("|", "\n").replace(". B", ".\nB"), "split") == text.split("|")


@pytest.mark.parametrize(
    "text",
    [
        "彼は来た。|とても「速い」。|「止まれ！」と言った。|はい",
        "他说：“走吧。”|她走了！|好",
        "え？！|うん。|３．５％だ",
    ],
)
def test_chinese_and_japanese_need_no_spaces(text):
    assert sentences_of(text.replace("|", ""), "split")[:-1] == text.split("|")[:-1]


@pytest.mark.parametrize("mode", ["paragraph", "document", "split"])
def test_a_line_break_within_chinese_or_japanese_words_is_no_space(mode):
    assert sentences_of("東\n京 と\nenglish\n東\u3000\n京", mode) == ["東京 と english 東京"]


@pytest.mark.parametrize("mode", MODES)
@given(
    text=st.text("aB.1!?”」。と東 \n\u3000", max_size=40),
    sizes=st.lists(st.integers(1, 9), min_size=1, max_size=5),
)
@example(text="a.\n\nB", sizes=[1])
@example(text="東\n京", sizes=[2])
def test_where_a_text_is_cut_into_blocks_changes_nothing_and_no_character_is_lost(mode, text, sizes):
    blocks, place = [], 0
    while place < len(text):
        blocks.append(text[place : place + sizes[len(blocks) % len(sizes)]])
        place += len(blocks[-1])
    whole = "".join(with_sentence_ends([text], mode))
    parts = list(with_sentence_ends(blocks, mode))
    assert "".join(parts) == whole
    if mode != "line":
        assert [word for part in parts for word in part.split()] == whole.split()
    assert "".join(whole.split()) == "".join(text.split())


@pytest.mark.parametrize("text", [1_000_000 * mark for mark in [" ", ".", "。", "」", "。」", ". ", "」。"]])
def test_long_runs_of_marks_take_no_time_for_each_pair_of_them(text):
    assert "".join("".join(with_sentence_ends([text], "split")).split()) == "".join(text.split())


def test_what_is_usual_is_not_recorded():
    assert "sentences" not in Tokenize().recorded()
    assert Tokenize(sentences="split").recorded()["sentences"] == "split"
