import numpy as np
import pytest

from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.training.optimizers import OPTIMIZERS, SGD, AdaGrad, Adam, Momentum, RowAdaGrad

RATE = 0.1


def trajectory(optimizer, gradients, w):
    """Return w after steps with these gradients."""
    parameter = Parameter("W", w.copy())
    for gradient in gradients:
        parameter.grad = gradient
        optimizer.step([parameter], RATE)
        assert parameter.grad is None
    return parameter.data


def random_steps(seed=0, steps=4):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(3, 2)), rng.normal(size=(steps, 3, 2))


def by_formula_sgd(w, gradients):
    for dw in gradients:
        w = w - RATE * dw
    return w


def by_formula_momentum(w, gradients):
    v = 0
    for dw in gradients:
        v = 0.9 * v - RATE * dw
        w = w + v
    return w


def by_formula_adagrad(w, gradients):
    h = 0
    for dw in gradients:
        h = h + dw**2
        w = w - RATE * dw / (np.sqrt(h) + 1e-7)
    return w


def by_formula_row_adagrad(w, gradients):
    h = 0
    for dw in gradients:
        h = h + (dw**2).mean(axis=1, keepdims=True)
        w = w - RATE * dw / (np.sqrt(h) + 1e-7)
    return w


def by_formula_adam(w, gradients):
    m = v = 0
    for t, dw in enumerate(gradients, 1):
        m = 0.9 * m + 0.1 * dw
        v = 0.999 * v + 0.001 * dw**2
        w = w - RATE * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return w


@pytest.mark.parametrize(
    ("optimizer", "formula"),
    [
        (SGD(), by_formula_sgd),
        (Momentum(), by_formula_momentum),
        (AdaGrad(), by_formula_adagrad),
        (RowAdaGrad(), by_formula_row_adagrad),
        (Adam(), by_formula_adam),
    ],
)
def test_against_the_formula(optimizer, formula):
    w, gradients = random_steps()
    expected = formula(w, gradients)
    np.testing.assert_allclose(trajectory(optimizer, gradients.copy(), w), expected, rtol=1e-12)


@pytest.mark.parametrize("weight_decay", [0, 0.5])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_rows_equal_dense_if_all_have_gradients(name, weight_decay):
    w, gradients = random_steps()
    rows = [RowGrad(np.array([2, 0, 1, 0]), dw[[2, 0, 1, 0]] * [[1], [0.5], [1], [0.5]]) for dw in gradients]
    dense = trajectory(OPTIMIZERS[name](weight_decay=weight_decay), gradients.copy(), w)
    np.testing.assert_allclose(trajectory(OPTIMIZERS[name](weight_decay=weight_decay), rows, w), dense)


@pytest.mark.parametrize("name", ["sgd", "adagrad"])
def test_rows_equal_dense_exactly_if_some_have_no_gradient(name):
    w, gradients = random_steps()
    gradients[::2, 1] = 0
    rows = [
        RowGrad(np.array([0, 2, 1])[: 2 + k % 2], dw[[0, 2, 1]][: 2 + k % 2])
        for k, dw in enumerate(gradients)
    ]
    dense = trajectory(OPTIMIZERS[name](), gradients.copy(), w)
    np.testing.assert_array_equal(trajectory(OPTIMIZERS[name](), rows, w), dense)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_row_without_gradient_keeps_its_value_and_state(name):
    optimizer = OPTIMIZERS[name](weight_decay=0.5)
    parameter = Parameter("W", np.ones((3, 2)))
    parameter.grad = np.ones((3, 2))
    optimizer.step([parameter], RATE)
    before = parameter.data.copy()
    state = {slot: array.copy() for slot, array in optimizer.state["W"].items()}
    parameter.grad = RowGrad(np.array([1]), np.ones((1, 2)))
    optimizer.step([parameter], RATE)
    resting = [0, 2]
    np.testing.assert_array_equal(parameter.data[resting], before[resting])
    assert (parameter.data[1] != before[1]).all()
    for slot, array in optimizer.state["W"].items():
        np.testing.assert_array_equal(array[resting], state[slot][resting])
        assert (array[1] != state[slot][1]).all()


def test_weight_decay_is_decoupled_from_the_gradient():
    for optimizer in OPTIMIZERS.values():
        w = trajectory(optimizer(weight_decay=0.5), [np.zeros((1, 1))], np.array([[2.0]]))
        np.testing.assert_allclose(w, 2 * (1 - RATE * 0.5))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_step_is_in_place_and_skips_parameters_without_gradient(name):
    data = np.ones((2, 2), np.float32)
    parameter, idle = Parameter("W", data), Parameter("idle", np.ones(2))
    parameter.grad = np.ones((2, 2), np.float32)
    OPTIMIZERS[name]().step([parameter, idle, parameter], RATE)
    assert parameter.data is data
    assert data.dtype == np.float32
    assert (data < 1).all()
    assert (idle.data == 1).all()


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_and_state_are_all_that_a_checkpoint_needs(name):
    """Another optimizer with the same steps and state makes the same next step."""
    w, gradients = random_steps()
    whole = trajectory(OPTIMIZERS[name](), gradients.copy(), w)
    first, second = OPTIMIZERS[name](), OPTIMIZERS[name]()
    half = trajectory(first, gradients[:2].copy(), w)
    second.steps, second.state = first.steps, first.state
    np.testing.assert_array_equal(trajectory(second, gradients[2:].copy(), half), whole)


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("weight_decay", [0, 0.1])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scale_multiplies_the_gradient(name, weight_decay, rows):
    w, gradients = random_steps()
    results = []
    for scale, factor in ((None, 0.3), (np.float64(0.3), 1.0)):
        parameter, optimizer = Parameter("W", w.copy()), OPTIMIZERS[name](weight_decay=weight_decay)
        for gradient in gradients * factor:
            parameter.grad = RowGrad(np.array([2, 0, 2]), gradient) if rows else gradient
            optimizer.step([parameter], RATE, scale)
        results.append(parameter.data)
    np.testing.assert_allclose(*results)


def test_duplicate_names_are_refused():
    with pytest.raises(ValueError, match="names must be unique, but are W, b, W"):
        SGD().step([Parameter(name, np.zeros(1)) for name in "WbW"], RATE)
