"""The examples in the docstrings run, and give what they show."""

import doctest
import importlib
import pkgutil

import pytest

from lexloom import nn

MODULES = [module.name for module in pkgutil.iter_modules(nn.__path__, "lexloom.nn.")]


@pytest.mark.parametrize("name", MODULES)
def test_examples(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
