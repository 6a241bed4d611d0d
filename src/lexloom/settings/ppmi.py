"""How counted pairs are weighted."""

from pydantic import Field

from lexloom.settings.base import Settings


class Ppmi(Settings):
    """Positive pointwise mutual information."""

    smoothing: float = Field(
        1.0,
        gt=0,
        le=1,
        description="exponent on the distribution of contexts; below 1, rare contexts weigh less",
    )
    shift: float = Field(
        0.0,
        ge=0,
        le=20,
        description="bits subtracted from the pointwise mutual information before negative values become 0: "
        "log2 of the number of negative samples it stands for",
    )
