import copy

import numpy as np
import pytest
from layer_cases import layer_cases

from lexloom.nn.gradient_check import check_derivative, check_layer, dense_gradient
from lexloom.nn.graph import Add, Multiply
from lexloom.nn.layers import Dropout, Embedding, EmbeddingDot, Linear, MatMul, OneHotMatMul, Sigmoid, Softmax
from lexloom.nn.parameter import Parameter, RowGrad

NAMES = sorted(layer_cases())


def parts(value):
    return value if isinstance(value, tuple) else (value,)


def like(y, seed=3):
    """Return random gradients of y."""
    rng = np.random.default_rng(seed)
    dy = tuple(rng.normal(size=part.shape).astype(part.dtype) for part in parts(y))
    return dy if isinstance(y, tuple) else dy[0]


def assert_equal(left, right):
    if left is None:
        assert right is None
        return
    for one, other in zip(parts(left), parts(right), strict=True):
        np.testing.assert_array_equal(one, other)


def gradients(layer):
    return [dense_gradient(parameter) for parameter in layer.parameters()]


@pytest.mark.parametrize("name", NAMES)
def test_derivatives(name):
    case = layer_cases()[name]
    check_layer(case.layer, *case.inputs, forward=case.forward)


@pytest.mark.parametrize("name", NAMES)
def test_passes_have_no_side_effects(name):
    """Another forward pass and a second backward pass change neither outputs, gradients nor inputs."""
    case = layer_cases()[name]
    others = [array + 1 if array.dtype == np.float64 else array[..., ::-1] for array in case.inputs]
    inputs = copy.deepcopy(case.inputs)
    y, cache = case.forward(*case.inputs)
    kept_y, dy = copy.deepcopy(y), like(y)
    kept_dy = copy.deepcopy(dy)
    case.forward(*others)
    dx = case.layer.backward(dy, cache)
    assert_equal(case.forward(*case.inputs)[0], kept_y)
    assert_equal(case.layer.backward(dy, cache), dx)
    assert_equal(y, kept_y)
    assert_equal(dy, kept_dy)
    assert_equal(tuple(case.inputs), tuple(inputs))


