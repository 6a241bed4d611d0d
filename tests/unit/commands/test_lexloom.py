"""The command `lexloom`: what it prints, what it refuses and how."""

import contextlib
import importlib
import io
import json
import logging
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

import lexloom as lexloom_package
from lexloom.commands import lexloom as cli
from lexloom.commands.terminal import show_pieces
from lexloom.corpus.tokenizer import Tokenizer
from lexloom.errors import printable_lines
from lexloom.language.ngram import count_ngrams
from lexloom.language.trained import LanguageModel, Score
from lexloom.storage.artifact_writing import Dataset, Provenance, write_artifact
from lexloom.vectors.word_vectors import WordVectors, read_vectors

WORDS = ["king", "man", "queen", "woman", "paris", "<unk>"]
ROWS = np.array([[2, 1, 0], [2, 0, 0], [0, 1, 2], [0, 0, 2], [1, 9, 1], [0, 0, 0]], np.float32)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    vectors = {"vectors": Dataset(ROWS, ("word", "dimension"), "1"), "words": WORDS}
    settings = {"model": "skip-gram", "window": 5}
    write_artifact(
        tmp_path / "skipgram.h5", "vectors", vectors, Provenance(settings, inputs=[__file__], seed=7)
    )
    ppmi = {"ppmi": sparse.csr_array(np.pad(ROWS, ((0, 0), (0, 3)))), "words": WORDS}
    write_artifact(tmp_path / "ppmi.h5", "ppmi", ppmi)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def lexloom(folder, monkeypatch, capsys):
    """Run the command; return what it printed, as lines."""

    def call(*arguments):
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        monkeypatch.setattr("sys.argv", ["lexloom", *map(str, arguments)])
        cli.main()
        return capsys.readouterr().out.splitlines()

    return call


@pytest.fixture
def refused(lexloom, capsys):
    """Run the command, which must end with status 1; return the message."""

    def call(*arguments):
        with pytest.raises(SystemExit) as end:
            lexloom(*arguments)
        assert end.value.code == 1
        printed = capsys.readouterr()
        assert printed.out == ""
        return printed.err

    return call


@pytest.mark.parametrize("file", ["skipgram.h5", "ppmi.h5"])
def test_similar_lists_the_nearest_words_of_each_query_side_by_side(lexloom, file):
    head, *rows = lexloom("similar", file, "King", "woman", "--count", 2)
    assert head.split() == ["King", "woman"]
    vectors = read_vectors(file)
    neighbours, cosines = vectors.nearest(vectors.ids(["king", "woman"]), 2)
    for i, row in enumerate(rows):
        expected = [(WORDS[neighbours[q, i]], f"{cosines[q, i]:.3f}") for q in range(2)]
        assert row.split() == [cell for pair in expected for cell in pair]
    assert rows[0].split()[0] == "man"


@pytest.mark.parametrize("columns", [15, 40, 80])
def test_a_table_is_as_wide_as_the_terminal_at_most(lexloom, monkeypatch, columns):
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = lexloom("similar", "skipgram.h5", *WORDS[:5] * 3, "--count", 2)
    assert max(map(len, lines)) <= columns
    tables = "\n".join(lines).split("\n\n")
    assert len(tables) > 1
    assert [word for table in tables for word in table.splitlines()[0].split()] == WORDS[:5] * 3


def test_all_queries_are_one_product(lexloom, monkeypatch):
    calls, nearest = [], WordVectors.nearest
    monkeypatch.setattr(
        WordVectors, "nearest", lambda self, ids, count: calls.append(len(ids)) or nearest(self, ids, count)
    )
    lexloom("similar", "skipgram.h5", *WORDS[:4])
    assert calls == [4]


@pytest.mark.parametrize("file", ["skipgram.h5", "ppmi.h5"])
def test_an_analogy_is_completed_by_both_methods(lexloom, file):
    head, first, *_ = lexloom("analogy", file, "man", "king", "woman")
    assert head.split() == ["3CosAdd", "3CosMul"]
    assert first.split()[::2] == ["queen", "queen"]


@pytest.mark.parametrize("command", [("similar", "skipgram.h5"), ("analogy", "ppmi.h5", "man", "king")])
def test_an_unknown_word_is_refused_with_the_nearest_spellings(refused, command):
    assert re.search(r"error: 'womann': .* did you mean woman\b", refused(*command, "womann"))


