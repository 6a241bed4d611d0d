"""Lists of values of settings, of which every combination is tried."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from types import GenericAlias
from typing import Annotated, Any

from pydantic import Field, create_model

from lexloom.settings.base import DISTINCT, Settings, expected
from lexloom.settings.mistakes import dotted, validated

_NOT_VARIED: list[Any] = []


def list_of(group: type[Settings], name: str) -> Any:
    """Return the type of a list of values of a setting, each within its range."""
    field = group.model_fields[name]
    one = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    return GenericAlias(list, (one,))


def grid_of(group: type[Settings], *fixed: str) -> Any:
    """Return the class of grids over a group: of each setting that is not fixed any number of values."""
    fields: dict[str, Any] = {
        name: (
            Annotated[list_of(group, name), *DISTINCT, expected("a list of values, none twice")],
            Field(_NOT_VARIED, description=field.description),
        )
        for name, field in group.model_fields.items()
        if name not in fixed
    }
    doc = "Lists of values of settings; every combination is tried."
    return create_model(f"{group.__name__}Grid", __base__=Settings, __doc__=doc, **fields)


def combinations(grid: Mapping[str, Sequence], names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield every combination of values of some settings; the last one varies fastest."""
    for values in product(*(grid[name] for name in names)):
        yield dict(zip(names, values, strict=True))


def variants(grid: Settings | None) -> Iterator[dict[str, Any]]:
    """Yield what each combination of a grid changes; without a grid, one that changes nothing."""
    values = dict(grid or ())
    yield from combinations(values, [name for name in values if values[name]])


def check_grids(entries: Mapping[str, Settings], grids: Mapping[str, Settings]) -> None:
    """Check that what a grid makes of an entry is an entry.

    Raises
    ------
    ValueError
        If settings do not fit together; the message names the entry and the values of its grid.
    """
    for name in filter(entries.__contains__, grids):
        entry = entries[name]
        for changes in variants(grids[name]):
            _, mistakes = validated(type(entry), dict(entry) | changes)
            for path, mistake in mistakes.items():
                values = ", ".join(f"{setting} {value}" for setting, value in changes.items())
                raise ValueError(f"{name} with {values}: {dotted(path)}: {mistake.message}")