@pytest.mark.parametrize("name", NAMES)
def test_backward_adds_to_the_gradient(name):
    case = layer_cases()[name]
    y, cache = case.forward(*case.inputs)
    case.layer.backward(like(y, 1), cache)
    first = gradients(case.layer)
    for parameter in case.layer.parameters():
        parameter.grad = None
    case.layer.backward(like(y, 2), cache)
    second = gradients(case.layer)
    case.layer.backward(like(y, 1), cache)
    for total, one, other in zip(gradients(case.layer), first, second, strict=True):
        np.testing.assert_allclose(total, one + other, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", NAMES)
def test_precision_follows_the_parameters(name, dtype):
    case = layer_cases(dtype)[name]
    y, cache = case.forward(*case.inputs)
    dx = case.layer.backward(like(y), cache)
    arrays = [*parts(y), *(() if dx is None else parts(dx))]
    for parameter in case.layer.parameters():
        arrays.append(parameter.grad.values if isinstance(parameter.grad, RowGrad) else parameter.grad)
    assert {array.dtype for array in arrays} == {np.dtype(dtype)}


def test_two_layers_that_share_a_parameter_add_up():
    """Tied weights: the same table is an embedding and, transposed, the output layer."""
    rng = np.random.default_rng(0)
    table = Parameter("W", rng.normal(size=(5, 3)))
    embedding, output = Embedding(table), MatMul(table, transposed=True)
    ids = np.array([[1, 0, 1], [4, 4, 1]])
    dy = rng.normal(size=(2, 3, 5))

    def forward():
        rows, embedding_cache = embedding.forward(ids)
        y, output_cache = output.forward(rows * rows)
        return y, (rows, embedding_cache, output_cache)

    _, (rows, embedding_cache, output_cache) = forward()
    embedding.backward(output.backward(dy, output_cache) * 2 * rows, embedding_cache)
    check_derivative(lambda: np.sum(forward()[0] * dy), table.data, dense_gradient(table), "W")


def test_a_small_graph():
    """z = (a + b) sigmoid(b): b is used twice, and its gradient is the sum of both."""
    rng = np.random.default_rng(0)
    a, b, dz = rng.normal(size=(3, 2, 3))

    def forward():
        total, add_cache = Add().forward(a, b)
        gate, gate_cache = Sigmoid().forward(b)
        z, multiply_cache = Multiply().forward(total, gate)
        return z, (add_cache, gate_cache, multiply_cache)

    _, (add_cache, gate_cache, multiply_cache) = forward()
    dtotal, dgate = Multiply().backward(dz, multiply_cache)
    da, db = Add().backward(dtotal, add_cache)
    check_derivative(lambda: np.sum(forward()[0] * dz), a, da, "a")
    check_derivative(lambda: np.sum(forward()[0] * dz), b, db + Sigmoid().backward(dgate, gate_cache), "b")


def test_linear_by_hand():
    layer = Linear(Parameter("W", np.array([[1.0, 2.0], [3.0, 4.0]])), Parameter("b", np.array([10.0, 20.0])))
    y, cache = layer.forward(np.array([[1.0, -1.0]]))
    np.testing.assert_array_equal(y, [[8.0, 18.0]])
    np.testing.assert_array_equal(layer.backward(np.array([[1.0, 0.0]]), cache), [[1.0, 3.0]])


def test_one_hot_product_and_embedding_agree():
    rng = np.random.default_rng(0)
    ids = np.array([[2, 0, -1], [2, 2, 1]])
    one_hot, embedding = (
        layer(Parameter("W", rng.normal(size=(4, 3)))) for layer in (OneHotMatMul, Embedding)
    )
    embedding.W.data[...] = one_hot.parameters()[0].data
    y, one_hot_cache = one_hot.forward(ids)
    rows, cache = embedding.forward(ids)
    np.testing.assert_array_equal(y, rows)
    one_hot.backward(y, one_hot_cache)
    embedding.backward(y, cache)
    assert isinstance(embedding.W.grad, RowGrad)
    np.testing.assert_allclose(one_hot.parameters()[0].grad, dense_gradient(embedding.W), rtol=1e-14)


def test_an_absent_id_has_no_row_and_no_gradient():
    W = Parameter("W", np.ones((3, 2)))
    rows, cache = Embedding(W).forward(np.array([-1, 2]))
    np.testing.assert_array_equal(rows, [[0, 0], [1, 1]])
    Embedding(W).backward(np.ones((2, 2)), cache)
    np.testing.assert_array_equal(W.grad.rows, [2])
    scores, _ = EmbeddingDot(W).forward(np.ones((1, 2)), np.array([[-1, 1]]))
    np.testing.assert_array_equal(scores, [[0, 2]])


@pytest.mark.parametrize("size", [1e4, -1e4])
def test_large_inputs_stay_finite(size):
    x = np.array([[size, 0.0, -size]], np.float32)
    np.testing.assert_array_equal(Sigmoid().forward(x)[0], [[size > 0, 0.5, size < 0]])
    np.testing.assert_array_equal(Softmax().forward(x)[0], [[size > 0, 0, size < 0]])


def test_dropout_keeps_the_mean_and_drops_the_rate():
    x = np.ones((1000, 100), np.float32)
    y, cache = Dropout(0.25).forward(x, np.random.default_rng(0))
    assert abs(np.mean(y == 0) - 0.25) < 0.01
    assert abs(y.mean() - 1) < 0.01
    np.testing.assert_array_equal(Dropout(0.25).backward(x, cache), y)


def test_dropout_does_nothing_in_evaluation_or_at_rate_0():
    x = np.ones((2, 3))
    assert Dropout(0.5).forward(x)[0] is x
    rng = np.random.default_rng(0)
    assert Dropout(0.0).forward(x, rng)[0] is x
    assert rng.random() == np.random.default_rng(0).random()


def test_gradient_check_finds_a_wrong_derivative():
    class Wrong(Sigmoid):
        def backward(self, dy, cache):
            return super().backward(dy, cache) * 1.001

    with pytest.raises(AssertionError, match=r"dinput 0\[0\]"):
        check_layer(Wrong(), np.ones(3))