def test_a_file_without_vectors_is_refused(refused, folder):
    write_artifact(folder / "corpus.h5", "corpus", {"words": WORDS})
    assert "corpus.h5: holds 'corpus', expected 'vectors' or 'ppmi'" in refused("similar", "corpus.h5", "a")
    assert "corpus.h5: holds 'corpus', expected 'vectors'" in refused(
        *("export", "corpus.h5", "--format", "npz", "--output", "out")
    )


@pytest.mark.parametrize("form", ["word2vec", "word2vec-binary", "projector", "npz"])
def test_export_writes_the_vectors_as_they_were_trained(lexloom, folder, form):
    printed = lexloom("export", "skipgram.h5", "--format", form, "--output", "new/out")
    assert printed == [f"new/out: 6 words of 3 dimensions, as {form}"]
    if form == "npz":
        with np.load("new/out") as file:
            assert (file["vectors"].tolist(), file["words"].tolist()) == (ROWS.tolist(), WORDS)
    elif form == "projector":
        assert (folder / "new/out/vectors.tsv").read_text().startswith("2\t1\t0\n")
        assert (folder / "new/out/metadata.tsv").read_text().split() == WORDS
    else:
        first = b"king 2 1 0\n" if form == "word2vec" else b"king " + ROWS[0].tobytes() + b"\n"
        assert (folder / "new/out").read_bytes().startswith(b"6 3\n" + first)


def test_a_ppmi_matrix_is_not_exported_and_the_reason_is_said(refused, folder):
    message = refused("export", "ppmi.h5", "--format", "word2vec", "--output", "out")
    assert "ppmi.h5: a sparse matrix as wide as the vocabulary" in message
    assert "scripts/vectors/factorize_svd.py" in message
    assert not (folder / "out").exists()


def test_vectors_are_not_overwritten_by_their_own_export(refused, folder):
    before = (folder / "skipgram.h5").read_bytes()
    (folder / "link.h5").symlink_to("skipgram.h5")
    for output in ("skipgram.h5", "./link.h5"):
        message = refused("export", "skipgram.h5", "--format", "npz", "--output", output)
        assert "choose another output" in message
    assert (folder / "skipgram.h5").read_bytes() == before


def test_info_says_what_a_file_holds_and_where_it_came_from(lexloom, monkeypatch):
    monkeypatch.setenv("COLUMNS", "100")
    rows = [line.split() for line in lexloom("info", "skipgram.h5")]
    for row in (
        ["kind", "vectors,", "version", "1"],
        ["device", "cpu"],
        ["seed", "7"],
        ["model", '"skip-gram"'],
        ["window", "5"],
        ["numpy", np.__version__],
        ["vectors", "6", "x", "3", "float32", "word,", "dimension", "1"],
        ["words", "6", "text"],
    ):
        assert row in rows
    (sha,) = (row for row in rows if row[:1] == ["test_lexloom.py"])
    assert re.fullmatch("[0-9a-f]{64}", sha[1])


def test_info_tells_a_sparse_matrix_and_what_has_no_seed(lexloom):
    rows = [line.split() for line in lexloom("info", "ppmi.h5")]
    stored = str(np.count_nonzero(ROWS))
    assert ["ppmi", "6", "x", "6", "float32,", "sparse,", stored, "stored"] in rows
    assert ["seed", "none"] in rows


def test_info_wraps_what_is_wider_than_the_terminal(lexloom, folder):
    write_artifact(
        folder / "s.h5", "similarity", {}, Provenance({"queries": [f"word{i}" for i in range(50)]})
    )
    lines = lexloom("info", "s.h5")
    assert max(map(len, lines)) <= 80
    assert "word49" in "".join(lines)


def test_info_says_that_a_file_is_damaged(refused, folder):
    content = (folder / "skipgram.h5").read_bytes()
    (folder / "skipgram.h5").write_bytes(content[:-9])
    assert "skipgram.h5: damaged" in refused("info", "skipgram.h5")
    assert "none.h5: no such file" in refused("info", "none.h5")


@pytest.fixture
def ngrams(folder):
    """A model of n-grams that knows "man king queen" and marks of sentence ends."""
    words = [*WORDS, "<eos>"]
    counts = count_ngrams(np.array([1, 0, 2, 6] * 9 + [5, 1, 6]), len(words), 2, 6)
    tokenizer = asdict(Tokenizer(lower=True, sentence_end="<eos>"))
    datasets = {"counts_1": counts[0], "counts_2": counts[1], "words": words}
    write_artifact(folder / "ngram.h5", "ngram", datasets, Provenance({"order": 2, "tokenizer": tokenizer}))
    return "ngram.h5"


