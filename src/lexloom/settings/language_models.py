"""The language models that a corpus may name. The model itself, which training depends on, is in rnnlm.py."""

from typing import Annotated

from pydantic import Field

from lexloom.settings.adaptation import Adaptation
from lexloom.settings.base import Settings, name_of_file
from lexloom.settings.rnnlm import Rnnlm

ModelName = Annotated[
    str,
    name_of_file(
        ".*_perplexity",
        "ngram",
        but_not="ngram or _perplexity at the end, names of other files of results",
    ),
]


class RnnlmModels(Settings):
    """Recurrent language models."""

    models: Annotated[dict[ModelName, Rnnlm], Field(min_length=1)] = Field(
        description="language models by names of your choice, at least one; a corpus lists those it gets "
        "under `models`"
    )
    adaptation: Adaptation = Field(
        Adaptation(), description="how the models under a corpus's `adapt` adapt to the text they read"
    )
