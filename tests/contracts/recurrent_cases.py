"""Inputs for the kernels of recurrent layers, and their results as lists."""

import numpy as np

from lexloom.kernels.reference.recurrent import Reference
from lexloom.nn.recurrent import CELLS

reference = Reference()


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def inputs(cell, steps, streams, size):
    """Return random a, initial states, weights and biases of a cell."""
    gates = CELLS[cell].gates
    states = normal(2 if cell == "lstm" else 1, streams, size, seed=1)
    Wh = normal(size, gates * size, seed=2) / np.float32(np.sqrt(size))
    return normal(steps, streams, gates * size), states, Wh, [normal(size, seed=3)] if cell == "gru" else []


def steps_of(kernels, cell, a, states, Wh, biases):
    """Return the results of a cell as a list."""
    steps = getattr(kernels, cell)(a, *states, Wh, *biases)
    return [steps] if cell == "rnn" else list(steps)


def forward(kernels, cell, *shape):
    return steps_of(kernels, cell, *inputs(cell, *shape))


def backward(kernels, cell, *shape):
    """Return the gradients of a cell for random gradients of its outputs."""
    a, states, Wh, biases = inputs(cell, *shape)
    steps = steps_of(reference, cell, a, states, Wh, biases)
    dy, dstates = normal(*shape, seed=4), normal(*states.shape, seed=5)
    if cell == "rnn":
        return kernels.rnn_backward(dy, *dstates, *steps, Wh)
    if cell == "lstm":
        return kernels.lstm_backward(dy, *dstates, steps[0], steps[2], states[1], Wh)
    return kernels.gru_backward(dy, *dstates, steps[0], steps[2], steps[1], states[0], Wh)
