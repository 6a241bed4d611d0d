"""Recurrent language models: their shape, regularization and training."""

from typing import Annotated, Literal

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from lexloom.settings.base import (
    DropRate,
    Epochs,
    LearningRate,
    Optimizer,
    Parts,
    Proportion,
    Schedule,
    Settings,
    Size,
    Tokens,
)

Cell = Literal["rnn", "lstm", "gru"]


class Shape(Settings):
    """What a recurrent language model is made of."""

    cell: Cell = Field("lstm", description="the recurrent layer; rnn is the plain one with tanh units")
    layers: int = Field(1, ge=1, le=100, description="recurrent layers on top of each other")
    embedding: Size = Field(256, description="size of a word vector")
    hidden: Size = Field(256, description="size of a hidden state")
    tied: bool = Field(
        False,
        description="the output layer uses the word vectors, so the last recurrent layer has the size of "
        "`embedding`; a single layer needs `hidden` equal to it",
    )

    @field_validator("tied")
    @classmethod
    def _sizes_fit(cls, tied: bool, info: ValidationInfo) -> bool:
        layers, embedding, hidden = (info.data.get(name) for name in ("layers", "embedding", "hidden"))
        if tied and layers == 1 and embedding and hidden and embedding != hidden:
            raise ValueError(
                f"embedding and hidden are {embedding} and {hidden}; make them equal, add a layer, or set "
                "tied to false"
            )
        return tied


class Regularization(Settings):
    """What a language model drops at random in training, and what it penalizes."""

    dropout: DropRate = Field(
        0.0,
        description="proportion of values dropped between recurrent layers, never from step to step "
        "(Zaremba, Sutskever & Vinyals 2014)",
    )
    input_dropout: DropRate | None = Field(
        None, description="the same before the first recurrent layer; null is as `dropout`"
    )
    output_dropout: DropRate | None = Field(
        None, description="the same after the last recurrent layer; null is as `dropout`"
    )
    locked_dropout: bool = Field(
        False,
        description="these three drop the same values at all steps of an update (variational dropout, Gal & "
        "Ghahramani 2016)",
    )
    word_dropout: DropRate = Field(
        0.0,
        description="proportion of words dropped wherever they are read in an update (embedding dropout)",
    )
    weight_drop: DropRate = Field(
        0.0,
        description="proportion of the recurrent weights dropped, the same at all steps of an update "
        "(DropConnect)",
    )
    activation_penalty: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="weight of the mean square of the last layer's hidden states (AR); no loss in a table or "
        "figure includes it",
    )
    change_penalty: float = Field(
        0.0,
        ge=0,
        le=1000,
        description="weight of the mean square of their change from step to step (TAR); no loss in a table "
        "or figure includes it",
    )

    def or_dropout(self, rate: float | None) -> float:
        """Return a rate, or `dropout` in place of None."""
        return self.dropout if rate is None else rate


class Architecture(Regularization, Shape):
    """What a recurrent language model is made of, and how it is regularized."""


class Training(Settings):
    """How a recurrent language model is trained."""

    batch: int = Field(10, ge=1, le=1_000_000, description="streams of text read side by side")
    parts: Parts = Field(
        1,
        description="parts of an update's streams, each computed by itself, at most `batch`; as many "
        "processes as parts, or fewer, can share them to the same results",
    )
    steps: int = Field(
        20, ge=1, le=100_000, description="words of truncated backpropagation through time in one update"
    )
    vary_steps: bool = Field(
        False,
        description="draw `steps` anew for each update, normally distributed about it, and scale the "
        "learning rate in proportion (variable BPTT length)",
    )
    samples: Tokens | None = Field(
        None,
        description="compare the targets of an update with a sample of about this many words (sampled "
        "softmax) in place of all; losses and training perplexities are then estimates, on average a little "
        "too low, while valid and test perplexity are still over all words",
    )
    epochs: Epochs = Field(5, description="times the text is read")
    optimizer: Optimizer = Field(
        "adam",
        description="how gradients become updates; row_adagrad has one rate for each row of a matrix, for "
        "word vectors",
    )
    learning_rate: LearningRate = Field(
        0.002,
        description="before the factor of the schedule; about 20 suits sgd with gated cells, 5 with plain "
        "ones, 0.001 to 0.01 adam",
    )
    schedule: Schedule = Field(
        "cosine", description="the learning rate stays constant, or falls to zero with the last update"
    )
    clip: Annotated[float, Field(gt=0, le=1_000_000)] | None = Field(
        None, description="a gradient with a larger global norm is scaled down to it"
    )
    weight_decay: Proportion = Field(
        0.0, description="an update also multiplies the weights by 1 - learning rate x this"
    )
    patience: Epochs | None = Field(
        None,
        description="stop after this many epochs without a better valid perplexity; the best model is kept "
        "in any case",
    )
    average_after: Epochs | None = Field(
        None,
        description="once the valid perplexity is worse than this many epochs before, average the weights "
        "over all steps from there on (NT-ASGD)",
    )

    @field_validator("parts")
    @classmethod
    def _have_streams(cls, parts: int, info: ValidationInfo) -> int:
        batch = info.data.get("batch", parts)
        if parts > batch:
            raise ValueError(f"parts is {parts}, more than batch, {batch}; set parts to {batch} or less")
        return parts


class Rnnlm(Training, Architecture):
    """A recurrent language model and its training."""
