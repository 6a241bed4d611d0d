"""Every change of a person's texts is seen, whatever the dates of the files, and nothing else is."""

import copy
import os
import shutil
import sys

import pytest
from conftest import new_workflow

OLD = 1_000_000_000
CORPUS = "data/own/corpus.h5"
FILES = {
    "train": ["texts/one.txt", "texts/two.txt", "texts/more/*.txt"],
    "valid": "texts/three.txt",
    "test": ["texts/link.txt", "texts/tale [draft].txt"],
}


def write(path, text, date=OLD):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.utime(path, (date, date))


def replace(path, text):
    """Put another file in place of one, with an old date, as rsync and `cp -p` do."""
    write(path.with_name("beside"), text, OLD - 1000)
    path.with_name("beside").rename(path)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The copy in which a corpus of seven files was made, and test sets were downloaded."""
    workflow = new_workflow(tmp_path_factory.mktemp("texts"))
    texts = workflow.folder / "texts"
    for name in ("one", "two", "three", "more/a", "more/note {1}", "tale [draft]", "kept/four"):
        write(texts / f"{name}.txt", f"you say {name} and i say hello\n" * 9)
    (texts / "more/folder.txt").mkdir()
    (texts / "link.txt").symlink_to("kept/four.txt")
    (workflow.folder / "data/eval").mkdir(parents=True)
    shutil.copytree(workflow.mirror / "eval", workflow.folder / "data/eval", dirs_exist_ok=True)
    workflow.config["corpus"] = "own"
    workflow.set("corpora.own.files", copy.deepcopy(FILES))
    workflow.snakemake(CORPUS)
    return workflow


@pytest.fixture
def edited(made):
    """The same copy, for one change; afterwards everything is as it was."""
    saved, config = made.folder / "saved", copy.deepcopy(made.config)
    for room in ("texts", "data"):
        shutil.copytree(made.folder / room, saved / room, symlinks=True)
    yield made
    for room in ("texts", "data"):
        shutil.rmtree(made.folder / room)
        (saved / room).rename(made.folder / room)
    saved.rmdir()
    made.config = config
    made.write_config()


def planned(workflow):
    return ": tokenize_corpus: " in workflow.snakemake("--dry-run", CORPUS).stdout


def swap_files(workflow, texts):
    workflow.set("corpora.own.files.train", ["texts/two.txt", "texts/one.txt", "texts/more/*.txt"])


def swap_splits(workflow, texts):
    workflow.set("corpora.own.files", FILES | {"valid": FILES["test"], "test": FILES["valid"]})


def move_to_another_split(workflow, texts):
    workflow.set("corpora.own.files", FILES | {"train": FILES["train"][1:], "test": "texts/one.txt"})


def edit_in_place(workflow, texts):
    text = (texts / "one.txt").read_text()
    write(texts / "one.txt", text.replace("hello", "holle"))


def edit_behind_a_link(workflow, texts):
    write(texts / "kept/four.txt", "another text of another length\n")


def put_an_older_file(workflow, texts):
    replace(texts / "one.txt", "an older text\n")


def exchange_contents(workflow, texts):
    (texts / "one.txt").rename(texts / "third")
    (texts / "two.txt").rename(texts / "one.txt")
    (texts / "third").rename(texts / "two.txt")


def rename_in_a_glob(workflow, texts):
    (texts / "more/a.txt").rename(texts / "more/z.txt")


def join_a_glob(workflow, texts):
    write(texts / "more/b.txt", "one more text\n")


def leave_a_glob(workflow, texts):
    (texts / "more/a.txt").unlink()


def point_a_link_elsewhere(workflow, texts):
    (texts / "link.txt").unlink()
    (texts / "link.txt").symlink_to("two.txt")


def join_two_files(workflow, texts):
    both = [texts / "one.txt", texts / "two.txt"]
    write(texts / "both.txt", "".join(path.read_text() for path in both))
    workflow.set("corpora.own.files.train", ["texts/both.txt", "texts/more/*.txt"])


def empty_a_file(workflow, texts):
    write(texts / "two.txt", "")


CHANGES = [value for value in list(globals().values()) if getattr(value, "__code__", None)]
CHANGES = [change for change in CHANGES if change.__code__.co_varnames[:2] == ("workflow", "texts")]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_of_the_text_tokenizes_again(edited, change):
    change(edited, edited.folder / "texts")
    assert planned(edited)


def test_what_does_not_change_the_text_reruns_nothing(edited):
    texts = edited.folder / "texts"
    for path in [*texts.rglob("*.txt"), edited.folder / "data/own/texts.sha256"]:
        os.utime(path)
    replace(texts / "one.txt", (texts / "one.txt").read_text())
    write(texts / "more/another.md", "not matched by the glob\n")
    assert not planned(edited)


def test_a_change_that_was_only_planned_and_undone_reruns_nothing(edited):
    text = (edited.folder / "texts/one.txt").read_text()
    put_an_older_file(edited, edited.folder / "texts")
    assert planned(edited)
    replace(edited.folder / "texts/one.txt", text)
    assert not planned(edited)


def test_a_moved_clone_reruns_nothing(edited):
    old, new = edited.folder, edited.folder.with_name("moved")
    old.rename(new)
    edited.folder = new
    try:
        assert not planned(edited)
    finally:
        new.rename(old)
        edited.folder = old


def test_a_download_that_somebody_edited_is_refused_before_any_job(edited):
    replace(edited.folder / "data/eval/men.txt", "edited by hand\n")
    refused = edited.snakemake("--dry-run", CORPUS, check=False)
    assert refused.returncode == 1
    assert "data/eval/men.txt: its sha256 is " in refused.stdout
    assert "delete the file to download it again" in refused.stdout


def test_an_edit_of_the_program_that_finds_words_is_seen(edited):
    (edited.folder / "words.py").write_text("import sys\nfor line in sys.stdin: print(line.strip())")
    edited.config["corpora"]["own"]["tokenize"]["command"] = f"{sys.executable} words.py"
    edited.write_config()
    edited.snakemake(CORPUS)
    assert not planned(edited)
    (edited.folder / "words.py").write_text("import sys\nfor line in sys.stdin: print(line.lower().strip())")
    assert planned(edited)
