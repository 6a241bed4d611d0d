"""Command lines of every script and subcommand: each works, or says in words what is wrong with it."""

import argparse
import os
import shlex
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import engine
import example_files
import hostile
from hypothesis import strategies as st
from programs import check_ended
from running import SCRIPTS, program, run_script

from lexloom.settings.mistakes import schema_of

LARGEST = 64
"""Whole numbers above this that a setting allows are not tried: work may take as long as they ask."""

WHERE = [
    "",
    ".",
    "folder",
    "missing/file",
    "null",
    "full",
    "text.txt",
    "empty",
    "not-utf8",
    "out",
    "-",
    "a b",
    "a\nb",
]
"""Files, folders and devices; all in the folder of the input, so that nothing else is harmed."""


STARTS = [shlex.split(line) for line in (*example_files.MAKERS, *example_files.USERS)]
NAMES = sorted(path.stem for path in SCRIPTS.rglob("*.py"))
STARTS += [[name] for name in NAMES if name not in {line[0] for line in STARTS}]

FILES = st.deferred(lambda: st.sampled_from([*WHERE, *example_files.names()]))
ODD_WORDS = st.lists(hostile.TEXTS | st.sampled_from([*WHERE, "--nonsense", "--help", "--"]), max_size=2)


@dataclass(frozen=True)
class Line:
    """A program and the words of its command line."""

    name: str
    words: list[str]


def subcommands() -> dict[str, argparse.ArgumentParser]:
    """Return the parser of each subcommand of `lexloom`."""
    (commands,) = (a for a in program("lexloom")[0]._actions if isinstance(a, argparse._SubParsersAction))
    return commands.choices


def parser_of(name: str) -> argparse.ArgumentParser:
    """Return the parser of a program, or of a subcommand."""
    first, _, command = name.partition(" ")
    return subcommands()[command] if command else program(first)[0]


def within(rule: dict) -> Iterator[str]:
    """Yield words that a setting allows, or nearly, and words beyond its bounds."""
    ways = [way for way in rule.get("anyOf", [rule]) if way != {"type": "null"}]
    way = ways[0].get("items", ways[0])
    yield from map(str, way.get("enum", ()))
    if way["type"] in ("integer", "number"):
        bounds = {key: way[key] for key in way if key.endswith(("imum", "Minimum", "Maximum"))}
        for key, bound in bounds.items():
            if "inimum" in key or bound <= LARGEST:
                yield str(bound)
            yield str(bound + (1 if "axi" in key else -1))
        yield from ("1", "2", "0.5", "1e-3", "nan", "inf", "1e400", "9" * 400, "0x1", "1_0", "\u0661")
    if way["type"] == "boolean":
        yield from ("true", "false", "yes")


def option(action: argparse.Action, rules: dict) -> st.SearchStrategy[list[str]]:
    """Return the words of an option or argument: its name, and some values of it."""
    values = FILES | hostile.TEXTS
    if action.choices:
        values = st.sampled_from([*map(str, action.choices)]) | hostile.TEXTS
    elif action.dest in rules:
        allowed = [*within(rules[action.dest])]
        values = st.sampled_from(allowed) | hostile.TEXTS if allowed else hostile.TEXTS
    name = [action.option_strings[0]] if action.option_strings else []
    few, many = {None: (1, 1), "?": (0, 1), "*": (0, 3), "+": (1, 3), 0: (0, 0)}.get(
        action.nargs, (action.nargs, action.nargs)
    )
    return st.lists(values, min_size=few, max_size=many).map(lambda words: name + words)


@st.composite
def lines(draw: st.DrawFn) -> Line:
    """Return a command line that works, or one with the name of a program alone, after a few edits."""
    name, *words = draw(st.sampled_from(STARTS))
    if name == "lexloom":
        name, words = f"{name} {words[0]}", words[1:]
    parser = parser_of(name)
    rules = {key: rule for group in parser.groups for key, rule in schema_of(group)["properties"].items()}
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.integers(0, len(words)))
        taken, added = draw(
            st.tuples(st.just(1), FILES.map(lambda file: [file]))
            | st.tuples(st.integers(0, 2), ODD_WORDS)
            | st.tuples(st.just(0), st.sampled_from(actions).flatmap(lambda action: option(action, rules)))
        )
        words = [*words[:place], *added, *words[place + taken :]]
    # A word of a command line holds no NUL, and the bytes that are not UTF-8 as Python reads them. No path
    # begins at the root, where others could be harmed.
    words = [word.replace("\0", "\udcff").replace("\ud800", "\udc80").lstrip("/") for word in words]
    return Line(name, words)


def check(line: Line) -> str:
    """Run a command line in a folder with files, folders and devices of every kind."""
    example_files.copy_to(Path())
    Path("folder").mkdir()
    Path("text.txt").write_text("the cat sleeps\nthe dog runs\n" * 9)
    Path("empty").touch()
    Path("not-utf8").write_bytes(b"the \xff cat\n")
    for name, minor in (("null", 3), ("full", 7)):
        make_device(name, minor)
    first, _, command = line.name.partition(" ")
    words = [*filter(None, [command]), *line.words]
    end = run_script(first, *words)
    check_ended(end, words)
    assert not list(Path().rglob("PWNED"))
    for name in ("null", "full"):
        assert not Path(name).is_file(), f"the device {name} was replaced by a file"
    return f"status {end.returncode}"


def make_device(name: str, minor: int) -> None:
    """Make a device of our own, so that the one of the machine is not replaced; a folder where nobody may."""
    try:
        os.mknod(name, stat.S_IFCHR | 0o666, os.makedev(1, minor))
    except OSError:
        Path(name).mkdir()


def prepare() -> None:
    """Load the programs, and make artifacts to give them."""
    example_files.folder()
    for name in NAMES:
        parser_of(name)


SUBJECT = engine.Subject("command_lines", lines(), check, prepare, limit=60)
