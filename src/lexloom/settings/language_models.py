"""The language models that a corpus may name. The model itself, which training depends on, is in rnnlm.py."""

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from lexloom.settings.adaptation import Adaptation
from lexloom.settings.base import Settings, expected, name_of_file
from lexloom.settings.grids import check_grids, grid_of
from lexloom.settings.rnnlm import Rnnlm

ModelName = Annotated[
    str,
    name_of_file(
        ".*_perplexity",
        "ngram",
        but_not="ngram or _perplexity at the end, names of other files of results",
    ),
]

RnnlmGrid: Any = grid_of(Rnnlm)


class RnnlmModels(Settings):
    """Recurrent language models."""

    models: Annotated[dict[ModelName, Rnnlm], Field(min_length=1)] = Field(
        description="language models by names of your choice, at least one; a corpus lists those it gets "
        "under `models`"
    )
    grids: Annotated[dict[ModelName, RnnlmGrid], expected("lists of values, by model and setting")] = Field(
        {},
        description="models of which the target `seeds` trains every combination of some values, such as "
        "lstm: {dropout: [0.0, 0.2]}",
    )
    adaptation: Adaptation = Field(
        Adaptation(), description="how the models under a corpus's `adapt` adapt to the text they read"
    )

    @field_validator("grids")
    @classmethod
    def _are_of_models(cls, grids: dict[str, Settings], info: ValidationInfo) -> dict[str, Settings]:
        check_grids(info.data.get("models", {}), grids)
        return grids
