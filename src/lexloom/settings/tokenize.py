"""How text becomes word ids."""

import math
import shlex
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, field_validator
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import ValidationInfo

from lexloom.settings.base import END, UNKNOWN, Pattern, Settings, expected, matching

WORDS = "words"
"""The pattern that keeps words of every script whole."""

Token = Annotated[
    str, matching(rf"^(?!{UNKNOWN}{END})[^\s\0]+", f"a token without white space or null, but not {UNKNOWN}")
]

Sentences = Literal["line", "paragraph", "document", "split"]

_SPLIT = "three proportions of the tokens, each above 0, with the sum 1"


def _words_of_command(command: str) -> str:
    try:
        words = shlex.split(command)
    except ValueError:
        words = []
    if not words or "\0" in command:
        raise PydanticCustomError("command", "not a program and its arguments")
    return command


Command = Annotated[
    str,
    AfterValidator(_words_of_command),
    expected("a program and its arguments, such as mecab -O wakati, or null"),
]


class Segmenting(Settings):
    """Who finds the words of a language without spaces."""

    tokenizer: Literal["jieba", "fugashi"] | None = Field(
        None, description="puts spaces between words first: jieba for Chinese, fugashi for Japanese"
    )
    command: Command | None = Field(
        None,
        description="the same by a program that reads lines and writes for each its words, with spaces "
        "between them; it runs as you",
    )

    @field_validator("command")
    @classmethod
    def _is_alone(cls, command: str | None, info: ValidationInfo) -> str | None:
        if command is not None and info.data.get("tokenizer") is not None:
            raise ValueError("there is a tokenizer, too; leave out one of them")
        return command


class Reading(Segmenting):
    """How files are read and split."""

    sentences: Sentences = Field(
        "line",
        description="where sentences end: at each line end; at empty lines (paragraph), so that lines may be "
        "wrapped; at the end of each file (document); or at final punctuation and empty lines (split)",
    )
    split_by: Literal["position", "file", "block", "sentence"] = Field(
        "position",
        description="where a corpus is one text: train is its beginning and test its end (position); or "
        "whole files, blocks of a hundredth of the text, or sentences are drawn for each",
    )


class Tokenize(Reading):
    """How text becomes word ids."""

    pattern: Pattern | None = Field(
        None,
        description="words, which keeps words of every script whole and makes each punctuation mark a token; "
        "or a regular expression for one token; without one, white space separates tokens",
    )
    lower: bool = Field(False, description="convert to lower case")
    normalize: Literal["NFC", "NFD", "NFKC", "NFKD"] | None = Field(
        "NFC", description="Unicode normal form to convert to, so that é is one word however it is encoded"
    )
    sentence_end: Token | None = Field(
        "<eos>", description="the token added at the end of each sentence that has a token"
    )
    min_count: int = Field(
        1, ge=1, le=1_000_000_000, description="words that occur less often in train become <unk>"
    )
    max_vocab: Annotated[int, Field(ge=2, le=1_000_000_000)] | None = Field(
        None, description="largest vocabulary size, <unk> and sentence end included"
    )
    id_order: Literal["frequency", "appearance"] = Field(
        "frequency", description="number words by how frequent they are, or by where they first appear"
    )
    split: Annotated[
        list[Annotated[float, Field(gt=0, lt=1)]], Field(min_length=3, max_length=3), expected(_SPLIT)
    ] = Field(
        [0.9, 0.05, 0.05],
        description="proportions of train, valid and test where a corpus is one text",
    )

    @field_validator("split")
    @classmethod
    def _sum_is_one(cls, split: list[float]) -> list[float]:
        if not math.isclose(sum(split), 1.0, abs_tol=1e-9):
            raise ValueError(f"{split} has the sum {sum(split):g}; expected three proportions with the sum 1")
        return split

    def recorded(self) -> dict[str, Any]:
        """Return what an artifact records: all settings, those of `Reading` only if not the usual ones."""
        settings = self.model_dump(exclude=set(Reading.model_fields))
        return settings | self.part(Reading).model_dump(exclude_defaults=True)