def test_a_text_is_written_in_lines_from_a_prompt(lexloom, ngrams):
    given = ("generate", ngrams, "--prompt", "Man", "--temperature", 0)
    assert lexloom(*given, "--tokens", 10) == ["man king queen", "man king queen", "man king queen"]
    assert lexloom("generate", ngrams, "--seed", 3) == lexloom("generate", ngrams, "--seed", 3)
    assert lexloom("generate", ngrams, "--seed", 3) != lexloom("generate", ngrams, "--seed", 4)


@pytest.mark.parametrize(
    ("pattern", "words", "options", "text"),
    [
        (".", ["t", "h", "e", " "], [], "the the the"),
        (r"\w+|\W", ["one", ",", " ", "two"], [], "one, two"),
        (r"\S", ["日", "本", "語"], [], "日 本 語"),
        (r"\S", ["日", "本", "語"], ["--separator", ""], "日本語"),
        ("words", ["one", "two"], ["--separator", "_"], "one_two"),
    ],
)
def test_words_are_joined_as_they_were_cut(lexloom, folder, pattern, words, options, text):
    words = [*words, "<eos>"]
    counts = count_ngrams(np.arange(len(words)).repeat(2), len(words), 2, len(words) - 1)
    settings = {"order": 2, "tokenizer": asdict(Tokenizer(pattern))}
    datasets = {"counts_1": counts[0], "counts_2": counts[1], "words": words}
    write_artifact(folder / "m.h5", "ngram", datasets, Provenance(settings))
    prompt = text.replace("_", " ")
    assert lexloom("generate", "m.h5", "--prompt", prompt, "--tokens", 0, *options) == [text]
    (folder / "text.txt").write_text(prompt)
    line = lexloom("score", "m.h5", "text.txt")[-2]
    assert line.endswith(Tokenizer(pattern).joined([*Tokenizer(pattern).tokens(prompt), "<eos>"]))


def test_a_text_is_scored_by_line_and_in_total(lexloom, ngrams, folder):
    (folder / "text.txt").write_text("Man king  queen\nking stone\n")
    head, *rows = (line.split(maxsplit=4) for line in lexloom("score", ngrams, "text.txt"))
    assert head == ["perplexity", "log_probability", "tokens", "unknown", "line"]
    assert [row[2:] for row in rows] == [
        ["4", "0", "man king queen <eos>"],
        ["3", "1", "king <unk> <eos>"],
        ["7", "1", "all 2 lines"],
    ]
    values = np.array([row[:2] for row in rows], float)
    assert values[:2, 1].sum() == pytest.approx(values[2, 1], abs=0.02)
    np.testing.assert_allclose(values[:, 0], np.exp(-values[:, 1] / [4, 3, 7]), rtol=0.01)


def test_a_text_to_score_may_come_from_standard_input(ngrams, folder):
    program = "from lexloom.commands.lexloom import main; main()"
    command = [sys.executable, "-c", program, "score", ngrams]
    done = subprocess.run(command, input=b"man\n", stdout=subprocess.PIPE, timeout=60, check=True)
    assert done.stdout.splitlines()[1].endswith(b"man <eos>")


def test_a_text_is_shown_while_it_is_written(ngrams, folder):
    """Its first words are there although nobody could wait for the last."""
    process = start("generate", ngrams, "--tokens", "1000000000", stdout=subprocess.PIPE)
    try:
        assert set(process.stdout.read(60).decode().split()) <= {*WORDS, "m", "k", "q"} | {"<unk>"}
    finally:
        process.kill()
        process.communicate()


@given(st.lists(st.text("ab \n\x1b\u200c", max_size=4)))
def test_a_text_in_pieces_is_shown_as_it_is_in_whole(pieces):
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown):
        show_pieces(pieces)
    text = printable_lines("".join(pieces))
    assert shown.getvalue() == text + "\n" * (not text.endswith("\n") and bool(text))


