"""Which words CBOW and skip-gram see."""

from pydantic import Field

from lexloom.settings.base import Settings, Window


class Contexts(Settings):
    """The contexts of a word."""

    window: Window = Field(5, description="words on each side of a word that CBOW and skip-gram see")
