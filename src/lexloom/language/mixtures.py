"""Mixtures of language models, from the log probability of each token under each model."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np


def mixture_weights(log_probabilities: np.ndarray, tolerance: float = 1e-6) -> np.ndarray:
    """Return the weights (M,) of the mixture of models under which a text is most probable.

    Expectation maximization starts from equal weights and ends when no weight changes by more than
    `tolerance` (Jelinek & Mercer 1980).

    Parameters
    ----------
    log_probabilities : (M, L) float64 array
        The log probability of each token under each model.
    tolerance : float

    Returns
    -------
    weights : (M,) float64 array
        They sum to 1.
    """
    p = np.exp(log_probabilities - log_probabilities.max(axis=0))
    weights, change = np.full(len(p), 1 / len(p)), np.inf
    while change > tolerance:
        shares = weights[:, None] * p
        before, weights = weights, (shares / shares.sum(axis=0)).mean(axis=1)
        change = np.abs(weights - before).max()
    return weights


def mix(log_probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the log probability (L,) of each token under a mixture of models.

    Parameters
    ----------
    log_probabilities : (M, L) float64 array
    weights : (M,) float array
        See `mixture_weights`.
    """
    top = log_probabilities.max(axis=0)
    return top + np.log((weights[:, None] * np.exp(log_probabilities - top)).sum(axis=0))


def fitted_mixtures(log_probabilities: np.ndarray) -> Iterator[tuple[tuple[int, ...], np.ndarray]]:
    """Yield each model, each pair of models, and all together, with the weights that suit a text best.

    Parameters
    ----------
    log_probabilities : (M, L) float64 array
        The log probability of each token under each model.

    Yields
    ------
    models : tuple of int
    weights : (K,) float64 array
        Of these models, see `mixture_weights`.
    """
    everything = tuple(range(len(log_probabilities)))
    groups = [*combinations(everything, 1), *combinations(everything, 2), everything]
    for models in dict.fromkeys(groups):
        yield models, mixture_weights(log_probabilities[list(models)])
