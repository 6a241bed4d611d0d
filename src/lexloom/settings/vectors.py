"""How word vectors are stored."""

from typing import Literal

from pydantic import Field

from lexloom.settings.base import Settings


class Vectors(Settings):
    """How word vectors are stored."""

    precision: Literal["float32", "float16"] = Field(
        "float32", description="of the vectors in the files of SVD, CBOW and skip-gram"
    )
