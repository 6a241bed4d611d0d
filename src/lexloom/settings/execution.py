"""How jobs run; no result depends on it."""

from typing import Annotated, Literal

from pydantic import Field

from lexloom.settings.base import Settings

Device = Literal["cpu", "cuda"]
SeedNumber = Annotated[int, Field(ge=0, le=4_294_967_295)]


class Threads(Settings):
    """How many threads a job uses."""

    threads: int = Field(1, ge=1, le=1024, description="CPU threads of a job; results do not depend on it")


class Compute(Threads):
    """Where a job computes."""

    device: Device = Field("cpu", description="where to compute; cuda needs CuPy and an NVIDIA GPU")


class Seed(Settings):
    """What makes random numbers repeatable."""

    seed: SeedNumber = Field(1, description="seed of every random number")


class Checkpoints(Settings):
    """How often the state of a training is saved."""

    checkpoint_minutes: float = Field(
        10.0,
        ge=0,
        le=1_000_000,
        description="minutes from one checkpoint of a training to the next; 0 writes one after each step; "
        "results do not depend on it",
    )


class Resuming(Checkpoints):
    """How a training resumes."""

    keep_finished: bool = Field(
        False,
        description="keep the state at the end of the training, next to the output, so that it can be "
        "written again without training",
    )
