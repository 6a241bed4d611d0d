"""Small cases of all layers, losses and optimizers, on any device and in any precision, for generic tests."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from lexloom.nn import (
    graph,
    layer,
    layers,
    losses,
    recurrent,
    regularization,
    sampled_softmax,
    softmax_losses,
)
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.training.gradients import clip_factor
from lexloom.training.optimizers import OPTIMIZERS


@dataclass
class Case:
    """A layer or loss and its inputs; `forward` calls it with fixed random numbers."""

    layer: Any
    inputs: tuple
    forward: Callable


class OneTuple:
    """A recurrent layer with its states as further inputs and outputs, for `check_layer`."""

    def __init__(self, cell: Any):
        self.cell = cell

    def parameters(self):
        return self.cell.parameters()

    def forward(self, x, *state, **rng):
        (y, after), cache = self.cell.forward(x, state if len(state) == 2 else state[0], **rng)
        return (y, *(after if isinstance(after, tuple) else (after,))), cache

    def backward(self, dy, cache):
        dx, dstate = self.cell.backward(dy[0], cache, dy[1:] if len(dy) == 3 else dy[1])
        return (dx, *(dstate if isinstance(dstate, tuple) else (dstate,)))


class SameDraw:
    """A sampled softmax that always draws the same sample."""

    def __init__(self, output: Any):
        self.loss = sampled_softmax.SampledSoftmaxOutput(output, np.array([1, 0.3, 0.6, 0.2, 0.5]))
        self.parameters, self.backward = self.loss.parameters, self.loss.backward

    def forward(self, x, targets):
        return self.loss.forward(x, targets, np.random.default_rng(0))


class Maker:
    """Makes random arrays and parameters; their values do not depend on the device and the precision."""

    def __init__(self, dtype: Any, move: Callable):
        self.rng = np.random.default_rng(7)
        self.dtype = dtype
        self.move = move

    def array(self, *shape: int) -> Any:
        return self.move(self.rng.normal(size=shape).astype(self.dtype))

    def ids(self, ids: Any) -> Any:
        return self.move(np.array(ids))

    def parameter(self, name: str, *shape: int) -> Parameter:
        return Parameter(name, self.array(*shape))


IDS = [[1, 0, 1, 3], [4, -1, 1, 0]]  # one id is repeated, and one is absent


def layer_cases(dtype: Any = np.float64, move: Callable = lambda array: array) -> dict[str, Case]:
    """Return the cases by name: N = 2 streams of T = 4 steps, D = 3, H = 2, V = 5."""
    make = Maker(dtype, move)
    x = (2, 4, 3)
    cases = {
        "MatMul": (layers.MatMul(make.parameter("W", 3, 2)), make.array(*x)),
        "Linear": (layers.Linear(make.parameter("W", 3, 2), make.parameter("b", 2)), make.array(*x)),
        "Linear, transposed": (
            layers.Linear(make.parameter("W", 2, 3), make.parameter("b", 2), transposed=True),
            make.array(*x),
        ),
        "OneHotMatMul": (layers.OneHotMatMul(make.parameter("W", 5, 3)), make.ids(IDS)),
        "Embedding": (layers.Embedding(make.parameter("W", 5, 3)), make.ids(IDS)),
        "EmbeddingDot": (layers.EmbeddingDot(make.parameter("W", 5, 3)), make.array(2, 3), make.ids(IDS)),
        "Sigmoid": (layers.Sigmoid(), make.array(*x)),
        "Tanh": (layers.Tanh(), make.array(*x)),
        "ReLU": (layers.ReLU(), make.array(*x)),
        "Softmax": (layers.Softmax(), make.array(*x)),
        "Add": (graph.Add(), make.array(*x), make.array(*x)),
        "Multiply": (graph.Multiply(), make.array(*x), make.array(*x)),
        "Branch": (graph.Branch(), make.array(*x)),
        "Repeat": (graph.Repeat(3), make.array(*x)),
        "Sum": (graph.Sum(), make.array(*x)),
        "Flatten": (graph.Flatten(), make.array(*x)),
        "MeanOfPresent": (
            layers.MeanOfPresent(layers.Embedding(make.parameter("W", 5, 3))),
            make.ids([*IDS, [-1] * 4]),
        ),
        "RNN": (OneTuple(recurrent.RNN(*_weights(make, 2))), make.array(*x), make.array(2, 2)),
        "LSTM": (
            OneTuple(recurrent.LSTM(*_weights(make, 8))),
            make.array(*x),
            make.array(2, 2),
            make.array(2, 2),
        ),
        "GRU": (
            OneTuple(recurrent.GRU(*_weights(make, 6), make.parameter("bhn", 2))),
            make.array(*x),
            make.array(2, 2),
        ),
    }
    by_name = {name: Case(layer, inputs, layer.forward) for name, (layer, *inputs) in cases.items()}
    by_name |= {name: _drawing(*case) for name, case in _dropouts(make, x).items()}
    dropout = layers.Dropout(0.5)
    by_name["Dropout in evaluation"] = Case(dropout, [make.array(*x)], dropout.forward)
    return by_name


def _dropouts(make: Maker, x: tuple) -> dict[str, tuple]:
    lstm, gru = (
        recurrent.LSTM(*_weights(make, 8)),
        recurrent.GRU(*_weights(make, 6), make.parameter("bhn", 2)),
    )
    return {
        "Dropout": (layers.Dropout(0.5), make.array(*x)),
        "Dropout, locked": (layers.Dropout(0.5, locked=True), make.array(*x)),
        "PenalizedDropout, no penalty": (
            regularization.PenalizedDropout(layers.Dropout(0.5)),
            make.array(*x),
        ),
        "WordDropout": (
            regularization.WordDropout(layers.Embedding(make.parameter("W", 5, 3)), 0.5),
            make.ids(IDS),
        ),
        "Chain": (
            layer.Chain(
                layers.Linear(make.parameter("W", 3, 2), make.parameter("b", 2)),
                layer.Chain(layers.Tanh(), layers.Dropout(0.5)),
            ),
            make.array(*x),
        ),
        "WeightDrop, LSTM": (
            OneTuple(regularization.WeightDrop(lstm, 0.5)),
            make.array(*x),
            make.array(2, 2),
            make.array(2, 2),
        ),
        "WeightDrop, GRU": (
            OneTuple(regularization.WeightDrop(gru, 0.5)),
            make.array(*x),
            make.array(2, 2),
        ),
    }


def _drawing(layer: Any, *inputs: Any) -> Case:
    """Return the case of a random layer that always draws the same numbers."""
    return Case(layer, inputs, lambda *inputs: layer.forward(*inputs, rng=np.random.default_rng(1)))


def loss_cases(dtype: Any = np.float64, move: Callable = lambda array: array) -> dict[str, Case]:
    """Return the losses by name, with absent and repeated targets."""
    make = Maker(dtype, move)
    cases = {
        "SoftmaxCrossEntropy": (softmax_losses.SoftmaxCrossEntropy(), make.array(2, 4, 5), make.ids(IDS)),
        "SoftmaxOutput": (
            softmax_losses.SoftmaxOutput(layers.Linear(make.parameter("W", 3, 5), make.parameter("b", 5))),
            make.array(2, 4, 3),
            make.ids(IDS),
        ),
        "SoftmaxOutput, tied": (
            softmax_losses.SoftmaxOutput(
                layers.Linear(make.parameter("W", 5, 3), make.parameter("b", 5), transposed=True)
            ),
            make.array(2, 4, 3),
            make.ids(IDS),
        ),
        "SampledSoftmaxOutput": (
            SameDraw(layers.Linear(make.parameter("W", 5, 3), make.parameter("b", 5), transposed=True)),
            make.array(2, 4, 3),
            make.ids([[1, 0, 1, 1], [4, -1, 1, 0]]),
        ),
        "NegativeSampling": (
            losses.NegativeSampling(make.parameter("W", 5, 3)),
            make.array(3, 3),
            make.ids([[1, 0, 2, 2], [4, 1, -1, 0], [-1, 3, 3, 0]]),
        ),
    }
    return {name: Case(loss, inputs, loss.forward) for name, (loss, *inputs) in cases.items()}


def parameters_of(loss: Any) -> list[Parameter]:
    """Return the parameters of a loss."""
    return loss.parameters()


def _weights(make: Maker, columns: int) -> list[Parameter]:
    return [make.parameter("Wx", 3, columns), make.parameter("Wh", 2, columns), make.parameter("b", columns)]


def optimized(name, rows, move):
    """Return a parameter after three clipped optimizer steps, with row gradients or dense gradients."""
    rng = np.random.default_rng(0)
    parameter = Parameter("W", move(rng.normal(size=(4, 3))))
    optimizer = OPTIMIZERS[name](weight_decay=0.1)
    for _ in range(3):
        values = move(rng.normal(size=(4, 3)))
        parameter.grad = RowGrad(move(np.array([2, 0, 0, 1])), values) if rows else values
        optimizer.step([parameter], 0.1, clip_factor([parameter], 1.0))
    return parameter.data
