"""How much text is generated."""

from pydantic import Field

from lexloom.settings.base import Settings
from lexloom.settings.splits import SPLITS

SHARES = dict(zip(SPLITS, (0.9, 0.05, 0.05), strict=True))
"""The proportions of the tokens."""


class Generated(Settings):
    """How much text to generate."""

    tokens: int = Field(
        200_000,
        ge=1000,
        le=1_000_000_000,
        description="words of train, valid and test together, line ends included",
    )
