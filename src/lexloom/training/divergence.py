"""When a training has diverged: one definition, for every model and every optimizer.

A training has diverged if

- a loss, a measure, a gradient norm, a parameter or the state of the optimizer is not finite; or
- it ends with a model whose loss on the last batches of the text is above `LossLimits.end`: the perplexity is
  more than 1000 times that of a model that knows nothing, which is the size of the vocabulary; or
- at any time, the loss of an epoch, of a line of the log or of the valid text is above `LossLimits.ever`, ten
  times as much. A loss above `end` may still fall, as in the first epochs with a large learning rate, and
  that of a valid text with other words than train says little.

A training that diverged is an error. Nothing of it is written but the last good checkpoint.
"""

import math
from dataclasses import dataclass

LAST_BATCHES = 10
"""Batches at the end of an epoch on which the trained model is checked."""


@dataclass(frozen=True)
class LossLimits:
    """Mean losses, in nats, above which a training has diverged. By default, any finite loss is allowed.

    Attributes
    ----------
    end : float
        For the trained model.
    ever : float
        At any time.
    """

    end: float = math.inf
    ever: float = math.inf


NO_LIMITS = LossLimits()


def loss_limits(loss_of_nothing: float) -> LossLimits:
    """Return the limits of a model, from the mean loss of one that knows nothing."""
    end = loss_of_nothing + math.log(1000)
    return LossLimits(end, 10 * end)
