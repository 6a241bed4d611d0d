"""How trained language models adapt to the text they read."""

from typing import Annotated, Literal

from pydantic import Field

from lexloom.settings.base import Proportion, Settings, Several, Tokens

Method = Literal["cache", "dynamic"]


class Cache(Settings):
    """A neural cache: words that followed similar hidden states count more (Grave, Joulin & Usunier 2017)."""

    windows: Several[Annotated[int, Field(ge=1, le=100_000)]] = Field(
        [500], description="words that the cache remembers, to choose from on valid"
    )
    thetas: Several[Annotated[float, Field(ge=0, le=1000)]] = Field(
        [0.7],
        description="how much more a word counts the more similar its state is, to choose from on valid; 0 "
        "counts all the same",
    )


class Dynamic(Settings):
    """Dynamic evaluation: the model keeps learning while it reads (Krause et al. 2018)."""

    steps: int = Field(20, ge=1, le=100_000, description="words from one update to the next")
    tokens: Tokens = Field(
        20_000,
        description="the first of train, to measure how large gradients are, and the first of valid, to "
        "choose settings on",
    )
    learning_rates: Several[Annotated[float, Field(ge=0, le=1000)]] = Field(
        [0.005], description="step sizes of an update, to choose from"
    )
    decays: Several[Proportion] = Field(
        [0.005],
        description="how much of the way back to the trained weights an update goes on average, to choose "
        "from",
    )


class Adaptation(Settings):
    """How trained language models adapt to the text they read; their settings are chosen on valid."""

    cache: Cache = Field(Cache(), description="a neural cache")
    dynamic: Dynamic = Field(Dynamic(), description="dynamic evaluation")
