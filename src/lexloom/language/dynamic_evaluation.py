"""Dynamic evaluation: a trained language model keeps learning from the text on which it is evaluated.

Krause, Kahembwe, Murray & Renals 2018, "Dynamic Evaluation of Neural Sequence Models". The text is read in
windows of a few words. Each window is scored first. Then its gradient g updates each weight w, and the decay
pulls the weight back to its trained value w_0:

    w <- w - learning_rate g / (r + epsilon) + min(1, decay r / mean(r)) (w_0 - w)

Here r is the root mean square of the gradients of that weight on the training text (RMS with RMS-norm decay,
section 4 of the paper), and mean(r) is the mean over all weights. Unlike in the paper, epsilon is a multiple
of mean(r), so that no setting depends on the scale of the loss.
"""

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of
from lexloom.kernels.jobs import jobs
from lexloom.kernels.row_sums import row_sums
from lexloom.kernels.tiles import Job
from lexloom.language.perplexity import perplexity_of, perplexity_of_tokens
from lexloom.language.rnnlm import RNNLM
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.training.optimizers import Optimizer

_EPSILON = 3.0  # in units of mean(r); the best of 0.3, 1, 3 and 10 on the valid text of the Penn Treebank

Tick = Callable[[int], None]


@dataclass(frozen=True)
class Learning:
    """The settings of dynamic evaluation.

    Attributes
    ----------
    learning_rate : float
        0 learns nothing.
    decay : float
        From 0, which forgets nothing, to 1.
    steps : int
        The number of words in a window. Each window is followed by an update.
    """

    learning_rate: float
    decay: float
    steps: int


class AnchoredRMS(Optimizer):
    """The update rule of this module as an optimizer. Rows that are not in a `RowGrad` are not updated.

    Parameters
    ----------
    parameters : list of Parameter
        The parameters with their trained values.
    rms : mapping of str to array
        The array r of each parameter, by name.
    decay : float
    """

    def __init__(self, parameters: list[Parameter], rms: Mapping[str, Any], decay: float):
        super().__init__()
        self.state = {
            parameter.name: {"trained": parameter.data.copy(), "rms": rms[parameter.name]}
            for parameter in parameters
        }
        sizes = sum(values.size for values in rms.values())
        # If all gradients are zero, as with a single word, any mean but zero keeps the weights as they are.
        self.mean = float(sum(values.sum(dtype=np.float64) for values in rms.values()) / sizes) or 1.0
        self.decay = decay

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        rms = state["rms"]
        dw *= learning_rate
        dw /= rms + _EPSILON * self.mean
        back = xp.minimum(rms * (self.decay / self.mean), 1)
        back *= state["trained"] - w
        w += back
        w -= dw


def gradient_rms(model: RNNLM, ids: np.ndarray, steps: int, tick: Tick | None = None) -> dict[str, Any]:
    """Return the root mean square of the gradient of each parameter over the windows of a text, by name.

    Parameters
    ----------
    model : RNNLM
    ids : (L,) int array
        The training text.
    steps : int
        The number of words in a window.
    tick : callable, optional
        Called with the number of tokens after each window.
    """
    parameters = model.parameters()
    xp = backend_of(parameters[0].data).xp
    sums = {parameter.name: xp.zeros(parameter.data.shape, xp.float64) for parameter in parameters}
    windows = 0
    for _ in _windows_with_gradients(model, ids, steps, tick):
        windows += 1
        jobs.of(parameters[0].data).each_tile(
            *(_adding_squares(sums[each.name], each.grad) for each in parameters)
        )
        for parameter in parameters:
            parameter.grad = None
    return {
        parameter.name: xp.sqrt(sums[parameter.name] / windows).astype(parameter.data.dtype)
        for parameter in parameters
    }


