"""Lists of values of settings, and every combination of them."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from lexloom.settings.base import Settings
from lexloom.settings.grids import check_grids, combinations, grid_of, variants
from lexloom.settings.language_models import RnnlmGrid
from lexloom.settings.rnnlm import Rnnlm


class Small(Settings):
    """Two settings."""

    size: int = Field(1, ge=1, le=5, description="how large")
    rate: float | None = Field(None, ge=0, description="how fast")


SmallGrid = grid_of(Small)


@given(
    st.lists(st.integers(1, 5), max_size=3, unique=True),
    st.lists(st.none() | st.floats(0, 9), max_size=3, unique=True),
)
def test_each_combination_of_the_values_comes_once_and_settings_without_values_stay(sizes, rates):
    found = [tuple(changes.items()) for changes in variants(SmallGrid(size=sizes, rate=rates))]
    pairs = [
        [(name, value) for value in values] for name, values in (("size", sizes), ("rate", rates)) if values
    ]
    assert found == list(product(*pairs))


def test_without_a_grid_nothing_changes():
    assert list(variants(None)) == [{}]
    assert list(combinations({"a": [1, 2], "b": [3]}, ["b"])) == [{"b": 3}]


@pytest.mark.parametrize(
    "values", [{"size": [0]}, {"size": [1, 1]}, {"size": 1}, {"sizes": [1]}, {"rate": [-1]}]
)
def test_a_value_is_one_of_its_setting_and_none_is_there_twice(values):
    with pytest.raises(ValidationError):
        SmallGrid(**values)


def test_a_grid_has_the_settings_that_are_not_fixed():
    assert list(grid_of(Small, "rate").model_fields) == ["size"]
    assert set(RnnlmGrid.model_fields) == set(Rnnlm.model_fields)


def test_what_a_grid_makes_of_an_entry_is_an_entry():
    entries = {"lstm": Rnnlm(tied=True), "other": Rnnlm()}
    check_grids(entries, {"other": RnnlmGrid(hidden=[8, 256]), "unknown": RnnlmGrid(hidden=[8])})
    with pytest.raises(
        ValueError, match=r"^lstm with layers 1, hidden 8: tied: embedding and hidden are 256 and 8"
    ):
        check_grids(entries, {"lstm": RnnlmGrid(layers=[2, 1], hidden=[8])})
