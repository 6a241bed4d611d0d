"""The arguments that `train_vectors` and `train_language_model` have in common."""

from typing import Any

from lexloom.errors import LexloomError
from lexloom.kernels.backend import Backend, get_backend
from lexloom.settings.execution import Compute, Seed
from lexloom.settings.mistakes import checked
from lexloom.settings.tokenize import Tokenize


class _Computed(Seed, Compute):
    """How a model is computed."""


def backend_for(seed: int, min_count: int, device: str, threads: int) -> Backend:
    """Check the arguments that every method has, and return the backend of the device.

    Raises
    ------
    LexloomError
        With each argument that is out of range.
    """
    checked(Tokenize, {"min_count": min_count})
    checked(_Computed, {"seed": seed, "device": device, "threads": threads})
    return get_backend(device, threads)


def refuse_arguments(method: str, **arguments: Any) -> None:
    """Raise an error if an argument that a method does not have is given, that is, not None.

    Raises
    ------
    LexloomError
        Naming the argument.
    """
    for name, value in arguments.items():
        if value is not None:
            raise LexloomError(f"{name}: not an argument of method {method!r}; leave it out")
