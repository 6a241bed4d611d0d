"""Say which batch fits when an update does not fit in the memory of a device."""

from typing import Any

import numpy as np

from lexloom.errors import LexloomError


def out_of_memory(model: Any, batch: Any, rng: np.random.Generator | None) -> LexloomError:
    """Return the error for an update that ran out of memory.

    Call it outside of the `except` block: the frames of the error hold the arrays of the update.

    Parameters
    ----------
    model : Model
        See `lexloom.training.trainer`.
    batch : any
        The batch that did not fit. If it is a tuple of arrays of N streams (N, ...), batches of N / 2, N / 4
        and so on are tried.
    rng : numpy.random.Generator or None
        As the trainer passes it to the model.
    """
    for parameter in model.parameters():
        parameter.grad = None
    if not isinstance(batch, tuple):
        return LexloomError("training: out of memory; lower dimension, max_vocab or batch")
    size = len(batch[0])
    fits = size // 2
    while fits and not _fits(model, tuple(streams[:fits] for streams in batch), rng):
        fits //= 2
    advice = f"{fits} would fit" if fits else "not even 1 fits; lower steps or hidden"
    return LexloomError(f"training: out of memory with batch {size}; {advice}")


def _fits(model: Any, batch: Any, rng: np.random.Generator | None) -> bool:
    try:
        _, _, cache = model.loss(batch, None, rng and np.random.default_rng(0))
        model.backward(cache)
    except MemoryError:
        return False
    finally:
        for parameter in model.parameters():
            parameter.grad = None
    return True
