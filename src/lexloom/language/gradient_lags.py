"""Vanishing gradients on real text: how far back in time the gradients of a language model reach."""

from collections.abc import Callable
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of
from lexloom.language.rnnlm import RNNLM


def lag_norms(
    model: RNNLM, ids: np.ndarray, lags: int, streams: int = 50, tick: Callable[[int], None] | None = None
) -> np.ndarray:
    """Return the mean norm of the gradient of the loss of a word with respect to the state k words before.

    The state is everything that a step passes to the next: h of all layers, and c in an LSTM. For k = 0 it is
    the state from which the word is predicted, and only h of the last layer matters. The gradient of a single
    loss, not of a sum over words, is followed back step by step (Bengio, Simard & Frasconi 1994; Pascanu,
    Mikolov & Bengio 2013, section 2). States are carried from the beginning of each stream.

    Parameters
    ----------
    model : RNNLM
    ids : (L,) int array
        The text, cut into equal streams that are read in parallel. In each stream, every (lags + 1)-th word
        is measured. Words that do not fill equal streams are ignored.
    lags : int
        The largest k.
    streams : int
        The largest number of streams. A short text has fewer.
    tick : callable, optional
        Called with 1 after each word measured in all streams.

    Returns
    -------
    norms : (lags + 1,) float64 array

    Raises
    ------
    LexloomError
        If the text has no more than `lags` words.
    """
    streams = min(streams, len(ids) // (lags + 1))
    if streams == 0:
        raise LexloomError(f"{len(ids)} words: expected more than {lags}; use a longer text, or fewer lags")
    even = ids[: len(ids) // streams * streams]
    windows = [window for window in model.windows(even, streams, lags + 1) if window[1].shape[1] > lags]
    total, carry = np.zeros(lags + 1), None
    for window in windows:
        norms, carry = _norms_in_window(model, *window, carry)
        total += norms.mean(axis=1)
        if tick:
            tick(1)
    return total / len(windows)


def _norms_in_window(
    model: RNNLM, ids: np.ndarray, targets: np.ndarray, carry: list | None
) -> tuple[np.ndarray, list | None]:
    """Return the norms (T, N) of the gradients of the loss of the last word, nearest first, and the carry."""
    inputs, targets = model.to_device([ids, targets])
    caches = []
    for t in range(inputs.shape[1]):
        x, carry, cache = model.hidden(inputs[:, t : t + 1], carry)
        caches.append(cache)
    _, loss_cache = model.cross_entropy.forward_tokens(x, targets[:, -1:])
    dx = model.cross_entropy.backward(loss_cache) * len(ids)  # of each loss instead of their mean
    norms, dcarry = [_norm([dx[:, 0]])], None
    for cache in reversed(caches[1:]):
        dcarry = model.hidden_backward(dx, cache, dcarry)
        norms.append(_norm(dcarry))
        dx = 0 * dx
    for parameter in model.parameters():
        parameter.grad = None
    return np.array(norms), carry


def _norm(states: list[Any]) -> np.ndarray:
    """Return the joint norm (N,) of states, each an array (N, H) or a pair of such arrays."""
    arrays = [array for state in states for array in (state if isinstance(state, tuple) else (state,))]
    squares = sum((array.astype(np.float64) ** 2).sum(axis=1) for array in arrays)
    return np.sqrt(backend_of(arrays[0]).to_host(squares))
