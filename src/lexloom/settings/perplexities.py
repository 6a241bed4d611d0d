"""Test perplexities that are known beforehand."""

from typing import Annotated, get_args

from pydantic import Field

from lexloom.settings.adaptation import Method
from lexloom.settings.base import matching
from lexloom.settings.corpora import CorpusName

_METHODS = get_args(Method)
RungName = Annotated[
    str,
    matching(
        rf"^[A-Za-z0-9][A-Za-z0-9_-]{{0,99}}(\+({'|'.join(_METHODS)}))?",
        f"the name of a model, with {' or '.join(f'+{method}' for method in _METHODS)} where it adapts",
    ),
]
Perplexities = dict[CorpusName, dict[RungName, Annotated[float, Field(ge=1, le=1_000_000_000)]]]
