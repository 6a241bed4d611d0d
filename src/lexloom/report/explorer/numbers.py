"""Numbers as a page has them: finite, or None."""

import math


def or_none(value: float, digits: int = 6) -> float | None:
    """Return a number with so many significant digits, or None where it is not finite."""
    return float(f"{value:.{digits}g}") if math.isfinite(value) else None


def with_interval(value: float, low: float, high: float) -> list[float | None]:
    """Return a measurement and the limits of its interval, None where it has none."""
    return [or_none(value), or_none(low), or_none(high)]
