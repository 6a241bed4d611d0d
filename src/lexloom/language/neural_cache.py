"""The continuous cache: a language model that remembers which words followed states like the present one.

Grave, Joulin & Usunier 2017, "Improving Neural Language Models with a Continuous Cache". Nothing is trained:
the last hidden states h_i before each word x_i are the memory, and a word has the probability

    p_cache(w) = sum over i with x_i = w of exp(theta h_t . h_i) / sum over all i of exp(theta h_t . h_i)

where i runs over the last `window` words before t. It is mixed with the model's own, `weight` to 1 - weight
(equations 2 and 3 there). At the first word of a text the memory is empty, and the model speaks alone.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lexloom.kernels.backend import backend_of
from lexloom.language.perplexity import mix, mixture_weights, perplexity_of_tokens
from lexloom.language.rnnlm import RNNLM


@dataclass(frozen=True)
class NeuralCache:
    """The settings of a cache.

    Attributes
    ----------
    window : int
        Words that it remembers, at least 1.
    theta : float
        How much more a state counts that is alike; 0 counts all words the same.
    """

    window: int
    theta: float


@dataclass(frozen=True)
class FittedCache:
    """The cache with which a model makes a text most probable.

    Attributes
    ----------
    cache : NeuralCache
    weight : float
        Its share of the mixture.
    log_probabilities : (L,) float64 array
        What the mixture gives to each token of that text, in nats.
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
    """Return the best of some caches for a text (L,), each with the weight that suits it best.

    The text is read once; the weights are those of `lexloom.language.perplexity.mixture_weights`.
    """
    plain, cached = cache_log_probabilities(model, ids, caches, tick=tick)
    fitted = []
    for cache, values in zip(caches, cached, strict=True):
        weight = float(mixture_weights(np.array([plain, values]))[1])
        fitted.append(FittedCache(cache, weight, _mix(plain, values, weight)))
    return min(fitted, key=lambda each: perplexity_of_tokens(each.log_probabilities))


def log_probabilities(
    model: RNNLM,
    ids: np.ndarray,
    cache: NeuralCache,
    weight: float,
    steps: int = 500,
    tick: Callable[[int], None] | None = None,
) -> np.ndarray:
    """Return the log probability (L,) of every token under model and cache together; in nats, float64."""
    plain, (values,) = cache_log_probabilities(model, ids, [cache], steps, tick)
    return _mix(plain, values, weight)


def cache_log_probabilities(
    model: RNNLM,
    ids: np.ndarray,
    caches: Sequence[NeuralCache],
    steps: int = 500,
    tick: Callable[[int], None] | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the log probabilities of a text's tokens (L,) under the model alone and each cache alone (C, L).

    In nats, as float64 on the host; minus infinity where a cache does not hold the word. At any time, as many
    states are held as the longest window and `steps`, and their similarities to `steps` of them.

    Parameters
    ----------
    ids : (L,) int array
        One stream, see `RNNLM.log_probabilities`.
    caches : sequence of C caches
    steps : int
        Tokens read at once; results depend on it by rounding alone.
    tick : callable, optional
        Called with the number of tokens after each window.
    """
    xp = backend_of(model.embedding.W.data).xp
    longest = max(cache.window for cache in caches)
    states = words = None
    plain, cached = [], []
    for x, targets, values in model.stream(ids, steps, tick):
        states = x if states is None else xp.concatenate([states[-longest:], x])
        words = targets if words is None else xp.concatenate([words[-longest:], targets])
        plain.append(values)
        cached.append(_from_memory(states, words, len(x), caches))
    plain, cached = np.concatenate(plain), np.concatenate(cached, axis=1)
    cached[:, 0] = plain[0]
    return plain, cached


def _from_memory(states: Any, words: Any, count: int, caches: Sequence[NeuralCache]) -> np.ndarray:
    """Return the log probability (C, count) of each of the last `count` words from those before it.

    Parameters
    ----------
    states : (M, H) float array
        Before each word.
    words : (M,) int array
    """
    backend = backend_of(states)
    xp = backend.xp
    similar = backend.kernels.matmul(states[-count:], states.T)
    ago = xp.arange(len(words) - count, len(words))[:, None] - xp.arange(len(words))
    same = words == words[-count:, None]
    found = np.empty((len(caches), count))
    for k, cache in enumerate(caches):
        reach = slice(max(0, len(words) - count - cache.window), None)
        near = (ago[:, reach] > 0) & (ago[:, reach] <= cache.window)
        exponents = xp.where(near, similar[:, reach] * similar.dtype.type(cache.theta), -xp.inf)
        largest = xp.maximum(exponents.max(axis=1, keepdims=True), xp.finfo(similar.dtype).min)
        weights = xp.exp(exponents - largest)
        hits = (weights * same[:, reach]).sum(axis=1, dtype=xp.float64)
        shares = hits / xp.maximum(weights.sum(axis=1, dtype=xp.float64), xp.finfo(xp.float64).tiny)
        with np.errstate(divide="ignore"):
            found[k] = np.log(backend.to_host(shares))
    return found


def _mix(plain: np.ndarray, cached: np.ndarray, weight: float) -> np.ndarray:
    return mix(np.array([plain, cached]), np.array([1 - weight, weight]))