def test_every_answer_can_be_had_as_json(lexloom, ngrams, folder):
    """With the numbers that the lines round."""
    (folder / "text.txt").write_text("Man king  queen\nking stone\n")

    def answer(*arguments):
        (line,) = lexloom(*arguments, "--json")
        return json.loads(line)

    vectors = read_vectors("skipgram.h5")
    (king, paris) = answer("similar", "skipgram.h5", "King", "paris", "--count", 2)
    assert (king["word"], paris["word"]) == ("King", "paris")
    assert [(each["word"], each["score"]) for each in king["neighbours"]] == vectors.most_similar("king", 2)
    methods = answer("analogy", "skipgram.h5", "man", "king", "woman", "--count", 1)
    assert [(each["method"], each["answers"][0]["word"]) for each in methods] == [
        ("3CosAdd", "queen"),
        ("3CosMul", "queen"),
    ]
    scored = answer("score", ngrams, "text.txt")
    assert [line["text"] for line in scored["lines"]] == ["man king queen <eos>", "king <unk> <eos>"]
    assert [word["word"] for word in scored["lines"][1]["words"]] == ["king", "<unk>", "<eos>"]
    bits = [word["surprisal"] for line in scored["lines"] for word in line["words"]]
    assert 2 ** np.mean(bits) == pytest.approx(scored["all"]["perplexity"])
    assert scored["all"]["tokens"] == len(bits) == 7
    (folder / "new").mkdir()
    written = answer("export", "skipgram.h5", "--format", "npz", "--output", "new/v.npz")
    assert written == {"output": "new/v.npz", "format": "npz", "words": 6, "dimensions": 3}
    text = answer("generate", ngrams, "--prompt", "Man", "--temperature", 0, "--tokens", 4)
    assert text == {"text": "man king queen\nman"}
    about = answer("info", "skipgram.h5")
    assert (about["kind"], about["seed"], about["settings"]["window"]) == ("vectors", 7, 5)
    assert about["datasets"]["vectors"]["shape"] == [6, 3]


def test_json_holds_no_infinity(lexloom, ngrams, folder, monkeypatch):
    impossible = [Score(["man"], np.array([-np.inf]))]
    monkeypatch.setattr(LanguageModel, "score", lambda self, text: impossible)
    (line,) = lexloom("score", ngrams, "text.txt", "--json")
    assert json.loads(line, parse_constant=pytest.fail)["all"]["log_probability"] is None
    assert lexloom("score", ngrams, "text.txt")[-1].split()[:2] == ["inf", "-inf"]


def test_the_version_is_that_of_the_package(capsys, lexloom):
    with pytest.raises(SystemExit) as end:
        lexloom("--version")
    assert end.value.code == 0
    assert capsys.readouterr().out == f"lexloom {version('lexloom')}\n"
    assert version("lexloom") == lexloom_package.__version__


