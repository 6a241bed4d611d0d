"""What jobs need of the node of a cluster that they run on."""

from collections.abc import Callable
from typing import Any

SNAKEMAKE_MB = 400
"""What a job takes before it does anything: on Slurm it is two Snakemakes, one in the other."""


def memory(megabytes: int) -> Callable[..., int]:
    """Return the memory that a job asks for, in MB, as Snakemake computes resources.

    Parameters
    ----------
    megabytes : int
        What the script needs at most; the first attempt asks for that, each further one for as much more.
    """

    def mem_mb(wildcards: Any, attempt: int) -> int:
        return attempt * (SNAKEMAKE_MB + megabytes)

    return mem_mb
