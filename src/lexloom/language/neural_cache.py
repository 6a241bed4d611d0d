"""The continuous cache: a language model that remembers which words followed similar hidden states.

Grave, Joulin & Usunier 2017, "Improving Neural Language Models with a Continuous Cache". Nothing is trained.
The memory holds the hidden state h_i before each recent word x_i, and the cache gives a word the probability

    p_cache(w) = sum over i with x_i = w of exp(theta h_t . h_i) / sum over all i of exp(theta h_t . h_i)

where i runs over the last `window` words before t. The result is a mixture of the cache, with `weight`, and
the model, with 1 - weight (equations 2 and 3 of the paper). At the first word of a text the memory is empty,
and only the model is used.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.kernels.products import products
from lexloom.language.mixtures import mix, mixture_weights
from lexloom.language.perplexity import perplexity_of_tokens
from lexloom.language.rnnlm import RNNLM, STEPS

_LARGEST_WEIGHT = 1 - 1e-6  # with 1, a word that is not in the cache would be impossible


@dataclass(frozen=True)
class NeuralCache:
    """The settings of a cache.

    Attributes
    ----------
    window : int
        The number of words remembered, at least 1.
    theta : float
        How strongly similar states are preferred; 0 weights all remembered words equally.
    """

    window: int
    theta: float


@dataclass(frozen=True)
class FittedCache:
    """The cache under which a text is most probable.

    Attributes
    ----------
    cache : NeuralCache
    weight : float
        The weight of the cache in the mixture.
    log_probabilities : (L,) float64 array
        The log probability of each token of that text under the mixture, in nats.
    """

    cache: NeuralCache
    weight: float
    log_probabilities: np.ndarray


def fit_cache(
    model: RNNLM,
    ids: np.ndarray,
    caches: Sequence[NeuralCache],
    tick: Callable[[int], None] | None = None,
) -> FittedCache:
    """Return the best of several caches for a text (L,), each with its best weight.

    The text is read once. The weights come from `lexloom.language.mixtures.mixture_weights`.
    """
    plain, cached = cache_log_probabilities(model, ids, caches, tick=tick)
    fitted = []
    for cache, values in zip(caches, cached, strict=True):
        weight = min(float(mixture_weights(np.array([plain, values]))[1]), _LARGEST_WEIGHT)
        fitted.append(FittedCache(cache, weight, _mix(plain, values, weight)))
    return min(fitted, key=lambda each: perplexity_of_tokens(each.log_probabilities))


def log_probabilities(
    model: RNNLM,
    ids: np.ndarray,
    cache: NeuralCache,
    weight: float,
    steps: int = STEPS,
    tick: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Return the log probability (L,) of each token under the mixture of model and cache: nats, float64."""
    plain, (values,) = cache_log_probabilities(model, ids, [cache], steps, tick)
    return _mix(plain, values, weight)


def cache_log_probabilities(
    model: RNNLM,
    ids: np.ndarray,
    caches: Sequence[NeuralCache],
    steps: int = STEPS,
    tick: Callable[[int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log probability of each token of a text under the model alone and under each cache alone.

    Memory holds the states of the longest window and of `steps` tokens, and the similarities of all of them
    to the latter.

    Parameters
    ----------
    model : RNNLM
    ids : (L,) int array
        The text, read as one stream, see `RNNLM.log_probabilities`.
    caches : sequence of C NeuralCache
    steps : int
        The number of tokens read at once. Results depend on it only through rounding.
    tick : callable, optional
        Called with the number of tokens after each window.

    Returns
    -------
    plain : (L,) float64 array
        Under the model, in nats.
    cached : (C, L) float64 array
        Under each cache; minus infinity if it does not contain the word.
    """
    xp = backend_of(model.embedding.W.data).xp
    longest = max(cache.window for cache in caches)
    states = words = None
    plain_parts, cached_parts = [], []
    for x, targets, values in model.stream(ids, steps, tick):
        states = x if states is None else xp.concatenate([states[-longest:], x])
        words = targets if words is None else xp.concatenate([words[-longest:], targets])
        plain_parts.append(values)
        cached_parts.append(_from_memory(states, words, len(x), caches))
    plain, cached = np.concatenate(plain_parts), np.concatenate(cached_parts, axis=1)
    cached[:, 0] = plain[0]
    return plain, cached


def _from_memory(states: Any, words: Any, count: int, caches: Sequence[NeuralCache]) -> np.ndarray:
    """Return the log probability (C, count) of each of the last `count` words under each cache.

    Parameters
    ----------
    states : (M, H) float array
        The state before each word.
    words : (M,) int array
    """
    backend = backend_of(states)
    xp = backend.xp
    similar = products.of(states).matmul(states[-count:], states.T)
    ago = xp.arange(len(words) - count, len(words))[:, None] - xp.arange(len(words))
    same = words == words[-count:, None]
    log_probabilities = np.empty((len(caches), count))
    for k, cache in enumerate(caches):
        reach = slice(max(0, len(words) - count - cache.window), None)
        near = (ago[:, reach] > 0) & (ago[:, reach] <= cache.window)
        exponents = xp.where(near, similar[:, reach] * similar.dtype.type(cache.theta), -xp.inf)
        largest = xp.maximum(exponents.max(axis=1, keepdims=True), xp.finfo(similar.dtype).min)
        weights = xp.exp(exponents - largest)
        hits = (weights * same[:, reach]).sum(axis=1, dtype=xp.float64)
        shares = hits / xp.maximum(weights.sum(axis=1, dtype=xp.float64), xp.finfo(xp.float64).tiny)
        with np.errstate(divide="ignore"):
            log_probabilities[k] = np.log(backend.to_host(shares))
    return log_probabilities


def _mix(plain: np.ndarray, cached: np.ndarray, weight: float) -> np.ndarray:
    return mix(np.array([plain, cached]), np.array([1 - weight, weight]))
