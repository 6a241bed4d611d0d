"""Text files become the ids that a plain reading of them gives, or an error that names the place."""

import os
import re
import subprocess
import sys
import tracemalloc
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from running import call

from lexloom.corpus import reading, text_files, vocabulary
from lexloom.corpus.reading import read_corpus
from lexloom.corpus.text_lists import format_list
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.corpus.word_table import WordTable
from lexloom.errors import LexloomError
from lexloom.settings.splits import SPLITS
from lexloom.settings.tokenize import Tokenize
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.checksums import file_sha256

SCRIPT = Path(__file__).parents[3] / "scripts/corpus/tokenize_corpus.py"
WORDS = Tokenize()


@pytest.fixture(autouse=True, scope="module")
def compiled():
    """Compile what reads words before the tests, some of which let nothing else be said."""
    WordTable(b" ", "<eos>", "<unk>")


@pytest.fixture
def write(tmp_path):
    def write(content, name="text.txt"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def tokens_of(corpus, name):
    return [corpus.words[word] for word in getattr(corpus, name)]


def read_three(path, **options):
    return read_corpus({name: [path] for name in SPLITS}, Tokenize(**options))


def test_ids_in_order_of_appearance_as_in_the_book(write):
    options = {"pattern": r"\w+|[^\w\s]", "lower": True, "sentence_end": None, "id_order": "appearance"}
    corpus = read_three(write("You say goodbye and I say hello."), **options)
    assert corpus.words == ["you", "say", "goodbye", "and", "i", "hello", "."]
    assert corpus.train.tolist() == [0, 1, 2, 3, 4, 1, 5, 6]
    assert corpus.counts.tolist() == [1, 2, 1, 1, 1, 1, 1]


def naive_lines(text, tokenizer):
    for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        if line.split():
            yield [*line.split(), tokenizer.sentence_end]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    train=st.text("ab \n\r\té語\v\x1c\x85\xa0\u2028\u3000\u200b", min_size=1).filter(str.strip),
    valid=st.text("abc \n", min_size=1).filter(str.strip),
    min_count=st.integers(1, 3),
    max_vocab=st.none() | st.integers(2, 5),
    id_order=st.sampled_from(["frequency", "appearance"]),
    block=st.integers(1, 9),
)
def test_equals_a_naive_reading(write, monkeypatch, train, valid, min_count, max_vocab, id_order, block):
    monkeypatch.setattr(text_files, "_BLOCK", block)
    files = {"train": [write(train, "a")], "valid": [write(valid, "b")], "test": [write(valid, "c")]}
    limits = Tokenize(min_count=min_count, max_vocab=max_vocab, id_order=id_order)
    plain = [word for line in naive_lines(train, WORDS) for word in line]
    held_out = [word for line in naive_lines(valid, WORDS) for word in line]

    counts = Counter(plain)
    kept = sorted(
        (word for word in counts if counts[word] >= min_count or word == "<eos>"),
        key=lambda word: (word != "<eos>", -counts[word], plain.index(word)),
    )
    kept = kept if max_vocab is None else kept[: max_vocab - 1]
    if not set(kept) - {"<eos>"}:
        with pytest.raises(LexloomError, match="leaves no word"):
            read_corpus(files, limits)
        return
    corpus = read_corpus(files, limits)
    replace = [word if word in kept else "<unk>" for word in plain]
    expected_counts = Counter(replace)
    assert corpus.counts.dtype == np.int64, "a frequent word occurs more than 2,147,483,647 times"
    assert tokens_of(corpus, "train") == replace
    assert tokens_of(corpus, "valid") == [word if word in kept else "<unk>" for word in held_out]
    assert dict(zip(corpus.words, corpus.counts.tolist(), strict=True)) | {"<unk>": 0} == {
        **expected_counts,
        "<unk>": 0,
    }
    in_train = [word for word in corpus.words if word in expected_counts]
    key = {
        "frequency": lambda word: (-expected_counts[word], replace.index(word)),
        "appearance": replace.index,
    }
    assert in_train == sorted(in_train, key=key[id_order])
    assert ("<unk>" in corpus.words) == (set(plain) | set(held_out) > set(kept))


def test_a_literal_unknown_word_is_the_unknown_word(write):
    corpus = read_three(write("the <unk> sat\nthe <unk> ran\nthe\n"), min_count=2)
    assert corpus.words == ["<unk>", "the", "<eos>"]
    assert corpus.counts.tolist() == [4, 3, 3]


