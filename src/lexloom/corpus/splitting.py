"""One text becomes train, valid and test."""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lexloom.errors import LexloomError
from lexloom.settings.tokenize import Tokenize

_BLOCKS = 100
"""How many blocks a text is cut into at most, where blocks are drawn."""


def split_one_text(
    tokens: np.ndarray, end: int, files: Sequence[int], settings: Tokenize, rng: np.random.Generator | None
) -> list[np.ndarray]:
    """Split a text as the settings of a corpus say.

    Parameters
    ----------
    tokens : (T,) int array
    end : int
        The id that ends each sentence.
    files : sequence of int
        Where the files of the text begin and end, from 0 to T.
    settings : Tokenize
    rng : Generator, optional
        Needed unless the text is split by position.

    Returns
    -------
    parts : list of int arrays
    """
    if rng is None or settings.split_by == "position":
        return split_text(tokens, end, settings.split)
    if settings.split_by == "file":
        bounds = np.unique(files)
    else:
        bounds = sentence_bounds(tokens, end)
        bounds = block_bounds(bounds) if settings.split_by == "block" else bounds
    return split_at_random(tokens, bounds, settings.split, rng)


def split_text(tokens: np.ndarray, end: int, shares: Sequence[float]) -> list[np.ndarray]:
    """Cut a text into consecutive parts, without copying.

    A part ends with the line in which it reaches its proportion of the tokens. A text with too few lines,
    such as one long line, is cut between tokens instead.

    Parameters
    ----------
    tokens : (T,) int array
    end : int
        The id that ends each line.
    shares : floats
        The proportions, each above 0, with sum 1.

    Returns
    -------
    parts : list of int arrays
    """
    cuts = [round(share * len(tokens)) for share in np.cumsum(shares)[:-1]]
    at_line_ends = [cut + int(np.argmax(tokens[cut - 1 :] == end)) for cut in cuts if cut]
    if len(set(at_line_ends) - {len(tokens)}) == len(cuts):
        cuts = at_line_ends
    return np.split(tokens, cuts)


def split_at_random(
    tokens: np.ndarray, bounds: np.ndarray, shares: Sequence[float], rng: np.random.Generator
) -> list[np.ndarray]:
    """Draw which pieces of a text belong to each part; within a part, they keep their order.

    The pieces are shuffled. Of these, each part but the last takes as many as reach its proportion of the
    tokens, and every part takes at least one.

    Parameters
    ----------
    tokens : (T,) int array
    bounds : (P + 1,) int array
        Where the pieces begin and end, from 0 to T.
    shares : floats
        The proportions, each above 0, with sum 1.
    rng : Generator

    Returns
    -------
    parts : list of int arrays

    Raises
    ------
    LexloomError
        If there are fewer pieces than parts.
    """
    sizes = np.diff(bounds)
    if len(sizes) < len(shares):
        raise LexloomError(
            f"split_by: only {len(sizes)} to draw from; expected at least {len(shares)}: split by something "
            "smaller, or add text"
        )
    order = rng.permutation(len(sizes))
    reached = np.cumsum(sizes[order])
    cuts = [0]
    for number, share in enumerate(np.cumsum(shares)[:-1], 1):
        enough = 1 + int(np.searchsorted(reached, round(share * len(tokens))))
        cuts.append(min(max(enough, cuts[-1] + 1), len(sizes) - len(shares) + number))
    part_of = np.full(len(sizes), len(shares) - 1)
    for part, (start, stop) in enumerate(pairwise(cuts)):
        part_of[order[start:stop]] = part
    return [tokens[np.repeat(part_of == part, sizes)] for part in range(len(shares))]


def sentence_bounds(tokens: np.ndarray, end: int) -> np.ndarray:
    """Return where the sentences of a text begin and end."""
    return np.unique(np.concatenate([[0], np.flatnonzero(tokens == end) + 1, [len(tokens)]]))


def block_bounds(bounds: np.ndarray) -> np.ndarray:
    """Return where blocks of consecutive sentences begin and end, a hundred of about the same size at most.

    Parameters
    ----------
    bounds : (S + 1,) int array
        Of the sentences.
    """
    block = bounds[:-1] * _BLOCKS // bounds[-1]
    return bounds[np.append(True, np.append(block[1:] != block[:-1], True))]
