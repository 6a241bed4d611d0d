"""The n-gram language model."""

from pydantic import Field

from lexloom.settings.base import Settings


class Ngram(Settings):
    """The n-gram language model with Kneser-Ney smoothing."""

    order: int = Field(5, ge=1, le=20, description="words in the longest n-gram, the predicted one included")
