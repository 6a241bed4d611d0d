"""The examples in docstrings run, and print what they show."""

import doctest
import importlib
import pkgutil

import pytest

from lexloom import lessons, nn, training

MODULES = [
    module.name
    for package in (nn, training, lessons)
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}.")
]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
