"""Optimizers: `optimizer.step(parameters, learning_rate, scale)` updates parameters in place.

Each formula is written once. It works on whole arrays for dense gradients, and on single rows for a
`RowGrad`: the rows are gathered, updated and written back, at a cost that does not depend on V. SGD is a
kernel that makes one pass, and AdaGrad has kernels that update rows in place.

Updates by rows are lazy: a row without a gradient keeps its value and its state, as if the step had not
happened. For SGD and both AdaGrads without weight decay, this equals the dense update exactly. For Momentum
and Adam it does not, since their running means would still move such a row; nor does it with weight decay.

Weight decay is decoupled (Loshchilov & Hutter 2019): before the update, w shrinks by learning_rate *
weight_decay * w.

A checkpoint needs only `state`, which maps the names of parameters to dicts of arrays, and the step count
`steps`. A step may overwrite the arrays of the gradients.
"""

from collections.abc import Callable, Iterable
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.jobs import jobs
from lexloom.kernels.tiles import Job
from lexloom.kernels.updates import updates
from lexloom.nn.parameter import Parameter, RowGrad, unique


class Optimizer:
    """Base class. A subclass implements the update formula, `_update`.

    Parameters
    ----------
    weight_decay : float
        See the module docstring.

    Attributes
    ----------
    slots : tuple of str
        Names of the state arrays of each parameter.
    operations : int
        Approximate number of operations per element; see `lexloom.kernels.tiles.Job`.
    steps : int
        Number of steps made.
    state : dict of str to dict of str to array
        By parameter name and slot.
    """

    slots: tuple[str, ...] = ()
    operations = 5

    def __init__(self, weight_decay: float = 0.0):
        self.weight_decay = weight_decay
        self.steps = 0
        self.state: dict[str, dict[str, Any]] = {}

    def step(self, parameters: Iterable[Parameter], learning_rate: float, scale: Any = None) -> None:
        """Update all parameters that have a gradient, and clear their gradients.

        Parameters
        ----------
        parameters : iterable of Parameter
        learning_rate : float
        scale : float or 0-d array, optional
            Factor on all gradients, such as `lexloom.training.gradients.clip_factor`.

        Raises
        ------
        ValueError
            If two parameters have the same name: they would share their state.
        """
        parameters = unique(parameters)
        names = [parameter.name for parameter in parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"parameters: names must be unique, but are {', '.join(names)}")
        self.steps += 1
        parameters = [parameter for parameter in parameters if parameter.grad is not None]
        if parameters:
            device = jobs.of(*(parameter.data for parameter in parameters))
            device.each_tile(*(self._job(parameter, learning_rate, scale) for parameter in parameters))
        for parameter in parameters:
            parameter.grad = None

    def _job(self, parameter: Parameter, learning_rate: float, scale: Any) -> Job:
        """Return the job that updates one parameter."""
        data, grad = parameter.data, parameter.grad
        xp = backend_of(data).xp
        if parameter.name not in self.state:
            self.state[parameter.name] = self.new_state(data)
        state = self.state[parameter.name]
        if scale is not None:
            scale = xp.asarray(scale, data.dtype)
        if isinstance(grad, RowGrad):
            return self._job_of_rows(data, grad, state, learning_rate, scale)

        def work(tile: slice) -> None:
            self._apply(data[tile], grad[tile], _of_rows(state, tile), learning_rate, scale)

        return Job.on(data, work, self.operations)

    def new_state(self, data: Any) -> dict[str, Any]:
        """Return the state arrays of a parameter before its first update, by slot."""
        return {slot: self._zeros(backend_of(data).xp, data) for slot in self.slots}

    def _zeros(self, xp: Any, data: Any) -> Any:
        return xp.zeros_like(data)

    def _job_of_rows(
        self, data: Any, grad: RowGrad, state: dict[str, Any], learning_rate: float, scale: Any
    ) -> Job:
        grad = grad.summed()

        def work(tile: slice) -> None:
            rows = grad.rows[tile]
            w, state_of_rows = data[rows], _of_rows(state, rows)
            self._apply(w, grad.values[tile], state_of_rows, learning_rate, scale)
            kernels = updates.of(data)
            kernels.write_rows(data, rows, w)
            for slot, array in state_of_rows.items():
                kernels.write_rows(state[slot], rows, array)

        return Job.on(grad.values, work, self.operations)

    def _apply(self, w: Any, dw: Any, state: dict[str, Any], learning_rate: float, scale: Any) -> None:
        """Update w and its state in place, with the gradient scale * dw; may overwrite dw."""
        if scale is not None:
            dw *= scale
        if self.weight_decay:
            w *= 1 - learning_rate * self.weight_decay
        self._update(backend_of(w).xp, w, dw, state, learning_rate)

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        """Update w and its state in place; may overwrite dw."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent: w -= learning_rate * dw.

    Parameters
    ----------
    weight_decay : float
        See the module docstring.

    Examples
    --------
    >>> import numpy as np
    >>> W = Parameter("W", np.array([1.0, 2.0]))
    >>> W.grad = np.array([10.0, -10.0])
    >>> SGD().step([W], learning_rate=0.1)
    >>> W.data, W.grad
    (array([0., 3.]), None)
    """

    operations = 1

    def _apply(self, w: Any, dw: Any, state: dict[str, Any], learning_rate: float, scale: Any) -> None:
        rate = learning_rate if scale is None else learning_rate * scale
        updates.of(w).sgd(w, dw, rate, 1 - learning_rate * self.weight_decay)


