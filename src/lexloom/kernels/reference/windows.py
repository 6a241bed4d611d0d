"""The context windows of word2vec, in plain array operations on any device."""

from typing import Any

from lexloom.kernels.array_module import array_module


def targets_and_counts(ids: Any, radii: Any) -> tuple[Any, Any]:
    """Return the word at each position of a text, and the number of words in its window.

    Parameters
    ----------
    ids, radii
        As in `Reference.cbow`.

    Returns
    -------
    targets : (B,) int array
        -1 where there is no word.
    counts : (B,) int array
        0 where there is no word at the position.
    """
    xp = array_module(ids)
    window = (len(ids) - len(radii)) // 2
    targets = ids[window : window + len(radii)]
    before = xp.concatenate([xp.zeros(1, xp.int64), xp.cumsum(ids >= 0)])
    here = xp.arange(window, window + len(radii))
    counts = before[here + radii + 1] - before[here - radii] - 1
    return targets, xp.where(targets >= 0, counts, 0)


def contexts_around(ids: Any, radii: Any) -> Any:
    """Return the words in the window of each position, in text order.

    Parameters
    ----------
    ids, radii
        As in `Reference.cbow`.

    Returns
    -------
    contexts : (B, 2 window) int array
        -1 beyond the radius of a position, where the text has no word, and in the whole row of a position
        without a word.
    """
    xp = array_module(ids)
    window = (len(ids) - len(radii)) // 2
    offsets = xp.concatenate([xp.arange(-window, 0), xp.arange(1, window + 1)])
    here = xp.arange(window, window + len(radii))[:, None]
    inside = (xp.abs(offsets) <= radii[:, None]) & (ids[here] >= 0)
    return xp.where(inside, ids[here + offsets], -1)
