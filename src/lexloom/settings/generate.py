"""How much text is generated."""

from pydantic import Field

from lexloom.settings.base import Settings


class Generated(Settings):
    """How much text to generate."""

    tokens: int = Field(
        200_000,
        ge=1000,
        le=1_000_000_000,
        description="words of train, valid and test together, line ends included",
    )
