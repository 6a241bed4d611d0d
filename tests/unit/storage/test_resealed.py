"""An artifact sealed by anybody is used as it is, or refused in one line; whatever is wrong inside."""

import shlex
from contextlib import chdir
from functools import cache
from tempfile import TemporaryDirectory

import example_files
import pytest
from artifacts import READERS, Sealed, check
from hypothesis import example, given, settings
from hypothesis import strategies as st
from resealed import MUTATIONS, Mutation
from running import run_script

from lexloom.storage.artifacts import describe_artifact
from lexloom.storage.layouts import LAYOUTS


@cache
def readers_of(kind):
    """Return each example of a kind of artifact with each command line that reads it."""
    folder = example_files.folder()
    return [(file, line) for file, line in READERS if describe_artifact(next(folder.glob(file))).kind == kind]


@pytest.mark.parametrize("kind", LAYOUTS)
@given(mutations=MUTATIONS, reader=st.integers(0, 50))
@example(mutations=[Mutation("retype", 0, 0, "f2")], reader=0)
@settings(max_examples=20)
def test_a_changed_artifact_is_used_or_refused_in_one_line(kind, mutations, reader):
    readers = readers_of(kind)
    file, line = readers[reader % len(readers)]
    with TemporaryDirectory() as folder, chdir(folder):
        check(Sealed(file, mutations, line))


@pytest.mark.parametrize("line", dict.fromkeys(line for file, line in READERS if "finished" in file))
def test_a_training_goes_on_from_the_state_at_its_end(line, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    example_files.copy_to(tmp_path)
    assert "continuing from unfinished_" in run_script(*shlex.split(line)).stderr
