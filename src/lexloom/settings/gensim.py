"""How gensim learns vectors for comparison."""

from typing import Annotated

from pydantic import Field

from lexloom.settings.base import DISTINCT, Epochs, LearningRate, Proportion, Settings, Size, Window, expected


class GensimModel(Settings):
    """How gensim learns word vectors."""

    dimension: Size = Field(100, description="numbers in a word vector")
    window: Window = Field(5, description="words on each side at most; gensim draws how many")
    epochs: Epochs = Field(5, description="times the text is read")
    negatives: int = Field(5, ge=1, le=1000, description="words drawn against each predicted one")
    subsample: Proportion = Field(
        0.001,
        description="words that make up a larger proportion of the text are left out at random; 0 leaves out "
        "none",
    )
    learning_rate: LearningRate = Field(0.025, description="at the start; it falls linearly to 0.0001")


class Gensim(Settings):
    """gensim's vectors, shown beside ours where gensim is installed."""

    corpora: Annotated[
        list[Annotated[str, expected("the name of one of the corpora")]],
        *DISTINCT,
        expected("a list of names of corpora, none twice"),
    ] = Field([], description="the corpora on which gensim trains too")
    cbow: GensimModel = Field(GensimModel(), description="gensim's CBOW")
    skipgram: GensimModel = Field(GensimModel(), description="gensim's skip-gram")
