"""Names and texts that a shell, make or Snakemake would take for something else, wherever they come from."""

import os
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT, new_workflow
from hypothesis import example, given
from hypothesis import strategies as st
from library.code_inputs import check_place, put_python_first
from snakemake.exceptions import WorkflowError
from snakemake.shell import shell

from lexloom.errors import printable
from lexloom.settings.command_line import as_options

ORDERS = [
    "$(touch PWNED)",
    "`touch PWNED`",
    ";touch PWNED;",
    "|touch PWNED&",
    "'touch PWNED'",
    '"touch PWNED"',
]
FOLDER = f"-x{''.join(ORDERS)}\n\t*?[a]~#%s\\é!"


def pwned(folder):
    return list(folder.rglob("PWNED*"))


@pytest.fixture(scope="module")
def odd(tmp_path_factory):
    """The graph in a folder with such a name, on a corpus whose texts are such."""
    folder = tmp_path_factory.mktemp("places") / FOLDER
    folder.mkdir()
    workflow = new_workflow(folder)
    texts = [order.replace(" ", "${IFS}") for order in ORDERS]
    (folder / "texts").mkdir()
    for name in [*ORDERS, "{x}", "-x\n<y>"]:
        (folder / "texts" / name).write_text("the cat\n")
    workflow.set("corpus", "own")
    workflow.set("corpora.own.files", ["own.txt", "texts/*"])
    workflow.set("corpora.own.queries", ["cat", *ORDERS, "{x}", "<x>", "{", "%s", "\\n"])
    workflow.set(
        "corpora.own.tokenize", {"pattern": r"\w+|{x}|" + "|".join(texts).replace("|touch", r"\|touch")}
    )
    workflow.config["tokenize"]["sentence_end"] = "--{x}<y>" + "".join(texts)
    workflow.write_config()
    return workflow


def test_a_shell_runs_nothing_that_stands_in_names_or_in_the_configuration(odd):
    odd.snakemake("results/own/similarity/ppmi.h5")
    assert (odd.folder / "results/own/similarity/ppmi.h5").is_file()
    assert not pwned(odd.folder.parent)


def test_the_work_may_be_elsewhere_than_the_code(odd):
    work = odd.folder.parent / "work; touch PWNED"
    work.mkdir()
    shutil.copy(odd.folder / "own.txt", work)
    shutil.copytree(odd.folder / "texts", work / "texts")
    snakefile = str(odd.folder / "Snakefile")
    target = "data/own/corpus.h5"
    odd.snakemake("--snakefile", snakefile, "--directory", str(work), target)
    assert (work / target).is_file()
    assert not pwned(odd.folder.parent)


def test_the_work_may_be_in_a_folder_that_snakemake_would_misread_from_elsewhere(odd):
    old, new = odd.folder, odd.folder.with_name("-{x}<y>")
    old.rename(new)
    odd.folder = new
    try:
        odd.snakemake("--dry-run", "results/own/similarity/ppmi.h5")
    finally:
        new.rename(old)
        odd.folder = old


@pytest.mark.parametrize("place", ["../{x}", "../<x>/lexloom", "-x", "a/}", "-\n\x1b"])
def test_a_place_of_the_code_that_snakemake_would_misread_is_refused_in_one_line(tmp_path, place):
    with pytest.raises(WorkflowError) as error:
        check_place(place)
    assert printable(place) in str(error.value)
    assert str(error.value).isprintable()


@example([f"-{order}" for order in ORDERS])
@given(st.lists(st.one_of(st.sampled_from(ORDERS), st.text("-'\"$`;\\ \n{}", min_size=1)), min_size=1))
def test_options_reach_a_program_as_they_are(words):
    for value in (words, words[0]):
        line = as_options({"text": value})
        said = subprocess.run(["sh", "-c", f"printf '%s\\0' {line}"], check=True, capture_output=True).stdout
        read = said.decode().split("\0")[:-1]
        if isinstance(value, str) and value.startswith("-"):
            assert read == [f"--text={value}"]
        else:
            assert read == ["--text", *(value if isinstance(value, list) else [value])]


PROGRAM = '#!/bin/sh\nprintf "%s " "$@" >> "$(dirname "$0")/called"\n'


def test_the_python_that_runs_snakemake_runs_the_scripts_whatever_its_folder_is_called(tmp_path, monkeypatch):
    program = tmp_path / "a;touch PWNED;b $(touch PWNED)/python"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho this one\n")
    program.chmod(0o755)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", os.environ["PATH"])
    monkeypatch.setattr(sys, "executable", str(program))
    put_python_first()
    assert shell("python", read=True) == "this one\n"
    assert not pwned(tmp_path)


def make(folder, *targets):
    """Make targets in a folder whose environment only notes what it is asked for."""
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("python", "snakemake", "pytest"):
        (folder / ".venv/bin" / name).write_text(PROGRAM)
        (folder / ".venv/bin" / name).chmod(0o755)
    for name in ("requirements.lock", "pyproject.toml", "results/rnnlm_ppl.txt"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    return subprocess.run(
        ["make", "PYTHON=true", *targets], cwd=folder, check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("name", ["my projects", "a;touch PWNED;b", "-x 'touch PWNED'", "(a) & b | c #*"])
def test_make_works_in_a_folder_of_any_name(tmp_path, name):
    folder = tmp_path / name
    done = make(folder, "run")
    assert done.returncode == 0, done.stderr
    called = (folder / ".venv/bin/called").read_text()
    assert "-m pip install" in called
    assert "results/rnnlm_ppl.txt" in called
    assert not pwned(tmp_path)


@pytest.mark.parametrize("name", ["$(touch PWNED)", "`touch PWNED`", 'a"touch PWNED', "a\\b", "a:b", "a\nb"])
def test_make_refuses_a_folder_that_the_programs_of_an_environment_would_misread(tmp_path, name):
    done = make(tmp_path / name, "run")
    assert done.returncode == 2
    assert "the path of this folder has one of" in done.stderr
    assert not (tmp_path / name / ".venv/bin/called").exists()
    assert not pwned(tmp_path)
