"""Optimizers: `optimizer.step(parameters, learning_rate, scale)` updates in place and clears the gradients.

A formula is written once and works on whole arrays (dense gradients) or on the rows that took part
(`RowGrad`): those rows are gathered, updated and put back, which costs nothing of size V. SGD is a kernel of
one pass, and AdaGrad has kernels that update rows where they lie. The row form is lazy: a row that took no
part keeps its value and its state, as if the step had not happened for it. For SGD and AdaGrad, by number or
by row, without weight decay this equals the dense form exactly; Momentum and Adam let resting rows coast, and
weight decay leaves them. A row may take part with zeros.

Weight decay is decoupled (Loshchilov & Hutter 2019): before the update, w shrinks by learning_rate *
weight_decay * w.

`state` maps the name of a parameter to a dict of arrays, and `steps` counts; together they are all that a
checkpoint needs. A step may overwrite the arrays of the gradients.
"""

from collections.abc import Callable, Iterable
from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.tiles import Job
from lexloom.nn.parameter import Parameter, RowGrad, unique


class Optimizer:
    """What the optimizers share; each has the formula of its update.

    Parameters
    ----------
    weight_decay : float
        See the module.

    Attributes
    ----------
    slots : tuple of str
        Arrays like the parameter that make up its state.
    operations : int
        Of an update with each number, about; see `lexloom.kernels.tiles.Job`.
    """

    slots: tuple[str, ...] = ()
    operations = 5

    def __init__(self, weight_decay: float = 0.0):
        self.weight_decay = weight_decay
        self.steps = 0
        self.state: dict[str, dict[str, Any]] = {}

    def step(self, parameters: Iterable[Parameter], learning_rate: float, scale: Any = None) -> None:
        """Update every parameter that has a gradient, and clear it.

        Parameters
        ----------
        parameters : iterable of Parameter
        learning_rate : float
        scale : float or 0-d array, optional
            What all gradients are multiplied with first, such as a `clip_factor`.

        Raises
        ------
        ValueError
            When two parameters have one name: they would share their state.
        """
        parameters = unique(parameters)
        names = [parameter.name for parameter in parameters]
        if len(set(names)) < len(names):
            raise ValueError(f"parameters: a name stands twice in {', '.join(names)}")
        self.steps += 1
        parameters = [parameter for parameter in parameters if parameter.grad is not None]
        if parameters:
            kernels = backend_of(*(parameter.data for parameter in parameters)).kernels
            kernels.each_tile(*(self._job(parameter, learning_rate, scale) for parameter in parameters))
        for parameter in parameters:
            parameter.grad = None

    def _job(self, parameter: Parameter, learning_rate: float, scale: Any) -> Job:
        """Return the job of a parameter's update."""
        data, grad = parameter.data, parameter.grad
        xp = backend_of(data).xp
        if parameter.name not in self.state:
            self.state[parameter.name] = {slot: self._zeros(xp, data) for slot in self.slots}
        state = self.state[parameter.name]
        if scale is not None:
            scale = xp.asarray(scale, data.dtype)
        if isinstance(grad, RowGrad):
            return self._job_of_rows(data, grad, state, learning_rate, scale)

        def work(tile: slice) -> None:
            self._apply(data[tile], grad[tile], _of_rows(state, tile), learning_rate, scale)

        return Job.on(data, work, self.operations)

    def _zeros(self, xp: Any, data: Any) -> Any:
        return xp.zeros_like(data)

    def _job_of_rows(
        self, data: Any, grad: RowGrad, state: dict[str, Any], learning_rate: float, scale: Any
    ) -> Job:
        grad = grad.summed()

        def work(tile: slice) -> None:
            rows = grad.rows[tile]
            taken, taken_state = data[rows], _of_rows(state, rows)
            self._apply(taken, grad.values[tile], taken_state, learning_rate, scale)
            data[rows] = taken
            for slot, array in taken_state.items():
                state[slot][rows] = array

        return Job.on(grad.values, work, self.operations)

    def _apply(self, w: Any, dw: Any, state: dict[str, Any], learning_rate: float, scale: Any) -> None:
        """Change w and the state in place, by the gradient scale dw; dw is free to overwrite."""
        if scale is not None:
            dw *= scale
        if self.weight_decay:
            w *= 1 - learning_rate * self.weight_decay
        self._update(backend_of(w).xp, w, dw, state, learning_rate)

    def _update(self, xp: Any, w: Any, dw: Any, state: dict[str, Any], learning_rate: float) -> None:
        """Change w and the state in place by the formula; dw is free to overwrite."""
        raise NotImplementedError


class SGD(Optimizer):
    """w -= learning_rate * dw.

    Parameters
    ----------
    weight_decay : float
        See the module.
    """

    operations = 1

    def _apply(self, w: Any, dw: Any, state: dict[str, Any], learning_rate: float, scale: Any) -> None:
        rate = learning_rate if scale is None else learning_rate * scale
        backend_of(w).kernels.sgd(w, dw, rate, 1 - learning_rate * self.weight_decay)


class Momentum(Optimizer):
    """v = momentum * v - learning_rate * dw, w += v.

    Parameters
    ----------
    momentum : float
        In [0, 1): how much of the last step goes on.
    weight_decay : float
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
        Keeps the first division finite.
    weight_decay : float
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
        update_rows = self._row_kernel(backend_of(data).kernels)
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
    """AdaGrad with one number of state for each row of a matrix: h += mean(dw^2) over the row.

    w -= learning_rate * dw / (sqrt(h) + epsilon), with less to read and to write than AdaGrad has. In a
    parameter that is no matrix, each number has its own h. Parameters are those of `AdaGrad`.
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
    """Running means m of dw and v of dw^2, freed of their start at 0 (Kingma & Ba 2015, algorithm 1).

    m = beta1 m + (1 - beta1) dw, v = beta2 v + (1 - beta2) dw^2, and after t steps
    w -= learning_rate * (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon). Rows share the step count
    t.

    Parameters
    ----------
    beta1, beta2 : float
        In [0, 1).
    epsilon : float
    weight_decay : float
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
