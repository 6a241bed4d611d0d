import numpy as np
import pytest

from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.language.gradient_lags import lag_norms
from lexloom.language.rnnlm import build_rnnlm
from lexloom.nn.recurrent import CELLS
from lexloom.training.randomness import random_stream

IDS = np.random.default_rng(0).integers(0, 7, 48)
STREAMS, LAGS, STEP = 3, 3, 1e-6


def model_of(cell, layers=1):
    sizes = {"embedding": 4, "hidden": 4, "layers": layers}
    return build_rnnlm(7, random_stream(3, "init"), get_backend("cpu"), cell=cell, dtype=np.float64, **sizes)


def flat(carry):
    """Return all states of a carry as one array (N, S)."""
    return np.hstack([np.hstack(state) if isinstance(state, tuple) else state for state in carry])


def shaped(values, carry):
    """Return an array (N, S) as states like those of a carry."""
    parts = iter(np.split(values, values.shape[1] // 4, axis=1))
    return [(next(parts), next(parts)) if isinstance(state, tuple) else next(parts) for state in carry]


def numeric_norms(model, inputs, targets, carry, lag):
    """Return the norm (N,) of the numeric gradient of the last word's loss by the state `lag` words back."""
    steps = inputs.shape[1]
    _, carry, _ = model.hidden(inputs[:, : steps - lag], carry)
    if lag == 0:  # the output layer alone lies behind the state
        h = carry[-1][0] if isinstance(carry[-1], tuple) else carry[-1]
        losses = [
            [model.cross_entropy.losses((h + shift)[:, None], targets[:, -1:])[:, 0] for shift in (d, -d)]
            for d in STEP * np.eye(4)
        ]
    else:
        rest, state = inputs[:, steps - lag :], flat(carry)

        def loss_from(values):
            x, _, _ = model.hidden(rest, shaped(values, carry))
            return model.cross_entropy.losses(x[:, -1:], targets[:, -1:])[:, 0]

        losses = [[loss_from(state + shift) for shift in (d, -d)] for d in STEP * np.eye(state.shape[1])]
    return np.linalg.norm([(up - down) / (2 * STEP) for up, down in losses], axis=0)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_norms_are_those_of_numeric_gradients(cell, layers):
    model, carry, expected = model_of(cell, layers), None, []
    for inputs, targets in model.windows(IDS, STREAMS, LAGS + 1):
        expected.append([numeric_norms(model, inputs, targets, carry, k).mean() for k in range(LAGS + 1)])
        _, carry, _ = model.hidden(inputs, carry)
    norms = lag_norms(model, IDS, LAGS, STREAMS)
    np.testing.assert_allclose(norms, np.mean(expected, axis=0), rtol=1e-6)
    assert all(parameter.grad is None for parameter in model.parameters())


def test_a_recurrent_weight_that_halves_the_state_halves_the_gradient():
    model = model_of("rnn")
    embedding, Wx, Wh, b, *_ = model.parameters()
    for parameter in (embedding, Wx, b):
        parameter.data[:] = 0  # the state stays 0, where tanh has slope 1
    Wh.data[:] = np.eye(4) / 2
    norms = lag_norms(model, IDS, 5, STREAMS)
    np.testing.assert_allclose(norms, norms[0] * 0.5 ** np.arange(6), rtol=1e-12)


def test_what_remains_beyond_equal_streams_is_left_out_and_a_short_text_has_fewer():
    model = model_of("lstm")
    even = lag_norms(model, IDS, LAGS, STREAMS)
    np.testing.assert_array_equal(lag_norms(model, np.append(IDS, [5, 5]), LAGS, STREAMS), even)
    short = lag_norms(model, IDS[:5], LAGS, STREAMS)
    np.testing.assert_array_equal(short, lag_norms(model, IDS[:5], LAGS, 1))
    with pytest.raises(LexloomError, match="3 words: expected more than 3"):
        lag_norms(model, IDS[:3], LAGS, STREAMS)
