"""What a rule depends on: every module that its script imports, and its settings with their names."""

import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from library import code_inputs

FOLDER = code_inputs.ROOT / "scripts"
SCRIPTS = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*.py"))
LOADED = """
import pathlib, runpy, sys
runpy.run_path(sys.argv[1])
for name, module in sys.modules.items():
    if name.split(".")[0] == "lexloom":
        print(pathlib.Path(module.__file__).resolve())
"""


@pytest.fixture
def library(tmp_path, monkeypatch):
    """Return a function that writes a module of a toy library, by its path and text."""
    monkeypatch.setattr(code_inputs, "ROOT", tmp_path)
    monkeypatch.setattr(code_inputs, "LIBRARY", tmp_path / "src/lexloom")

    def write(path, text):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    for name in ("__init__", "a", "b", "c", "models/__init__", "models/d", "models/e"):
        write(f"src/lexloom/{name}.py", "")
    return write


def modules(script):
    inputs = code_inputs.code(script)
    assert inputs["script"].endswith(f"scripts/{script}")
    return [path.partition("src/lexloom/")[2].removesuffix(".py") for path in inputs["modules"]]


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        ("import lexloom", ["__init__"]),
        ("import lexloom.a", ["__init__", "a"]),
        ("import lexloom.models.d as x, os", ["__init__", "models/__init__", "models/d"]),
        ("from lexloom import a, b", ["__init__", "a", "b"]),
        ("from lexloom.a import anything", ["__init__", "a"]),
        ("from lexloom.models import d", ["__init__", "models/__init__", "models/d"]),
        ("from lexloom.models.d import anything", ["__init__", "models/__init__", "models/d"]),
        ("def later():\n    from lexloom import c", ["__init__", "c"]),
        ("import numpy, lexloomer", []),
    ],
)
def test_every_form_of_import_is_seen(library, statement, expected):
    library("scripts/s.py", statement)
    assert modules("s.py") == expected


def test_imports_are_followed_through_modules_and_round_circles(library):
    library("scripts/s.py", "from lexloom import a")
    library("src/lexloom/a.py", "from lexloom.b import x")
    library("src/lexloom/b.py", "import lexloom.a, lexloom.models.d")
    library("src/lexloom/models/d.py", "from . import e\nfrom ..c import x")
    assert modules("s.py") == ["__init__", "a", "b", "c", "models/__init__", "models/d", "models/e"]


def test_the_cuda_source_of_a_module_is_an_input(library):
    library("scripts/s.py", "from lexloom import a")
    library("src/lexloom/a.cu", "")
    library("src/lexloom/b.cu", "")
    assert modules("s.py") == ["__init__", "a.cu", "a"]


def test_the_files_in_a_folder_with_the_name_of_a_module_are_inputs(library):
    library("scripts/s.py", "from lexloom import a")
    library("src/lexloom/a/page.html", "")
    library("src/lexloom/b/page.html", "")
    assert modules("s.py") == ["__init__", "a", "a/page.html"]


@pytest.mark.parametrize("script", SCRIPTS)
def test_what_python_loads_is_among_the_inputs(script):
    path = code_inputs.ROOT / "scripts" / script
    loaded = subprocess.run([sys.executable, "-c", LOADED, path], check=True, capture_output=True, text=True)
    inputs = {str(code_inputs.Path(module).resolve()) for module in code_inputs.code(script)["modules"]}
    assert set(loaded.stdout.split("\n")) - {""} <= inputs


NETWORKS = {f"language/{name}.py" for name in ("train_rnnlm", "evaluate_perplexity", "adapt_rnnlm")}
NETWORKS |= {"report/plot_gradient_lags.py"}
COUNTS = {f"vectors/{name}.py" for name in ("count_cooccurrences", "count_shard", "sweep_vectors")}
SVD = {"vectors/factorize_svd.py", "vectors/sweep_vectors.py"}
WORD2VEC = {"vectors/train_word2vec.py"}


def users(path):
    """Return the scripts, without the lessons, that depend on a module."""
    return {name for name in SCRIPTS if not name.startswith("lessons/") and str(path) in imported(name)}


@cache
def imported(script):
    return set(code_inputs.code(script)["modules"])


@pytest.mark.parametrize(
    ("subject", "expected"),
    [
        ("counting", COUNTS),
        ("projections", SVD),
        ("sparse", SVD),
        ("products", SVD | NETWORKS | WORD2VEC),
        ("recurrent", NETWORKS),
        ("softmax", NETWORKS),
        ("word2vec", WORD2VEC),
    ],
)
def test_stages_depend_on_the_kernels_of_their_subjects_only(subject, expected):
    files = code_inputs.LIBRARY.joinpath("kernels").rglob(f"{subject}.*")
    paths = [path for path in files if path.suffix in (".py", ".cu")]
    assert len(paths) >= 3
    for path in paths:
        assert users(path) == expected


def test_scripts_that_do_not_compute_depend_on_no_kernels_but_on_the_compiler_at_most():
    compiler = {"__init__.py", "compiled.py", "cache_folder.py", "imports.py"}
    for script in (
        "corpus/download_file.py",
        "corpus/tokenize_corpus.py",
        "report/tabulate_rnnlm.py",
        "report/plot_perplexity.py",
    ):
        kernels = {Path(path).name for path in code_inputs.code(script)["modules"] if "kernels" in path}
        assert kernels <= compiler
