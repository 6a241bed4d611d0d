"""Artifacts with something wrong inside, sealed again: each program uses them, or refuses them in words."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import example_files
from engine import Subject
from hypothesis import strategies as st
from programs import check_ended
from resealed import MUTATIONS, Mutation, mutate
from running import run_script


@dataclass(frozen=True)
class Sealed:
    """What is changed in which file, and the command line that reads it."""

    file: str
    mutations: list[Mutation]
    line: str


def readers() -> Iterator[tuple[str, str]]:
    """Yield each artifact with each command line that reads it."""
    for line in (*example_files.MAKERS, *example_files.USERS):
        words = shlex.split(line)
        made = words[words.index("--output") + 1] if "--output" in words else ""
        for word in {*words} - {made}:
            if word.endswith(".h5"):
                yield word, line
                yield word, f"lexloom info {word}"
        if made.startswith("unfinished_"):
            yield f"{made.removesuffix('.h5')}.finished-*.h5", line


READERS = sorted({*readers()})


def check(sealed: Sealed) -> str:
    """Change an artifact, and run a program that reads it."""
    example_files.copy_to(Path())
    (file,) = Path().glob(sealed.file)
    mutate(file, sealed.mutations)
    name, *words = shlex.split(sealed.line)
    end = run_script(name, *words)
    check_ended(end, words)
    assert end.returncode != 2, end.stderr
    assert "root:" not in end.stdout + end.stderr, "another file of the machine was read"
    return f"status {end.returncode}"


SUBJECT = Subject(
    "artifacts",
    st.builds(
        lambda reader, mutations: Sealed(reader[0], mutations, reader[1]),
        st.sampled_from(READERS),
        MUTATIONS,
    ),
    check,
    lambda: example_files.folder() and None,
    share=2,
)