def log_probabilities(
    model: RNNLM, ids: np.ndarray, rms: Mapping[str, Any], learning: Learning, tick: Tick | None = None
) -> np.ndarray:
    """Return the log probability of each token under a model that learns from the tokens before it.

    The model itself is not changed.

    Parameters
    ----------
    model : RNNLM
    ids : (L,) int array
        The text, read as one stream, see `RNNLM.log_probabilities`.
    rms : mapping of str to array
        The result of `gradient_rms` on the training text.
    learning : Learning
    tick : callable, optional
        Called with the number of tokens after each window.

    Returns
    -------
    (L,) float64 array
        In nats, on the host.

    Raises
    ------
    LexloomError
        If the learning diverges, see `lexloom.training.divergence`.
    """
    values = _log_probabilities(model, ids, rms, learning, tick)
    _check_perplexities(model, [perplexity_of_tokens(values)], [learning.learning_rate])
    return values


def _log_probabilities(
    model: RNNLM, ids: np.ndarray, rms: Mapping[str, Any], learning: Learning, tick: Tick | None
) -> np.ndarray:
    """Return what `log_probabilities` returns; minus infinity from the first number that is not finite."""
    model = copy.deepcopy(model)
    parameters = model.parameters()
    optimizer = AnchoredRMS(parameters, rms, learning.decay)
    result = np.full(len(ids), -np.inf)
    place = 0
    for values in _windows_with_gradients(model, ids, learning.steps, tick):
        if not np.isfinite(values).all():
            break
        result[place : place + len(values)] = values
        place += len(values)
        optimizer.step(parameters, learning.learning_rate)
    return result


def fit_learning(
    model: RNNLM,
    ids: np.ndarray,
    rms: Mapping[str, Any],
    candidates: Mapping[str, list[float]],
    steps: int,
    tick: Tick | None = None,
) -> Learning:
    """Return the settings of dynamic evaluation under which a text is most probable.

    Parameters
    ----------
    model, ids, rms, tick
        See `log_probabilities`.
    candidates : mapping of str to list of float
        Values of `learning_rate` and of `decay`. Every combination is tried.
    steps : int
        See `Learning`.

    Raises
    ------
    LexloomError
        If the learning diverges with every combination.
    """
    grid = [Learning(*pair, steps) for pair in product(candidates["learning_rate"], candidates["decay"])]
    perplexities = [
        perplexity_of_tokens(_log_probabilities(model, ids, rms, learning, tick)) for learning in grid
    ]
    _check_perplexities(model, perplexities, candidates["learning_rate"])
    return grid[int(np.argmin(perplexities))]


def _check_perplexities(model: RNNLM, perplexities: list[float], learning_rates: list[float]) -> None:
    if min(perplexities) > perplexity_of(model.loss_limits.ever):
        raise LexloomError(
            f"learning rates {', '.join(map(str, learning_rates))}: dynamic evaluation diverges; add a lower "
            "one to learning_rates"
        )


def _windows_with_gradients(
    model: RNNLM, ids: np.ndarray, steps: int, tick: Tick | None
) -> Iterator[np.ndarray]:
    """Yield the log probabilities (T,) of each window of a text, with its gradients in the parameters."""
    backend = backend_of(model.embedding.W.data)
    carry = None
    for window in model.windows(ids, steps=steps):
        losses, carry, cache = model.token_losses(window, carry)
        model.backward(cache)
        yield -backend.to_host(losses[0]).astype(np.float64)
        if tick:
            tick(losses.size)


def _adding_squares(sums: Any, grad: Any) -> Job:
    """Return the job that adds the squares of a gradient to sums of the shape of its parameter."""
    if isinstance(grad, RowGrad):
        return _adding_squares_of_rows(sums, grad.summed())

    def add(tile: slice) -> None:
        sums[tile] += grad[tile] ** 2

    return Job.on(grad, add)


def _adding_squares_of_rows(sums: Any, grad: RowGrad) -> Job:
    def add(tile: slice) -> None:
        rows = grad.rows[tile]
        row_sums.of(sums).write_rows(sums, rows, sums[rows] + grad.values[tile] ** 2)

    return Job.on(grad.values, add)
