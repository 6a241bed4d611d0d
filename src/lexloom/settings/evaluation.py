"""What word vectors are scored against."""

from pydantic import Field

from lexloom.settings.base import Name, Settings
from lexloom.settings.downloads import Address, DownloadedFile


class EvaluationSet(DownloadedFile):
    """A file with judgements of people on words."""

    origin: Address = Field(description="where to download the file")


class Neighbours(Settings):
    """How many nearest words are listed."""

    neighbours: int = Field(5, ge=1, le=100, description="nearest words listed for each query")


class Evaluation(Neighbours):
    """What word vectors are scored against."""

    sets: dict[Name, EvaluationSet] = Field(
        {},
        description="word similarity and analogy sets; the one named `analogies` has lines of four words, "
        "all others lines of two words and a rating",
    )
