"""Mixtures of language models, from the log probability of each token under each model."""

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
