"""A script's help teaches, a person's mistake is one line, and progress is silent away from a terminal."""

import logging
import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.commands.stages import SCRIPTS
from lexloom.errors import ArtifactError, LexloomError
from lexloom.settings.execution import Compute, Seed
from lexloom.storage.artifacts import read_artifact
from lexloom.storage.atomic_files import replacing
from lexloom.storage.layouts import VERSIONS

ROOT = Path(__file__).parents[3]


@pytest.fixture
def call(monkeypatch):
    """Run a main function as the script `prog` with arguments, and with logging as in a fresh process."""

    def call(main, *arguments):
        monkeypatch.setattr(logging.getLogger(), "handlers", [])
        monkeypatch.setattr("sys.argv", ["prog", *arguments])
        run(main, parse(script_parser("Do something.", Seed, Compute)))

    return call


def fail(error):
    def main(options):
        raise error

    return main


def test_options_have_defaults(call):
    seen = []
    call(seen.append)
    (options,) = seen
    assert (options.device, options.threads, options.seed, options.log) == ("cpu", 1, 1, None)


def test_help_shows_what_each_option_does_and_its_default(call, capsys):
    with pytest.raises(SystemExit) as end:
        call(fail(AssertionError), "--help")
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert "Do something." in text
    assert "(default: cpu)" in " ".join(text.split())


@pytest.mark.parametrize(("home", "expected"), [("/dev/null", "lexloom/matplotlib"), (".", None)])
def test_fonts_are_kept_though_there_is_no_home_folder(monkeypatch, tmp_path, home, expected):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("MPLCONFIGDIR", "")  # so that it is as now after the test
    monkeypatch.delenv("MPLCONFIGDIR")
    monkeypatch.setattr("sys.argv", ["program"])
    parse(script_parser("A program."))
    assert os.environ.get("MPLCONFIGDIR") == (expected and str(tmp_path / expected))


def test_a_log_on_a_full_disk_is_one_line_and_the_work_goes_on(call, capsys):
    def main(options):
        for number in range(3):
            logging.info("step %d", number)

    call(main, "--log", "/dev/full")
    said = capsys.readouterr().err
    lines = ["step 0", "/dev/full: no longer written: [Errno 28] No space left on device", "step 1", "step 2"]
    assert said.splitlines() == lines


def test_progress_needs_no_standard_error(monkeypatch):
    monkeypatch.setattr("sys.stderr", None)
    assert list(progress([1, 2])) == [1, 2]


def test_a_program_needs_no_standard_output(call, monkeypatch):
    monkeypatch.setattr("sys.stdout", None)
    call(lambda options: None)


def test_an_error_of_a_person_is_one_line(call, capsys, tmp_path):
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit) as end:
        call(fail(LexloomError("corpus.h5: no such file; run tokenize_corpus.py")), "--log", str(log))
    assert end.value.code == 1
    assert capsys.readouterr().err == "error: corpus.h5: no such file; run tokenize_corpus.py\n"
    assert log.read_text() == "error: corpus.h5: no such file; run tokenize_corpus.py\n"


def test_an_error_about_a_long_word_shows_both_ends_of_it(call, capsys):
    with pytest.raises(SystemExit):
        call(fail(LexloomError(f"'{'x' * 100_000}': not among the words\nof these vectors")))
    first, second = capsys.readouterr().err.splitlines()
    assert first.startswith("error: 'xxx")
    assert first.endswith("xxx': not among the words")
    assert len(first) <= 2000
    assert second == "of these vectors"