def test_a_literal_unknown_word_in_a_held_out_text_has_an_id_too(write):
    files = {"train": [write("a cat", "a")], "valid": [write("a <unk>", "b")], "test": [write("cat", "c")]}
    corpus = read_corpus(files, Tokenize())
    assert tokens_of(corpus, "valid") == ["a", "<unk>", "<eos>"]
    assert min(corpus.valid) >= 0
    assert corpus.counts[corpus.words.index("<unk>")] == 0


def test_sentence_end_outlives_min_count_and_max_vocab(write):
    corpus = read_three(write("a a a b b b"), min_count=2, max_vocab=3)
    assert sorted(corpus.words) == ["<eos>", "<unk>", "a"]


def test_lower_case_normal_form_and_byte_order_mark(write):
    text = "\ufeffCafe\u0301 CAFÉ".encode()
    corpus = read_three(write(text), lower=True, sentence_end=None)
    assert corpus.words == ["café"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.text("ab \n\ufeff"), max_size=4), st.integers(1, 5) | st.just(1 << 20))
def test_a_mark_that_begins_a_line_is_no_part_of_it(write, monkeypatch, contents, block):
    monkeypatch.setattr(text_files, "_BLOCK", block)
    path = write("".join("\ufeff" + content for content in contents))
    lines = "".join(text_files.read_blocks(path)).split("\n")
    assert not any(line.startswith("\ufeff") for line in lines)
    assert "".join(lines).replace("\ufeff", "") == "".join(contents).replace("\ufeff", "").replace("\n", "")


def test_a_mark_within_a_word_stays():
    assert text_files.plain("\ufeffa\ufeffb \ufeff\ufeffc") == "a\ufeffb c"


def test_line_ends_of_every_kind_are_the_same(write):
    corpora = [read_three(write(text)) for text in (b"a b\nc\n", b"a b\r\nc\r\n", b"a b\rc", b"a b\n\n \nc")]
    assert [tokens_of(corpus, "train") for corpus in corpora] == [["a", "b", "<eos>", "c", "<eos>"]] * 4


def test_several_files_are_one_text_and_each_ends_its_line(write):
    files = [write("a", "1"), write("", "2"), write("b c", "3")]
    corpus = read_corpus({name: files for name in SPLITS}, WORDS)
    assert tokens_of(corpus, "train") == ["a", "<eos>", "b", "c", "<eos>"]


def test_one_text_is_split_at_line_ends_and_train_gives_the_vocabulary(write):
    lines = [f"w{number} x y" for number in range(100)]
    corpus = read_corpus({"train": [write("\n".join(lines))]}, Tokenize(split=[0.8, 0.1, 0.1]))
    assert [len(getattr(corpus, name)) for name in SPLITS] == [320, 40, 40]
    assert tokens_of(corpus, "valid")[:4] == ["<unk>", "x", "y", "<eos>"]
    assert len(corpus.words) == 84
    assert corpus.counts.sum() == 320


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (
            {"min_count": 100_000},
            "min_count: 100000 leaves no word; .* 'a', occurs 3 times in train: set at most 3",
        ),
        (
            {"max_vocab": 2},
            "max_vocab: 2 leaves no word beside <unk> and .* <eos>: set at least 3",
        ),
        ({"pattern": "<unk>"}, "train has no word but <unk>"),
    ],
)
def test_a_vocabulary_without_words_is_refused_with_the_limit_that_leaves_one(write, limits, message):
    path = write("a a a b b\nc <unk>")
    with pytest.raises(LexloomError, match=message) as error:
        read_three(path, **limits)
    if advice := re.search(r"set at (most|least) (\d+)$", str(error.value)):
        assert "a" in read_three(path, **dict.fromkeys(limits, int(advice[2]))).words


def test_special_words_differ():
    with pytest.raises(LexloomError, match='sentence_end: "<unk>" is not allowed; expected a token'):
        Tokenizer(sentence_end="<unk>")


def test_a_held_out_text_without_a_known_word_is_said(write, caplog):
    files = {"train": [write("a b", "1")], "valid": [write("b", "2")], "test": [write("x y", "3")]}
    read_corpus(files, WORDS)
    (message,) = caplog.messages
    assert message.startswith("test: none of its words is among the")