class Momentum(Optimizer):
    """Gradient descent with momentum: v = momentum * v - learning_rate * dw, w += v.

    Parameters
    ----------
    momentum : float
        In [0, 1): fraction of the previous step that is added to the new one.
    weight_decay : float
        See the module docstring.
    """

    slots = ("velocity",)

    def __init__(self, momentum: float = 0.9, weight_decay: float = 0.0):
        super().__init__(weight_decay)
        self.momentum = momentum

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        velocity = state["velocity"]
        velocity *= self.momentum
        dw *= learning_rate
        velocity -= dw
        w += velocity


class AdaGrad(Optimizer):
    """h += dw^2, w -= learning_rate * dw / (sqrt(h) + epsilon) (Duchi, Hazan & Singer 2011).

    Parameters
    ----------
    epsilon : float
        Avoids division by 0.
    weight_decay : float
        See the module docstring.
    """

    slots = ("squares",)

    def __init__(self, epsilon: float = 1e-7, weight_decay: float = 0.0):
        super().__init__(weight_decay)
        self.epsilon = epsilon

    def _job_of_rows(
        self, data: Any, grad: RowGrad, state: dict[str, Any], learning_rate: float, scale: Any
    ) -> Job:
        if self.weight_decay:
            return super()._job_of_rows(data, grad, state, learning_rate, scale)
        if scale is not None:
            grad.values *= scale
        update_rows = self._row_kernel(updates.of(data))
        return update_rows(data, state["squares"], grad.rows, grad.values, learning_rate, self.epsilon)

    def _row_kernel(self, kernels: Any) -> Callable[..., Job]:
        return kernels.adagrad_rows

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        scratch = xp.square(dw)
        state["squares"] += scratch
        xp.sqrt(state["squares"], out=scratch)
        scratch += self.epsilon
        dw *= learning_rate
        dw /= scratch
        w -= dw


class RowAdaGrad(AdaGrad):
    """AdaGrad with one h for each row of a matrix: h += mean(dw^2) over the row.

    w -= learning_rate * dw / (sqrt(h) + epsilon). It reads and writes less memory than `AdaGrad`. Parameters
    that are not matrices have one h for each element. The arguments are those of `AdaGrad`.
    """

    def _row_kernel(self, kernels: Any) -> Callable[..., Job]:
        return kernels.row_adagrad_rows

    def _zeros(self, xp: Any, data: Any) -> Any:
        return xp.zeros_like(data[:, :1] if data.ndim == 2 else data)

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        squares = xp.square(dw)
        state["squares"] += squares.mean(axis=1, keepdims=True) if dw.ndim == 2 else squares
        dw *= learning_rate / (xp.sqrt(state["squares"]) + self.epsilon)
        w -= dw


class Adam(Optimizer):
    """Adam: running means m of dw and v of dw^2, with bias correction (Kingma & Ba 2015, algorithm 1).

    After t steps::

        m = beta1 m + (1 - beta1) dw
        v = beta2 v + (1 - beta2) dw^2
        w -= learning_rate (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon)

    All rows share the step count t.

    Parameters
    ----------
    beta1, beta2 : float
        In [0, 1).
    epsilon : float
        Avoids division by 0.
    weight_decay : float
        See the module docstring.
    """

    slots = ("mean", "square")

    def __init__(
        self, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8, weight_decay: float = 0.0
    ):
        super().__init__(weight_decay)
        self.beta1, self.beta2, self.epsilon = beta1, beta2, epsilon

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        mean, square = state["mean"], state["square"]
        scratch = dw * (1 - self.beta1)
        mean *= self.beta1
        mean += scratch
        dw *= dw
        dw *= 1 - self.beta2
        square *= self.beta2
        square += dw
        xp.sqrt(square, out=dw)
        dw *= (1 - self.beta2**self.steps) ** -0.5
        dw += self.epsilon
        xp.divide(mean, dw, out=scratch)
        scratch *= learning_rate / (1 - self.beta1**self.steps)
        w -= scratch


def _of_rows(state: dict[str, Any], rows: Any) -> dict[str, Any]:
    return {slot: array[rows] for slot, array in state.items()}


OPTIMIZERS = {"sgd": SGD, "momentum": Momentum, "adagrad": AdaGrad, "row_adagrad": RowAdaGrad, "adam": Adam}
