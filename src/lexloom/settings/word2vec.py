"""How word vectors are learned by CBOW and skip-gram."""

from typing import Annotated

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from lexloom.settings.base import (
    Architecture,
    Epochs,
    LearningRate,
    Optimizer,
    Parts,
    Proportion,
    Schedule,
    Settings,
    Size,
    matching,
)


class Batches(Settings):
    """How the training text is cut into batches, with negative samples."""

    dynamic: bool = Field(
        True, description="draw the window of each word from 1 to that of the contexts, as word2vec.c does"
    )
    batch: int = Field(
        1024,
        ge=1,
        le=1_000_000,
        description="target words in one update, rounded up to whole blocks",
    )
    samples: int = Field(64, ge=1, le=100_000, description="words drawn for each block of targets")
    block: int = Field(
        64,
        validate_default=True,  # the default may be more than `batch`
        ge=1,
        le=1024,
        description="consecutive targets that share their samples, at most `batch`: the larger, the faster; "
        "1 draws for each target its own",
    )
    parts: Parts = Field(
        1,
        description="parts of an update, each of whole blocks and computed by itself, at most as many as "
        "blocks fill `batch`; as many processes as parts, or fewer, can share them to the same results",
    )
    subsample: Proportion = Field(
        0.0,
        description="words that make up a larger proportion of the text are left out at random; 0 leaves out "
        "none",
    )

    @field_validator("block")
    @classmethod
    def _is_within_the_batch(cls, block: int, info: ValidationInfo) -> int:
        batch = info.data.get("batch", block)
        if block > batch:
            raise ValueError(f"block is {block}, more than batch, {batch}; set block to {batch} or less")
        return block

    @field_validator("parts")
    @classmethod
    def _have_blocks(cls, parts: int, info: ValidationInfo) -> int:
        batch, block = info.data.get("batch", parts), info.data.get("block", 1)
        if parts > -(-batch // block):
            raise ValueError(
                f"parts is {parts}, but a batch of {batch} has {-(-batch // block)} blocks of {block}; set "
                "parts or block to less"
            )
        return parts


class Word2vec(Batches):
    """How word vectors are learned by CBOW or skip-gram with negative sampling."""

    model: Architecture = Field(
        "cbow",
        description="cbow predicts a word from the words around it, skip-gram those around it from the word",
    )
    dimension: Size = Field(100, description="numbers in a word vector")
    epochs: Epochs = Field(20, description="times the text is read")
    negatives: float = Field(
        5.0,
        gt=0,
        le=1000,
        description="all samples together count as this many words against each predicted one; the fewer, "
        "the less rare pairs are pushed apart",
    )
    optimizer: Optimizer = Field("adagrad", description="how gradients become updates")
    learning_rate: LearningRate = Field(0.2, description="before the factor of the schedule")
    schedule: Schedule = Field(
        "linear", description="the learning rate stays constant, or falls to zero with the last update"
    )
    add_contexts: bool = Field(False, description="add to each word's vector its vector as an output")
    start: Annotated[str, matching(r"^[^\s\0{}]+", "a path without white space or null")] | None = Field(
        None,
        description="trained vectors to continue from (HDF5): their words keep their rows, new words follow",
    )
