"""Paths and globs name the files that a person means, whatever these are called."""

import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from library.file_patterns import matching_files, natural_order
from snakemake.exceptions import WorkflowError


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with files of a person."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "b.txt", "-v.txt", "a.md", "texts/tale [draft].txt", "texts/note {1}.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


@pytest.mark.parametrize(
    ("patterns", "expected"),
    [
        ("*.txt", ["-v.txt", "a.txt", "b.txt"]),
        (["b.txt", "*.txt"], ["b.txt", "-v.txt", "a.txt"]),
        (["a.*", "./a.txt"], ["a.md", "a.txt"]),
        ("texts/tale [draft].txt", ["texts/tale [draft].txt"]),
        ("texts/*.txt", ["texts/note {1}.txt", "texts/tale [draft].txt"]),
        ("**/*[]1]}.txt", ["texts/note {1}.txt"]),
        ("**/*.md", ["a.md"]),
        ("texts", ["texts/note {1}.txt", "texts/tale [draft].txt"]),
    ],
)
def test_the_files_that_patterns_name_in_order(folder, patterns, expected):
    assert matching_files(patterns) == expected
    absolute = [str(folder / pattern) for pattern in ([patterns] if isinstance(patterns, str) else patterns)]
    assert matching_files(absolute) == [str(folder / path) for path in expected]


names = st.binary(min_size=1, max_size=20).map(lambda name: name.replace(b"\0", b"*").replace(b"/", b"?"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(room=names, name=names)
def test_a_file_under_the_literal_name_is_that_file(tmp_path_factory, monkeypatch, room, name):
    monkeypatch.chdir(tmp_path_factory.mktemp("names"))
    room, name = os.fsdecode(b"r" + room), os.fsdecode(b"n" + name)
    os.mkdir(room)
    for path in (f"{room}/{name}", f"{room}/n.txt"):
        with open(path, "w"):
            pass
    assert matching_files(f"{room}/{name}") == [f"{room}/{name}"]
    assert matching_files(f"{room}/n.t*") == [f"{room}/n.txt"]
    both = {f"{room}/{name}", f"{room}/n.txt"}
    expected = [f"{room}/n*"] if f"{room}/n*" in both else sorted(both, key=natural_order)
    assert matching_files(f"{room}/n*") == expected


numbers = st.lists(st.integers(0, 10**30), min_size=1, max_size=4)


@given(st.lists(numbers, unique_by=tuple), st.sampled_from(["chapter", "kapitel\udce9 ", "第"]))
def test_files_are_in_the_order_of_the_numbers_in_their_names(chapters, word):
    names = ["/".join(f"{word}{number}" for number in each) for each in chapters]
    assert sorted(names, key=natural_order) == [
        "/".join(f"{word}{number}" for number in each) for each in sorted(chapters)
    ]


@given(st.lists(st.text("a0１٢3./", max_size=8)))
def test_natural_order_is_an_order_of_any_names(names):
    ordered = sorted(names, key=natural_order)
    assert ordered == sorted(reversed(names), key=natural_order)
    assert sorted(ordered) == sorted(names)


def test_chapter_2_is_before_chapter_10(folder):
    for number in (1, 2, 10):
        (folder / f"chapter{number}.md").touch()
    assert matching_files("chapter*") == ["chapter1.md", "chapter2.md", "chapter10.md"]


def test_folders_that_match_are_left_out(folder):
    (folder / "x.txt").mkdir()
    assert matching_files("*.txt") == ["-v.txt", "a.txt", "b.txt"]


def test_a_file_with_several_names_by_links_is_named_once(folder):
    (folder / "c.txt").symlink_to("a.txt")
    (folder / "texts/round").symlink_to("..")
    os.link(folder / "b.txt", folder / "d.txt")
    assert matching_files(["a.txt", "c.txt"]) == ["a.txt"]
    assert matching_files(["c.txt", "a.txt"]) == ["c.txt"]
    assert matching_files("**/a.*") == ["a.md", "a.txt"]
    assert matching_files(["b.txt", "d.txt"]) == ["b.txt", "d.txt"], "two files of one text, not one by links"


@pytest.mark.parametrize(
    ("pattern", "advice"),
    [
        ("c.txt", "no file is named c.txt in "),
        ("d/*.txt", "put the file there"),
        ("x*", "no file is named x"),
        ("xx", "no file is named xx in "),
        ("a" * 300, "no file is named"),
        ("two\nlines", r"no file is named two\\nlines in"),
        ("pipe", "pipe: a pipe, socket or device; expected a UTF-8 text file"),
        ("p*e", "pipe: a pipe, socket or device"),
        ("/dev/null", "a pipe, socket or device"),
        ("gone*", "gone.txt: No such file or directory"),
        ("round", "Too many levels of symbolic links"),
    ],
)
def test_what_is_no_file_is_refused(folder, pattern, advice):
    (folder / "xx").mkdir()
    os.mkfifo("pipe")
    (folder / "gone.txt").symlink_to("nowhere")
    (folder / "round").symlink_to("round")
    with pytest.raises(WorkflowError, match=advice):
        matching_files([pattern, "a.txt"])
