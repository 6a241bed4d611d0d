"""Tokens in bands, by how frequent they are or by their position, and the perplexity of each band."""

import numpy as np


def frequency_bands(ids: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Group tokens by how often their words occur in train.

    Band b has the words that occur at least 10 ** b times and less than 10 ** (b + 1) times. A word that does
    not occur is in the first band.

    Parameters
    ----------
    ids : (L,) int array
    counts : (V,) int array
        How often each word occurs in train.

    Returns
    -------
    bands : (L,) int array
    names : list of str
    """
    digits = np.array([len(str(count)) for count in counts])
    names = [f"{10**b:,}+" for b in range(digits.max())]
    return digits[ids] - 1, names


def position_bands(ids: np.ndarray, sentence_end: int) -> tuple[np.ndarray, list[str]]:
    """Group tokens by their position in the sentence.

    The bands are the positions 1, 2, 3 to 4, 5 to 8 and so on. The sentence end has a position like any word.

    Parameters
    ----------
    ids : (L,) int array
        A text that starts with the beginning of a sentence.
    sentence_end : int

    Returns
    -------
    bands : (L,) int array
    names : list of str
    """
    places = np.arange(len(ids))
    begins = np.append(True, ids[:-1] == sentence_end)
    starts = np.maximum.accumulate(np.where(begins, places, 0))
    bands = np.ceil(np.log2(places - starts + 1)).astype(int)
    names = ["1", "2", *(f"{2 ** (b - 1) + 1}-{2**b}" for b in range(2, bands.max() + 1))]
    return bands, names[: bands.max() + 1]


def merge_small_bands(bands: np.ndarray, names: list[str], least: int) -> tuple[np.ndarray, list[str]]:
    """Merge bands next to each other until each has enough tokens.

    Parameters
    ----------
    bands : (L,) int array
    names : list of str
    least : int
        Tokens of a band; fewer only where the text has fewer.

    Returns
    -------
    bands : (L,) int array
    names : list of str
        "1" and "3-4" merge to "1-4", and "1+" and "10+" to "1+".
    """
    merged: list[list[int]] = []
    size = least
    for band, tokens in enumerate(np.bincount(bands, minlength=len(names))):
        if size >= least:
            merged.append([])
            size = 0
        merged[-1].append(band)
        size += tokens
    if size < least and len(merged) > 1:
        last = merged.pop()
        merged[-1] += last
    numbers = np.repeat(np.arange(len(merged)), [len(group) for group in merged])
    return numbers[bands], [_joined(names[group[0]], names[group[-1]]) for group in merged]


def _joined(first: str, last: str) -> str:
    return first if first.endswith("+") or first == last else f"{first.split('-')[0]}-{last.split('-')[-1]}"


def perplexity_by_band(log_probabilities: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Return the perplexity of the tokens of each band (B,), float64; nan for a band without tokens."""
    sums = np.bincount(bands, log_probabilities)
    sizes = np.bincount(bands)
    means = np.divide(sums, sizes, out=np.full(len(sums), np.nan), where=sizes > 0)
    return np.exp(-means)
