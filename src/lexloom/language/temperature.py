"""The temperature of a trained language model: one number that makes it surer of itself, or less sure."""

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import minimize_scalar

from lexloom.language.rnnlm import RNNLM, perplexity
from lexloom.nn.layers import Linear
from lexloom.nn.parameter import Parameter

BOUNDS = (0.5, 2.0)
"""The temperatures among which `fit_temperature` looks."""

_TOLERANCE = 0.005  # of the logarithm; the loss is flat there, and changes by its square


def tempered(model: RNNLM, temperature: float) -> RNNLM:
    """Return a model for evaluation whose scores are those of another, divided by a temperature.

    Above 1 its probabilities come closer to each other, below 1 they part. The output layer is a copy, the
    other layers are the same objects.
    """
    product, b = model.output.product, model.output.b
    W = Parameter("output.W", product.W.data / temperature)
    output = Linear(W, Parameter(b.name, b.data / temperature), product.transposed)
    return RNNLM(model.embedding, model.recurrent, output)


def fit_temperature(model: RNNLM, ids: np.ndarray, tick: Callable[[int], None] | None = None) -> float:
    """Return the temperature, in `BOUNDS`, with which a model makes a text (L,) most probable.

    The loss is convex in 1 / temperature, so that its minimum is the only one; found by Brent's method on the
    logarithm (Guo, Pleiss, Sun & Weinberger 2017, section 4.2, for classifiers).

    Parameters
    ----------
    ids : (L,) int array
        Read some eight times.
    tick : callable, optional
        Called with numbers of tokens as they are read.
    """

    def loss(logarithm: float) -> float:
        return math.log(perplexity(tempered(model, math.exp(logarithm)), ids, tick=tick))

    low, high = map(math.log, BOUNDS)
    found = minimize_scalar(loss, bounds=(low, high), method="bounded", options={"xatol": _TOLERANCE})
    return math.exp(found.x)
