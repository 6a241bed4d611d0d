"""Learning rate schedules: `schedule(step, steps)` returns the factor for step 0, 1, ..., steps - 1."""

import math


def constant(step: int, steps: int) -> float:
    """Return 1."""
    return 1.0


def linear(step: int, steps: int) -> float:
    """Return a factor that falls linearly from 1, and would reach 0 at `steps`."""
    return 1 - step / steps


def cosine(step: int, steps: int) -> float:
    """Return a factor that falls from 1 along half a cosine wave, and would reach 0 at `steps`.

    Loshchilov & Hutter 2017, equation 5, without restarts.
    """
    return 0.5 * (1 + math.cos(math.pi * step / steps))


SCHEDULES = {"constant": constant, "linear": linear, "cosine": cosine}