@pytest.mark.parametrize("pattern", [r"\w+", r"\w+|[^\w\s]"])
def test_a_pattern_that_cuts_marks_off_is_said_once(write, caplog, pattern):
    path = write("किताब नमस्ते می\u200cخواهم\n" * 3)
    read_corpus({"train": [path]}, Tokenize(pattern=pattern, split=[0.4, 0.3, 0.3]))
    (message,) = caplog.messages
    assert "cuts 15 letters from their marks" in message
    assert message.endswith("the pattern words does not")
    caplog.clear()
    read_corpus({"train": [path]}, Tokenize(pattern="words", split=[0.4, 0.3, 0.3]))
    assert caplog.messages == []


def test_one_long_line_is_read_in_little_memory(write, monkeypatch):
    monkeypatch.setattr(text_files, "_BLOCK", 1 << 14)
    monkeypatch.setattr(vocabulary, "_BLOCK", 1 << 14)
    count = 300_000
    path = write(" ".join(f"w{number % 89}" for number in range(count)))
    tracemalloc.start()
    corpus = read_corpus({"train": [path]}, WORDS)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(len(getattr(corpus, name)) for name in SPLITS) == count + 1
    assert [len(getattr(corpus, name)) / count for name in SPLITS] == pytest.approx(
        [0.9, 0.05, 0.05], abs=1e-4
    )
    assert peak < 4 * count * 1.2 + 50 * (1 << 14)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "contains no token; expected text for train"),
        (" \n\t\r\n", "contains no token"),
        ("word", "too few tokens to split (train 2, valid 0, test 0)"),
        (b"abc\nde\xff f", "byte 0xff is not UTF-8, byte offset 6, line 2; convert it"),
        (b"a\r\nb \n\ncut \xe8\xaa", "byte 0xe8 is not UTF-8, byte offset 11, line 4"),
        (b"\xef\xbb\xbfabc\xff", "byte offset 6, line 1"),
        (b"a b\nc\0d\n", "a NUL byte, byte offset 5, line 2; expected text"),
        ("hello".encode("utf-16"), "if it is UTF-16, iconv"),
    ],
)
@pytest.mark.parametrize("block", [4, 1 << 20])
def test_what_is_no_text_is_refused_with_its_place(write, monkeypatch, content, message, block):
    monkeypatch.setattr(text_files, "_BLOCK", block)
    path = write(content)
    with pytest.raises(LexloomError) as refusal:
        read_corpus({"train": [path]}, WORDS)
    assert str(refusal.value).startswith(str(path))
    assert message in str(refusal.value)


def test_a_word_that_would_fill_the_memory_is_refused_with_its_place(write, monkeypatch):
    monkeypatch.setattr(text_files, "_BLOCK", 4)
    monkeypatch.setattr(text_files, "_LONGEST_WORD", 16)
    assert len("".join(text_files.read_blocks(write("a\n" + 13 * "b" + "\nc")))) == 17
    with pytest.raises(
        LexloomError, match=r"no white space in .*, byte offset 2, line 2; expected text with"
    ):
        list(text_files.read_blocks(write("a\n" + 30 * "b" + "\nc")))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda path: Tokenizer(pattern="(a"),
            'pattern: "(a" is not allowed; expected words, a regular',
        ),
        (
            lambda path: Tokenizer(sentence_end="the end"),
            'sentence_end: "the end" is not allowed; expected a token without white space',
        ),
        (lambda path: read_corpus({"train": [path], "valid": [path]}, WORDS), "expected train alone"),
        (lambda path: read_corpus({"train": [path.parent]}, WORDS), "Is a directory"),
        (lambda path: read_corpus({"train": [path / "none"]}, WORDS), "Not a directory"),
    ],
)
def test_what_cannot_be_meant_is_refused(write, call, message):
    with pytest.raises(LexloomError) as refusal:
        call(write("a b"))
    assert message in str(refusal.value)


def test_the_script_writes_a_corpus_and_says_what_is_wrong_in_one_line(write, tmp_path):
    def tokenize(*arguments):
        return subprocess.run(
            [sys.executable, SCRIPT, *arguments], capture_output=True, text=True, check=False, cwd=tmp_path
        )

    write("a b\nb c\n")
    done = tokenize(
        "text.txt", "--valid=text.txt", "--test=text.txt", "--output=c.h5", "--sentence-end=<eos>"
    )
    assert (done.returncode, done.stderr) == (0, "")
    corpus = read_artifact(tmp_path / "c.h5", "corpus")
    assert corpus["words"] == ["b", "<eos>", "a", "c"]
    assert corpus["test"].tolist() == [2, 0, 1, 0, 3, 1]
    assert corpus["counts"].tolist() == [2, 2, 1, 1]

    write(b"\xff", "bad.txt")
    done = tokenize("bad.txt", "--output", "d.h5")
    assert done.returncode == 1
    assert done.stderr.startswith("error: bad.txt: byte 0xff is not UTF-8")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "d.h5").exists()