def test_python_runs_the_command_as_a_module(folder):
    command = [sys.executable, "-m", "lexloom", "info", "skipgram.h5"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.startswith("kind    vectors, version 1\n")


COMPLETED = """
source <({python} -m lexloom completion bash)
COMP_WORDS=(lexloom {words}) COMP_CWORD={last}
_shtab_lexloom
echo "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "replies"),
    [
        ("si", {"similar"}),
        ("similar --c", {"--count"}),
        ("export skipgram.h5 --format n", {"npz"}),
        ("similar skip", {"skipgram.h5"}),
    ],
)
def test_a_shell_completes_commands_options_choices_and_files(folder, words, replies):
    program = COMPLETED.format(python=sys.executable, words=words, last=len(words.split()))
    done = subprocess.run(["bash", "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert set(done.stdout.split()) == replies, done.stderr


def test_zsh_can_read_its_completion(lexloom):
    program = "\n".join(lexloom("completion", "zsh"))
    assert program.startswith("#compdef lexloom")
    if shutil.which("zsh"):
        subprocess.run(["zsh", "-n", "-c", program], check=True)


def test_a_file_without_a_language_model_is_refused(refused):
    for command in (("generate", "skipgram.h5"), ("score", "skipgram.h5", "text.txt")):
        assert "skipgram.h5: holds 'vectors', expected 'rnnlm' or 'ngram'" in refused(*command)


@pytest.mark.parametrize("command", [each.command.__name__ for each in cli._SUBCOMMANDS])
def test_the_help_of_each_command_has_an_example_that_parses(lexloom, capsys, command):
    with pytest.raises(SystemExit) as end:
        lexloom(command, "--help")
    assert end.value.code == 0
    _, example = " ".join(capsys.readouterr().out.split()).split("example: lexloom ")
    options = cli.command_parser().parse_args(shlex.split(example))
    assert options.command.__name__ == command


PROGRAM = "import sys; from lexloom.commands.lexloom import main; main()"
WITHOUT_NUMBA = f"{PROGRAM}; assert 'numba' not in sys.modules"


# What is printed waits in a buffer, as it does for a person.
BUFFERED = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}


def start(*arguments, program=PROGRAM, env=BUFFERED, **options):
    command = [sys.executable, "-c", program, *arguments]
    return subprocess.Popen(command, env=env, stderr=subprocess.PIPE, **options)


@pytest.mark.parametrize(
    "arguments", [("similar", "skipgram.h5", "king"), ("analogy", "skipgram.h5", "man", "king", "woman")]
)
def test_a_query_does_not_wait_for_numba(folder, arguments):
    process = start(*arguments, program=WITHOUT_NUMBA, stdout=subprocess.DEVNULL)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 0


def test_a_reader_that_has_seen_enough_is_no_error(folder):
    reader, writer = os.pipe()
    os.close(reader)
    process = start("info", "skipgram.h5", stdout=writer)
    os.close(writer)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 0


STRANGE = [
    "кот",
    "the",
    "日本語",
    "a\x1b[31m",
    "\u202egnp",
    "نمی\u200cخواهم",
    "b\u200b",
    "\x9b1m",
    "c\rd",
    "<script>",
]


@pytest.fixture
def strange(folder):
    """Vectors and a language model of words that a terminal may lack or obey."""
    rows = np.eye(len(STRANGE), dtype=np.float32)
    write_artifact(folder / "v.h5", "vectors", {"vectors": rows, "words": STRANGE})
    words = [*STRANGE, "<eos>"]
    counts = count_ngrams(np.arange(len(words)).repeat(2), len(words), 2, len(STRANGE))
    datasets = {"counts_1": counts[0], "counts_2": counts[1], "words": words}
    settings = {"order": 2, "tokenizer": asdict(Tokenizer())}
    write_artifact(folder / "m.h5", "ngram", datasets, Provenance(settings))
    (folder / "text.txt").write_text("кот the 日本語 a\x1b[31m \u202egnp")


ASKED = [
    ("similar", "v.h5", "кот", "the"),
    ("analogy", "v.h5", "кот", "the", "日本語"),
    ("generate", "m.h5", "--prompt", "a\x1b[31m \u202egnp"),
    ("score", "m.h5", "text.txt"),
    ("info", "v.h5"),
    ("export", "v.h5", "--format", "npz", "--output", "ко\x1bт.npz"),
    ("similar", "v.h5", b"\xff\x1b"),
    ("similar", b"\xff\x1b.h5", "the"),
    ("settings", "к\x1b"),
    ("generate", "m.h5", "--prompt", b"\xff\x1b"),
    ("similar", "v.h5", "the", "--к\x1b"),
]


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "utf-8"])
@pytest.mark.parametrize("arguments", ASKED)
def test_any_terminal_shows_any_word_and_obeys_none(strange, arguments, encoding):
    process = start(*arguments, stdout=subprocess.PIPE, env=os.environ | {"PYTHONIOENCODING": encoding})
    printed = b"".join(process.communicate(timeout=60)).decode(encoding)
    assert process.returncode in (0, 1, 2)
    assert "Traceback" not in printed
    assert "bug in" not in printed
    assert not re.search("[\0-\x09\x0b-\x1f\x7f-\x9f\u200b\u202a-\u202e]", printed)


def test_a_word_is_shown_with_its_joiners_and_without_its_escapes(lexloom, strange):
    shown = " ".join(lexloom("similar", "v.h5", "the", "--count", 20)).split()
    assert {"кот", r"a\x1b[31m", r"\u202egnp", "نمی\u200cخواهم", r"b\u200b", r"c\rd"} <= set(shown)


@pytest.mark.parametrize("arguments", [("settings",), ("--help",), ("similar", "--help")])
def test_a_closed_pipe_is_no_error_whatever_is_printed(folder, arguments):
    reader, writer = os.pipe()
    os.close(reader)
    process = start(*arguments, stdout=writer)
    os.close(writer)
    assert process.communicate(timeout=60)[1] == b""
    assert process.returncode == 0


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("arguments", [("settings",), ("--help",), ("info", "skipgram.h5")])
def test_a_full_disk_under_the_output_is_one_line(folder, monkeypatch, arguments, unbuffered):
    monkeypatch.setenv("PYTHONUNBUFFERED", unbuffered)
    with open("/dev/full", "wb") as full:
        process = start(*arguments, stdout=full)
    said = process.communicate(timeout=60)[1]
    if unbuffered and "--help" in arguments:
        return  # argparse passes over errors of what it prints
    assert said == b"error: standard output: could not be written: No space left on device\n"
    assert process.returncode == 1


def test_the_package_installs_the_command():
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    module, _, function = project["scripts"]["lexloom"].partition(":")
    assert getattr(importlib.import_module(module), function) is cli.main
