"""The base of all settings, and the kinds of values that several of them share.

pydantic carries the settings: it checks all values at once and describes each class as JSON Schema. Editors,
error messages, command lines and the reference pages take types, ranges and help from there.
"""

import re
from argparse import Namespace
from numbers import Integral, Real
from typing import Annotated, Any, Literal, Self, TypeVar
from warnings import catch_warnings, simplefilter

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

Group = TypeVar("Group", bound="Settings")
Item = TypeVar("Item")


class Settings(BaseModel):
    """A group of settings, checked when it is made and unchangeable from then on.

    Types are strict: 2.0 is not a whole number, and "2" is not a number. An unknown name is refused. NumPy's
    integers and floats are accepted as numbers.
    """

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, allow_inf_nan=False, regex_engine="python-re"
    )

    @model_validator(mode="before")
    @classmethod
    def _take_plain_numbers(cls, values: Any) -> Any:
        return {key: _plain(value) for key, value in values.items()} if isinstance(values, dict) else values

    @classmethod
    def of(cls, checked: "Namespace | Settings") -> Self:
        """Return the settings of this class from a command line, or from a class that inherits them."""
        values = {name: getattr(checked, name) for name in cls.model_fields}
        return cls.model_construct(**values)  # type: ignore[return-value]  # the plugin takes it for Settings

    def part(self, group: type[Group]) -> Group:
        """Return the settings that belong to a base class, as an instance of it."""
        return group.of(self)

    def over(self, defaults: Self) -> Self:
        """Return these settings, with those of `defaults` wherever nothing was set here."""
        chosen = {name: getattr(self, name) for name in self.model_fields_set}
        return defaults.model_copy(update=chosen)


def _plain(value: Any) -> Any:
    """Return a number of another library, such as NumPy, as one of Python."""
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, int | float) or not isinstance(value, Real):
        return value
    return int(value) if isinstance(value, Integral) else float(value)


END = r"(?![\s\S])"
"""The end of a text in a pattern: Python lets `$` match before a line end, and JSON Schema has no `\\Z`."""


def expected(words: str) -> Any:
    """Say in messages what a value should be, where its type and range do not say it best."""
    return Field(json_schema_extra={"expected": words})


def matching(pattern: str, words: str) -> Any:
    """Restrict a text to those that match a pattern; `words` say what is expected."""
    return Field(pattern=pattern + END, json_schema_extra={"expected": words})


# Spaces, punctuation, changes of direction and others that no name needs; joiners are part of words.
_NOT_IN_NAMES = (
    r"\x00-,./:-@\[-^`{-\xa9\xab-\xb4\xb6-\xb9\xbb-\xbf\xd7\xf7\u1680\u180e\u2000-\u200b\u200e-\u2bff"
    r"\u2e00-\u2e7f\u3000-\u3004\u3008-\u3020\u3030\ud800-\uf8ff\ufe00-\ufe0f\ufe10-\ufe6f\ufeff-\uff0f\uff1a-\uff20\ufff0-\uffff"
)


def name_of_file(*reserved: str, but_not: str = "", any_script: bool = False) -> Any:
    """Restrict a text to names that can be part of file names, without those that mean other files."""
    barred = "".join(f"(?!{pattern}{END})" for pattern in reserved)
    ascii_name = "[A-Za-z0-9][A-Za-z0-9_-]{0,99}"
    if any_script:  # a character takes at most 4 of the 255 bytes of a file name
        names = rf"(?:{ascii_name}|[^{_NOT_IN_NAMES}_-][^{_NOT_IN_NAMES}]{{0,59}})"
        words = "letters, digits, _ and -, at most 100, or 60 if not all are of English"
    else:
        names, words = ascii_name, "letters, digits, _ and -, at most 100"
    return matching(f"^{barred}{names}", words + (f", but not {but_not}" if but_not else ""))


def _distinct(values: list[Item]) -> list[Item]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("repeated", "a value is repeated")
    return values


def _power_of_two(value: int) -> int:
    if value & (value - 1):
        raise PydanticCustomError("power_of_two", "not a power of two")
    return value


def _regular_expression(pattern: str) -> str:
    try:
        with catch_warnings():
            simplefilter("ignore", FutureWarning)  # what may mean something else in a later Python
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise PydanticCustomError("regular_expression", "not a regular expression") from error
    return pattern


UNKNOWN = "<unk>"
"""The word that stands for all words without an id of their own."""

DISTINCT = (AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True}))
"""What makes a list refuse to hold a value twice."""

SEVERAL = (
    Field(min_length=1),
    *DISTINCT,
    expected("a list of values, at least one, none twice"),
)
"""What makes a list hold at least one value, and none twice."""

Several = Annotated[list[Item], *SEVERAL]

Name = Annotated[str, name_of_file()]
Window = Annotated[int, Field(ge=1, le=100)]
Size = Annotated[int, Field(ge=1, le=100_000)]
Epochs = Annotated[int, Field(ge=1, le=100_000)]
Tokens = Annotated[int, Field(ge=1, le=1_000_000_000)]
Proportion = Annotated[float, Field(ge=0, le=1)]
Parts = Annotated[
    int,
    Field(ge=1, le=1024, exclude_if=lambda parts: parts == 1),  # artifacts of a single part record none
    AfterValidator(_power_of_two),
    expected("a power of two from 1 to 1024"),
]
DropRate = Annotated[float, Field(ge=0, lt=1)]
LearningRate = Annotated[float, Field(gt=0, le=1000)]
Pattern = Annotated[
    str,
    Field(pattern=r"^[^\0]+" + END),
    AfterValidator(_regular_expression),
    expected("words, a regular expression for one token, or null"),
]

Architecture = Literal["cbow", "skip-gram"]
Optimizer = Literal["sgd", "momentum", "adagrad", "row_adagrad", "adam"]
Schedule = Literal["constant", "linear", "cosine"]
