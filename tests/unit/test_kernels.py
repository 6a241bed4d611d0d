"""The CPU's kernels equal their specification, and their bits depend on no number of threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lexloom.kernels import cpu, pool, reference
from lexloom.kernels.cpu_math import fast_exp, fast_sigmoid, fast_tanh

finite = st.floats(-1e4, 1e4, width=32)


@pytest.fixture(autouse=True)
def _one_thread_afterwards():
    yield
    pool.set_threads(1)


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def on_threads(compute):
    results = []
    for threads in (1, 2):
        pool.set_threads(threads)
        results.append(compute())
    return results


@pytest.mark.parametrize(
    ("rows", "inner", "columns"),
    [(3, 4, 5), (20, 650, 2600), (700, 300, 90), (90, 700, 1024), (700, 64, 3000)],
)
def test_matmul_equals_and_has_the_same_bits_on_threads(rows, inner, columns):
    a, b = normal(rows, inner), normal(inner, columns, seed=1)
    one, two = on_threads(lambda: cpu.matmul(a, b))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(one, a.astype(np.float64) @ b, atol=1e-3)


def test_matmul_of_transposed_arrays_into_an_output():
    a, b = normal(300, 400).T, normal(500, 300, seed=1).T
    out = np.empty((400, 500), np.float32)
    assert cpu.matmul(a, b, out=out) is out
    np.testing.assert_allclose(out, a.astype(np.float64) @ b, atol=1e-3)


@given(rows=st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_sum_rows_equals_the_reference(rows):
    rows, values = np.array(rows), normal(len(rows), 3)
    for ours, expected in zip(cpu.sum_rows(rows, values), reference.sum_rows(rows, values), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_sum_rows_has_the_same_bits_on_threads():
    rows, values = np.random.default_rng(1).integers(0, 3000, 20000), normal(20000, 8)
    one, two = on_threads(lambda: cpu.sum_rows(rows, values))
    np.testing.assert_array_equal(one[1], two[1])


@given(finite)
def test_exp_sigmoid_and_tanh_of_float32(x):
    x = np.float32(x)
    exact = np.exp(np.clip(np.float64(x), -87, 88))
    assert fast_exp(x) == pytest.approx(exact, rel=5e-7)
    assert fast_sigmoid(x) == pytest.approx(1 / (1 + np.exp(-np.clip(np.float64(x), -88, 87))), rel=1e-6)
    assert fast_tanh(x) == pytest.approx(np.tanh(np.float64(x)), abs=3e-7)


def test_lstm_step_equals_the_reference():
    a, from_hidden, c_before = normal(3, 20), normal(3, 20, seed=1), normal(3, 5, seed=2)
    results = []
    for kernels in (cpu, reference):
        gates, c, h = a.copy(), np.empty((3, 5), np.float32), np.empty((3, 5), np.float32)
        kernels.lstm_step(gates, from_hidden, c_before, c, h)
        results.append((gates, c, h))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


def test_lstm_step_backward_equals_the_reference():
    dh, dc, c, c_before = (normal(3, 5, seed=seed) for seed in range(4))
    gates = reference.sigmoid(normal(3, 20, seed=5))
    results = []
    for kernels in (cpu, reference):
        da = np.empty_like(gates)
        results.append((kernels.lstm_step_backward(dh, dc, gates, c, c_before, da), da))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_softmax_cross_entropy_equals_the_reference_and_has_the_same_bits_on_threads(scale):
    scores = normal(100, 37) * np.float32(scale)
    targets = np.random.default_rng(3).integers(-1, 37, 100)

    def compute():
        losses, log_sums = cpu.softmax_cross_entropy(scores, targets)
        return (
            losses,
            log_sums,
            cpu.softmax_cross_entropy_backward(scores, targets, log_sums, np.float32(0.01)),
        )

    one, two = on_threads(compute)
    for ours, same in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours, same)
    losses, log_sums = reference.softmax_cross_entropy(scores.astype(np.float64), targets)
    dscores = reference.softmax_cross_entropy_backward(scores.astype(np.float64), targets, log_sums, 0.01)
    np.testing.assert_allclose(one[0], losses, rtol=1e-5, atol=1e-3 if scale == 1000 else 1e-5)
    np.testing.assert_allclose(one[1], log_sums, rtol=1e-6, atol=1e-6)
    rounding = np.finfo(np.float32).eps * scale  # of a score, which is as large as its distance to log_sums
    np.testing.assert_allclose(one[2], dscores, atol=0.01 * (rounding + 1e-6))


def test_adagrad_of_rows_equals_the_reference_and_leaves_other_rows():
    rows, values = np.array([1, 4, 5]), normal(3, 7)
    results = []
    for kernels in (cpu, reference):
        data, squares = normal(6, 7, seed=1), normal(6, 7, seed=2) ** 2
        kernels.adagrad_rows(data, squares, rows, values, 0.1, 1e-7)
        results.append((data, squares))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5)
    np.testing.assert_array_equal(results[0][0][[0, 2, 3]], normal(6, 7, seed=1)[[0, 2, 3]])