@pytest.mark.parametrize(
    ("error", "status", "line"),
    [
        (MemoryError(), 1, "error: not enough memory"),
        (MemoryError("Unable to allocate 3 TiB"), 1, "error: Unable to allocate 3 TiB"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_too_little_memory_and_ctrl_c_are_one_line(call, capsys, error, status, line):
    with pytest.raises(SystemExit) as end:
        call(fail(error))
    assert end.value.code == status
    assert capsys.readouterr().err == f"{line}\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_a_script_in_one_line_and_leaves_no_half_file(call, capfd, tmp_path, number):
    def main(options):
        with replacing(tmp_path / "a.txt"):
            signal.raise_signal(number)

    process = multiprocessing.get_context("fork").Process(target=call, args=[main])
    process.start()
    process.join(60)
    assert process.exitcode == 128 + number
    assert capfd.readouterr().err == f"ended by {number.name}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_opened_is_one_line(call, capsys, tmp_path):
    def main(options):
        (tmp_path / "nothere").read_text()

    for arguments in ([], ["--log", str(tmp_path / "no folder" / "a.log")]):
        with pytest.raises(SystemExit) as end:
            call(main, *arguments)
        assert end.value.code == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("error: [Errno 2] No such file or directory: ")


def test_a_bug_shows_its_traceback_and_says_that_it_is_one(call, capsys, tmp_path):
    log = tmp_path / "a.log"
    with pytest.raises(SystemExit) as end:
        call(fail(ZeroDivisionError("oops")), "--log", str(log))
    assert end.value.code == 2
    for text in (capsys.readouterr().err, log.read_text()):
        assert "bug in lexloom" in text
        assert "ZeroDivisionError: oops" in text


@pytest.mark.parametrize(
    "arguments",
    [
        ["--threads", "two"],
        ["--threads", "0"],
        ["--seed", "-1"],
        ["--seed", str(1 << 64)],
        ["--device", "tpu"],
        ["--sed", "1", "--nix"],
    ],
)
def test_a_wrong_option_is_refused(call, arguments, capsys):
    with pytest.raises(SystemExit) as end:
        call(fail(AssertionError), *arguments)
    assert end.value.code == 2
    assert "usage: prog" in capsys.readouterr().err


def test_messages_go_to_the_log_too(call, tmp_path, capsys):
    log = tmp_path / "a.log"
    call(lambda options: logging.info("12 words"), "--log", str(log))
    assert log.read_text() == capsys.readouterr().err == "12 words\n"


def test_a_log_steers_no_terminal_and_holds_any_name(call, tmp_path):
    log = tmp_path / "a.log"
    call(lambda options: logging.info("кот \udce9 \x1b[31m"), "--log", str(log))
    assert log.read_bytes().decode() == "кот \\udce9 \\x1b[31m\n"


def test_progress_is_silent_where_there_is_no_terminal(capsys):
    assert list(progress(range(3), unit="token")) == [0, 1, 2]
    assert capsys.readouterr() == ("", "")


def test_a_missing_file_comes_with_the_script_that_makes_it(call, capsys):
    with pytest.raises(SystemExit):
        call(fail(ArtifactError("ppmi.h5: no such file", ["ppmi"], "ppmi.h5")))
    line = capsys.readouterr().err
    advice = "check the path, or make it again with scripts/vectors/weight_ppmi.py"
    assert line == f"error: ppmi.h5: no such file; {advice}\n"


@pytest.mark.parametrize("is_there", [False, True])
@pytest.mark.parametrize("place", ["", "./", "{here}/"])
@pytest.mark.parametrize("in_clone", [False, True])
def test_a_file_of_the_graph_comes_with_the_target_to_ask_for(
    call, capsys, tmp_path, monkeypatch, is_there, place, in_clone
):
    monkeypatch.chdir(tmp_path)
    if in_clone:
        (tmp_path / "Snakefile").touch()
    (tmp_path / "results/my novels").mkdir(parents=True)
    if is_there:
        (tmp_path / "results/my novels/svd.h5").touch()
    path = f"{place.format(here=tmp_path)}results/my novels/svd.h5"
    with pytest.raises(SystemExit):
        call(lambda options: read_artifact(path, "vectors"))
    snakemake = "snakemake --cores 4" if in_clone else "lexloom run --snakemake"
    force = "--force " if is_there else ""
    assert capsys.readouterr().err.endswith(
        f"; check the path, or make it: {snakemake} {force}'results/my novels/svd.h5'\n"
    )


def test_each_kind_of_file_has_scripts_that_exist():
    assert set(VERSIONS) <= set(SCRIPTS)
    for script in (script for scripts in SCRIPTS.values() for script in scripts):
        assert (ROOT / "scripts" / script).is_file(), script
