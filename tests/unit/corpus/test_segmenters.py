"""Words of languages without spaces are found by the program that a person names, and by no other."""

import shlex
import sys
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st
from running import call

from lexloom.corpus import segmenters
from lexloom.corpus.recorded import tokenizer_of
from lexloom.corpus.segmenters import segmented, whole_lines
from lexloom.corpus.sentences import read_sentences
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import LexloomError
from lexloom.storage.artifact_writing import Provenance, write_artifact
from lexloom.storage.artifacts import read_artifact

CHINESE = "我来到北京清华大学。他喜欢 Python 3！"
JAPANESE = "東京都に住んでいる。猫は Python 3 が好きだ！"
LETTERS = "import sys\nfor line in sys.stdin: print(*line.replace(' ', '').strip())"


@pytest.fixture
def letters(tmp_path):
    """A command that writes each letter as a word."""
    (tmp_path / "two words.py").write_text(LETTERS)
    return shlex.join([sys.executable, str(tmp_path / "two words.py")])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("jieba", CHINESE, "我 来到 北京 清华大学 。 他 喜欢 Python 3 ！"),
        (
            "fugashi",
            JAPANESE,
            "東京 都 に 住ん で いる 。 猫 は Python 3 が 好き だ ！",
        ),
    ],
)
def test_words_are_found_where_no_spaces_are(tmp_path, name, text, words):
    pytest.importorskip(name)
    words = words.split()
    assert segmented(text, name, None).split() == words
    (tmp_path / "text.txt").write_text(f"{text}\n" * 20)
    options = [f"--tokenizer={name}", "--sentences=split", "--output", tmp_path / "c.h5"]
    call("tokenize_corpus", tmp_path / "text.txt", *options)
    corpus = read_artifact(tmp_path / "c.h5", "corpus")
    sentence = [corpus["words"][word] for word in corpus["train"]][: len(words) + 2]
    first_mark = words.index("。") + 1
    assert sentence == [*words[:first_mark], "<eos>", *words[first_mark:], "<eos>"]
    assert corpus.settings["segmenter"].startswith(f"{name} ")
    assert tokenizer_of(corpus).tokenizer == name
    assert read_sentences([text], tokenizer_of(corpus))[1][0] == "<eos>"


def test_a_command_gets_lines_and_gives_words(tmp_path, letters):
    (tmp_path / "text.txt").write_text("東京 ab\n\n猫\n" * 20)
    call("tokenize_corpus", tmp_path / "text.txt", "--command", letters, "--output", tmp_path / "c.h5")
    corpus = read_artifact(tmp_path / "c.h5", "corpus")
    words = [corpus["words"][word] for word in corpus["train"]]
    assert " ".join(words).startswith("東 京 a b <eos> 猫 <eos> 東")
    assert corpus.settings["command"] == letters
    assert corpus.settings["segmenter"].startswith("Python 3.")


def test_a_command_that_a_file_names_is_never_run(tmp_path):
    tokenizer = asdict(Tokenizer(command=f"touch {tmp_path / 'PWNED'}"))
    datasets = {"words": ["a"]}
    write_artifact(tmp_path / "c.h5", "ngram", datasets, Provenance({"tokenizer": tokenizer}))
    read = tokenizer_of(read_artifact(tmp_path / "c.h5", "ngram", ["words"]))
    assert read.command is None
    assert [*read.sentence_lines(["a b"])] == ["a b"]
    assert not (tmp_path / "PWNED").exists()


@given(st.lists(st.text("ab \n", max_size=9)), st.integers(1, 9))
def test_lines_stay_whole_unless_they_are_long(blocks, longest):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmenters, "_LONGEST_LINE", longest)
        parts = list(whole_lines(blocks))
    assert "".join(parts) == "".join(blocks)
    assert all(part.endswith("\n") or len(part) > longest for part in parts[:-1])


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("no-such-program", "no-such-program: No such file or directory; install the program"),
        ("false", "false ended with status 1"),
        ("head -n 1", "head -n 1 wrote 1 lines for 2; expected for each line its tokens"),
        ("printf 'a\\0\\nb'", "expected for each line its tokens"),
        ("printf '\\377\\nb'", "wrote what is not UTF-8"),
        ("sh -c 'echo no model >&2; exit 3'", "ended with status 3: no model"),
    ],
)
def test_a_command_that_does_not_do_its_work_is_said(command, message):
    with pytest.raises(LexloomError, match=r"^command: ") as error:
        segmented("a\nb", None, command)
    assert message in str(error.value)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"command": "'a"}, "expected a program and its arguments"),
        ({"command": " "}, "expected a program and its arguments"),
        ({"command": "a", "tokenizer": "jieba"}, "command: there is a tokenizer, too"),
        ({"tokenizer": "spacy"}, "expected one of jieba, fugashi, null"),
    ],
)
def test_what_cannot_be_meant_is_refused(settings, message):
    with pytest.raises(LexloomError, match=message):
        Tokenizer(**settings)


def test_a_package_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "fugashi", None)
    segmenters._package.cache_clear()
    with pytest.raises(LexloomError, match=r"fugashi is not installed; .* pip install 'lexloom\[fugashi\]'"):
        segmented("a", "fugashi", None)
