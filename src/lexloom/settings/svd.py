"""How weighted pairs are factorized."""

from pydantic import Field

from lexloom.settings.base import Proportion, Settings, Size


class Dimension(Settings):
    """The size of word vectors."""

    dimension: Size = Field(100, description="numbers in a word vector; less than the size of the vocabulary")


class Svd(Dimension):
    """Truncated singular value decomposition."""

    exponent: Proportion = Field(
        0.5,
        description="of the singular values S: word vectors are U S^exponent, context vectors V S^exponent",
    )
    add_contexts: bool = Field(False, description="add to each word's vector its vector as a context")
