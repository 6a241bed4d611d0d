"""How mistakes in the configuration are told."""

from collections.abc import Sequence
from typing import NoReturn

from snakemake.exceptions import WorkflowError

from lexloom.errors import printable

_SHOWN = 50


def refuse(lines: Sequence[str]) -> NoReturn:
    """Raise a WorkflowError with a line for each mistake, which Snakemake prints without a traceback."""
    shown = [f"  {printable(line)}" for line in lines[:_SHOWN]]
    shown += [f"  and {len(lines) - _SHOWN} more"] if len(lines) > _SHOWN else []
    mistakes = "\n".join(shown)
    raise WorkflowError(f"the configuration has mistakes:\n{mistakes}\n`lexloom settings` explains each key")
