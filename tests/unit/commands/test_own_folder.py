"""A folder of one's own gets a configuration, once, and Snakemake with it."""

import os
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from library.configuration import read_configuration
from snakemake.utils import update_config

from lexloom.commands import graph
from lexloom.errors import LexloomError

ROOT = Path(__file__).parents[3]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def started(monkeypatch):
    """The arguments with which Snakemake is started."""
    commands = []
    monkeypatch.setattr(os, "execv", lambda program, command: commands.append(command[3:]))
    return commands


names = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=9).filter(
    lambda name: "/" not in name and name.strip(".")
)


@given(st.lists(names, min_size=1, max_size=3))
def test_what_is_written_is_a_configuration_that_names_the_files(tmp_path_factory, files):
    folder = tmp_path_factory.mktemp("new")
    paths = [str(folder / name) for name in files]
    path = graph.write_configuration(folder, paths)
    own = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert own["corpora"]["mine"]["files"] == (paths if len(paths) > 1 else paths[0])
    config = yaml.safe_load((ROOT / "config/config.yaml").read_text())
    update_config(config, own)
    assert read_configuration(config).corpus == "mine"


def test_the_first_run_describes_the_texts_and_later_ones_need_not_name_them(folder, started):
    graph.run_graph("novels", ["a b.txt", "/far/*.txt"], 2, ["--dry-run"])
    configured = yaml.safe_load((folder / "novels/lexloom.yaml").read_text())
    assert configured["corpora"]["mine"]["files"] == ["../a b.txt", "/far/*.txt"]
    graph.run_graph("novels", [], 2, ["--dry-run"])
    graph.run_graph("novels", ["./a b.txt", "/far/*.txt"], 2, ["--dry-run"])
    profile = str(ROOT / "workflow/profiles/default")
    expected = ["--snakefile", str(ROOT / "Snakefile"), "--workflow-profile", profile]
    expected += ["--directory", "novels", "--configfile", str(folder / "novels/lexloom.yaml")]
    assert started == [[*expected, "--cores", "2", "--dry-run"]] * 3


def test_a_configuration_is_never_written_over(folder, started):
    (folder / "lexloom.yaml").write_text("corpora: {mine: {files: a.txt}}")
    with pytest.raises(LexloomError, match=r"lexloom.yaml: there already; edit it"):
        graph.write_configuration(".", ["b.txt"])
    with pytest.raises(LexloomError, match=r"lexloom.yaml: of other texts; edit its `files`"):
        graph.run_graph(".", ["b.txt"], 1, [])
    (folder / "lexloom.yaml").write_text("corpora: [")
    with pytest.raises(LexloomError, match="of other texts"):
        graph.run_graph(".", ["b.txt"], 1, [])
    assert (folder / "lexloom.yaml").read_text() == "corpora: ["
    assert started == []


def test_a_folder_without_texts_is_refused_with_what_to_do(folder):
    with pytest.raises(LexloomError, match=r"lexloom.yaml: no such file; name the texts: lexloom run"):
        graph.run_graph(".", [], 1, [])
    with pytest.raises(LexloomError, match="not UTF-8; rename the file"):
        graph.write_configuration(".", ["\udcff.txt"])
    assert os.listdir() == []