@pytest.fixture
def tokenize(tmp_path):
    """The script, run in the folder of the texts."""

    def run(*arguments):
        command = [sys.executable, SCRIPT, "--output=c.h5", "--log=log", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)

    return run


def test_files_by_a_list_give_the_bytes_of_files_by_name(write, tmp_path, tokenize):
    names = ["one [1].txt", "two {2}\n.txt", "-3.txt", os.fsdecode(b"caf\xe9")]
    for name in names:
        write(f"you say {len(name)}\n" * 3, name)
    splits = {"train": names[:2], "valid": names[2:3], "test": names[3:]}
    options = [f"--valid=./{names[2]}", "--test", names[3], "--sentence-end=<eos>", "--", *names[:2]]
    assert tokenize(*options).stderr == ""
    by_name = (tmp_path / "c.h5").read_bytes()
    digests = {split: {name: file_sha256(tmp_path / name) for name in each} for split, each in splits.items()}
    (tmp_path / "list").write_bytes(format_list(digests))
    assert tokenize("--list=list", "--sentence-end=<eos>").stderr == ""
    assert (tmp_path / "c.h5").read_bytes() == by_name


@pytest.mark.parametrize("by", ["name", "list"])
def test_a_file_that_changes_while_it_is_read_is_refused(write, tmp_path, monkeypatch, by):
    """Or the checksum that the corpus records would be that of another text."""
    path = write("a b\n" * 20)
    (tmp_path / "list").write_bytes(format_list({"train": {str(path): file_sha256(path)}}))

    def edit_first(*arguments):
        path.write_text("a c\n" * 20)
        return vocabulary.build_vocabulary(*arguments)

    monkeypatch.setattr(reading, "build_vocabulary", edit_first)
    texts = [path] if by == "name" else ["--list", tmp_path / "list"]
    message = {
        "name": "text.txt: changed while it was read",
        "list": "text.txt: not the file that was listed",
    }
    with pytest.raises(LexloomError, match=message[by]):
        call("tokenize_corpus", *texts, "--output", tmp_path / "c.h5")
    assert not (tmp_path / "c.h5").exists()


def test_a_corpus_of_thousands_of_files_records_them_in_short(write, tmp_path, tokenize):
    names = [f"{number:04}-{200 * 'n'}" for number in range(2000)]
    for name in names:
        write("" if name < "1000" else "a b\n", name)
    (tmp_path / "list").write_bytes(
        format_list({"train": {name: file_sha256(tmp_path / name) for name in names}})
    )
    assert tokenize("--list=list", "--sentence-end=<eos>").stderr == ""
    corpus = read_artifact(tmp_path / "c.h5", "corpus")
    assert list(corpus.inputs) == ["2000 files"]
    assert sum(len(corpus[split]) for split in SPLITS) == 3000
    write("a c\n", names[-1])
    assert (
        f"{names[-1]}: not the file that was listed" in tokenize("--list=list", "--sentence-end=<eos>").stderr
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "one of the arguments train --list is required"),
        (["--list=list", "text.txt"], "not allowed with argument"),
        (["--list=list", "--valid=text.txt"], "--list: has the files of valid and test, too"),
        (["--list=list", f"--sha256={64 * '0'}"], "the texts have changed since this run was planned"),
        (["text.txt", f"--sha256={64 * '0'}"], "--sha256: is that of a list"),
        (["--list=text.txt"], "text.txt: line 1 is not a checksum"),
        (["pipe"], "pipe: a pipe, socket or device; expected a UTF-8 text file"),
        (["/dev/zero"], "/dev/zero: a pipe, socket or device"),
        (["text.txt", "--valid=.", "--test=text.txt"], ".: Is a directory"),
        (["caf\udce9"], "caf\\udce9: No such file or directory"),
    ],
)
def test_the_script_refuses_what_are_no_files_of_text(write, tmp_path, tokenize, arguments, message):
    path = write("a b\n" * 20)
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "list").write_bytes(format_list({"train": {path.name: file_sha256(path)}}))
    refused = tokenize("--sentence-end=<eos>", *arguments)
    assert refused.returncode in (1, 2)
    assert message in refused.stderr
    assert "Traceback" not in refused.stderr
