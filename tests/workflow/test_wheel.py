"""Who installs the wheel needs no clone: it carries the graph, and runs it on texts."""

import os
import site
import subprocess
import sys
import zipfile

import pytest
import yaml
from conftest import ROOT, copy_repository, own_text

GRAPH = ("Snakefile", "config/", "scripts/", "workflow/")


def call(*command, **options):
    """Run a program without what this session knows of a clone; return what it prints."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        list(map(str, command)),
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    (folder / "clone").mkdir()
    copy_repository(folder / "clone")
    call(
        *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"),
        *("--wheel-dir", folder, "."),
        cwd=folder / "clone",
    )
    (path,) = folder.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def bin_folder(wheel):
    """The programs of an environment with nothing but the wheel; dependencies are those of the tests."""
    environment = wheel.parent / "environment"
    call(sys.executable, "-m", "venv", environment)
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "dependencies.pth").write_text("\n".join(site.getsitepackages()))
    call(environment / "bin/python", "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", wheel)
    return environment / "bin"


def test_the_wheel_carries_all_of_the_graph(wheel):
    tracked = subprocess.run(
        ["git", "ls-files", *GRAPH], cwd=ROOT, check=True, capture_output=True, text=True
    )
    carried = zipfile.ZipFile(wheel).namelist()
    assert {name for name in carried if name.startswith("lexloom/graph/")} == {
        f"lexloom/graph/{name}" for name in tracked.stdout.split()
    }
    assert "lexloom/kernels/cuda/word2vec.cu" in carried
    assert not [name for name in carried if not name.startswith(("lexloom/", "lexloom-"))]


def test_texts_become_vectors_without_a_clone(bin_folder, tmp_path):
    (tmp_path / "my texts").mkdir()
    (tmp_path / "my texts/one.txt").write_text(own_text())
    target = "data/mine/ppmi.h5"
    options = ["--folder", "new/novels", "--cores", "2"]
    said = call(
        bin_folder / "lexloom",
        *("run", "my texts/*.txt", *options, "--snakemake", target),
        cwd=tmp_path,
    )
    assert f"weight_ppmi: {target}" in said
    folder = tmp_path / "new/novels"
    assert sorted(os.listdir(tmp_path)) == ["my texts", "new"]
    configured = yaml.safe_load((folder / "lexloom.yaml").read_text())
    assert configured["corpora"]["mine"]["files"] == "../../my texts/*.txt"
    nearest = call(bin_folder / "lexloom", "similar", target, "goodbye", "--count", "3", cwd=folder)
    assert len(nearest.split()) == 7
    again = call(
        bin_folder / "lexloom", "run", *options, "--snakemake", "-n", "data/mine/corpus.h5", cwd=tmp_path
    )
    assert "Nothing to be done" in again
