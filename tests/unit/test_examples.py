"""The examples in the documentation of functions and classes run."""

import doctest
import importlib
from pathlib import Path

import pytest

import lexloom

LIBRARY = Path(lexloom.__file__).parent
MODULES = [
    ".".join(("lexloom", *path.relative_to(LIBRARY).with_suffix("").parts)).removesuffix(".__init__")
    for path in sorted(LIBRARY.rglob("*.py"))
    if ">>> " in path.read_text(encoding="utf-8") and "cuda" not in path.parts
]


def test_there_are_examples():
    assert len(MODULES) > 15


@pytest.mark.parametrize("name", MODULES)
def test_the_examples_of_a_module_run(name):
    failed, run = doctest.testmod(importlib.import_module(name))
    assert run > 0
    assert failed == 0
