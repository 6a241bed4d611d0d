r"""Words on a plane, near each other where their vectors are: t-SNE.

Cosines of words give proportions :math:`p_{ij}`: how near the words i and j are, among all pairs. Places
:math:`y_i` in the plane have such proportions too,

.. math:: q_{ij} = \frac{w_{ij}}{\sum_{k \ne l} w_{kl}}, \qquad w_{ij} = \frac{1}{1 + |y_i - y_j|^2},

and gradient descent moves the words until these are alike, with the loss
:math:`\sum p_{ij} \log(p_{ij} / q_{ij})` (van der Maaten and Hinton 2008, "Visualizing data using t-SNE").
All pairs are computed, which is fast enough for a few thousand words. Places begin with the principal
components, as Kobak and Berens (2019) advise ("The art of using t-SNE for single-cell transcriptomics"):
nothing is random.
"""

import numpy as np
from scipy.linalg import eigh

from lexloom.kernels.tiles import cut

_PERPLEXITY = 30  # about how many neighbours count
_STEPS, _EARLY_STEPS = 600, 150
_EARLY_EXAGGERATION = 12.0
_MOMENTUM, _EARLY_MOMENTUM = 0.8, 0.5
_LEAST_GAIN = 0.01
_TILE = 256  # words whose distances fit in a core's cache


def word_map(cosines: np.ndarray) -> np.ndarray:
    """Return places on a plane at which similar words are near each other.

    Parameters
    ----------
    cosines : (N, N) float array
        Of each word with each other.

    Returns
    -------
    places : (N, 2) float32 array
        The same for the same cosines.
    """
    places = _principal_places(cosines)
    if len(cosines) < 4:  # any places are as good
        return places.astype(np.float32)
    near = neighbour_shares(cosines).astype(np.float32)
    places = (places * (1e-4 / max(places[:, 0].std(), 1e-12))).astype(np.float32)
    velocity, gains = np.zeros_like(places), np.ones_like(places)
    rate = max(50.0, len(cosines) / _EARLY_EXAGGERATION)
    for step in range(_STEPS):
        is_early = step < _EARLY_STEPS
        slope = gradient(places, near, _EARLY_EXAGGERATION if is_early else 1.0)
        turned = (slope > 0) == (velocity > 0)
        gains = np.maximum(np.where(turned, gains * 0.8, gains + 0.2), _LEAST_GAIN)
        momentum = _EARLY_MOMENTUM if is_early else _MOMENTUM
        velocity = momentum * velocity - rate * gains * slope
        places += velocity
    return places - places.mean(axis=0)


def neighbour_shares(cosines: np.ndarray, perplexity: float = _PERPLEXITY) -> np.ndarray:
    """Return how near each pair of words is, as a proportion of all pairs.

    The nearest words of a word, three times the perplexity of them, get normal weights of their distances, so
    wide that the weights have this perplexity.

    Parameters
    ----------
    cosines : (N, N) float array
    perplexity : float
        Less where there are not three times as many words.

    Returns
    -------
    near : (N, N) float64 array
        Symmetric, with sum 1 and zeros on the diagonal.
    """
    count = len(cosines)
    perplexity = min(perplexity, (count - 1) / 3)
    distances = 2 - 2 * cosines.astype(float)
    np.fill_diagonal(distances, np.inf)
    nearest = np.argsort(distances, axis=1, kind="stable")[:, : max(1, round(3 * perplexity))]
    distances = np.take_along_axis(distances, nearest, axis=1)
    distances -= distances[:, :1]
    low, high = np.full((count, 1), 1e-6), np.full((count, 1), 1e6)
    for _ in range(50):
        middle = np.sqrt(low * high)
        weights = np.exp(-distances * middle)
        own = weights / weights.sum(axis=1, keepdims=True)
        entropies = -(own * np.log(own, out=np.zeros_like(own), where=own > 0)).sum(axis=1)
        is_wide = (entropies > np.log(perplexity))[:, None]
        low, high = np.where(is_wide, middle, low), np.where(is_wide, high, middle)
    shares = np.zeros((count, count))
    np.put_along_axis(shares, nearest, own, axis=1)
    return (shares + shares.T) / (2 * count)


def gradient(places: np.ndarray, near: np.ndarray, exaggeration: float = 1.0) -> np.ndarray:
    """Return the gradient (N, 2) of the loss by the places (N, 2), the proportions `near` exaggerated."""
    pulls, pushes = np.empty_like(places), np.empty_like(places)
    total = 0.0
    squares = (places * places).sum(axis=1)
    for tile in cut(len(places), _TILE):
        own = places[tile]
        weights = own @ (-2 * places.T)
        weights += squares
        weights += (squares[tile] + 1)[:, None]
        np.maximum(weights, 1, out=weights)  # where rounding has a distance below 0
        np.reciprocal(weights, out=weights)
        total += float(weights.sum()) - len(own)
        pull = near[tile] * weights
        pulls[tile] = pull.sum(axis=1, keepdims=True) * own - pull @ places
        weights *= weights
        pushes[tile] = weights.sum(axis=1, keepdims=True) * own - weights @ places
    return 4 * (exaggeration * pulls - pushes / total)


def _principal_places(cosines: np.ndarray) -> np.ndarray:
    """Return the rows whose cosines these are on their two largest principal components, float64."""
    centred = cosines.astype(float)
    centred -= centred.mean(axis=0)
    centred -= centred.mean(axis=1, keepdims=True)
    count = len(centred)
    values, vectors = eigh(centred, subset_by_index=[max(0, count - 2), count - 1])
    places = np.zeros((count, 2))
    places[:, : len(values)] = (vectors * np.sqrt(values.clip(0)))[:, ::-1]
    return places * np.sign(places[np.abs(places).argmax(axis=0), [0, 1]] + 1e-300)
