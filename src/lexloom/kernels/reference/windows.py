"""The contexts in a piece of text, in plain array operations on any device."""

from typing import Any

from lexloom.kernels.array_module import array_module


def targets_and_counts(ids: Any, radii: Any) -> tuple[Any, Any]:
    """Return the word (B,) at each position of a piece of text, and how many words are around it (B,).

    Parameters
    ----------
    ids, radii
        As in `reference.cbow`. At a position without a word the count is 0.
    """
    xp = array_module(ids)
    window = (len(ids) - len(radii)) // 2
    targets = ids[window : window + len(radii)]
    before = xp.concatenate([xp.zeros(1, xp.int64), xp.cumsum(ids >= 0)])
    here = xp.arange(window, window + len(radii))
    counts = before[here + radii + 1] - before[here - radii] - 1
    return targets, xp.where(targets >= 0, counts, 0)


def contexts_around(ids: Any, radii: Any) -> Any:
    """Return the words around each position (B, 2 window) of a piece of text, in its order; -1 where none is.

    Parameters
    ----------
    ids, radii
        As in `reference.cbow`. Nothing is around a position without a word, or beyond its radius.
    """
    xp = array_module(ids)
    window = (len(ids) - len(radii)) // 2
    offsets = xp.concatenate([xp.arange(-window, 0), xp.arange(1, window + 1)])
    here = xp.arange(window, window + len(radii))[:, None]
    inside = (xp.abs(offsets) <= radii[:, None]) & (ids[here] >= 0)
    return xp.where(inside, ids[here + offsets], -1)
