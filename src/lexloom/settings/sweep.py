"""Which settings of counted vectors a sweep combines."""

from typing import Annotated, Any

from pydantic import Field, create_model

from lexloom.settings.base import SEVERAL, Settings
from lexloom.settings.counts import Counting
from lexloom.settings.grids import list_of
from lexloom.settings.ppmi import Ppmi
from lexloom.settings.svd import Svd

SWEPT: dict[str, type[Settings]] = {
    "window": Counting,
    "weighting": Counting,
    "subsample": Counting,
    "smoothing": Ppmi,
    "shift": Ppmi,
    "exponent": Svd,
    "add_contexts": Svd,
}
"""The settings that a sweep varies, with the group of each."""


def _several_values(name: str) -> tuple[Any, Any]:
    """Return type and field of a list of values of a setting, with the range and the help of the setting."""
    group = SWEPT[name]
    field = group.model_fields[name]
    return Annotated[list_of(group, name), *SEVERAL], Field([field.default], description=field.description)


_FIELDS: dict[str, Any] = {name: _several_values(name) for name in SWEPT}
Sweep: Any = create_model(
    "Sweep",
    __base__=Settings,
    __doc__="Lists of values of settings of counted vectors; every combination is tried.",
    **_FIELDS,
)
