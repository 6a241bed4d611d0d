"""The word vectors that a corpus may name. The model itself, which training depends on, is in word2vec.py."""

from typing import Annotated, Any

from pydantic import Field, field_validator
from pydantic_core.core_schema import ValidationInfo

from lexloom.settings.base import Settings, expected, name_of_file
from lexloom.settings.grids import check_grids, grid_of
from lexloom.settings.word2vec import Word2vec

VectorsName = Annotated[
    str,
    name_of_file(
        "svd",
        "ppmi",
        "ngram",
        "(gensim|rnnlm)_.*",
        but_not="svd, ppmi, ngram, nor gensim_ or rnnlm_ at the start, names of other files of results",
    ),
]

Word2vecGrid: Any = grid_of(Word2vec, "start")  # a path is no part of a file name


class Word2vecModels(Settings):
    """CBOW and skip-gram models by names of your choice; a corpus lists those it gets under `vectors`."""

    models: Annotated[dict[VectorsName, Word2vec], Field(min_length=1)] = Field(
        description="named models, at least one"
    )
    grids: Annotated[dict[VectorsName, Word2vecGrid], expected("lists of values, by model and setting")] = (
        Field(
            {},
            description="models of which the target `seeds` trains every combination of some values, such as "
            "cbow: {dimension: [50, 100]}",
        )
    )

    @field_validator("grids")
    @classmethod
    def _are_of_models(cls, grids: dict[str, Settings], info: ValidationInfo) -> dict[str, Settings]:
        check_grids(info.data.get("models", {}), grids)
        return grids
