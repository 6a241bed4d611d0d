"""How pairs of near words are counted."""

from typing import Literal

from pydantic import Field

from lexloom.settings.base import Proportion, Settings, Window

Weighting = Literal["flat", "distance", "dynamic"]


class Pairs(Settings):
    """Which words are near each other, and how much such a pair counts."""

    window: Window = Field(5, description="words on each side of a word that are near it")
    weighting: Weighting = Field(
        "flat",
        description="what a near word at distance d counts: flat 1, distance 1/d, dynamic (window - d + 1) / "
        "window",
    )


class Counting(Pairs):
    """What counts as near, and how much."""

    subsample: Proportion = Field(
        0.0,
        description="words that make up a larger proportion of the text count less; 0 counts all in full",
    )


class Memory(Settings):
    """How much memory counting may use."""

    memory_mb: int = Field(
        1000,
        ge=1,
        le=10_000_000,
        description="megabytes for one job to count in; the rest goes through temporary files, and results "
        "do not depend on it",
    )


class Counts(Memory, Counting):
    """How pairs of near words are counted."""

    shards: int = Field(
        1,
        ge=1,
        le=10_000,
        description="parts of the text, each counted by a job of its own; results do not depend on it",
    )
