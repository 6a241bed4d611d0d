"""The CPU kernels equal the reference, with the same bits on any number of threads."""

import threading
from functools import partial

import numpy as np
import pytest
from all_kernels import Cpu, Reference
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit
from numba.core.errors import TypingError

from lexloom.kernels import tiles
from lexloom.kernels.cpu import jobs as cpu_jobs
from lexloom.kernels.cpu import softmax as cpu_softmax
from lexloom.kernels.cpu.machine import gemm, target, thread_pool
from lexloom.kernels.cpu.machine.math import exp_row, fast_exp, fast_log1p, sigmoid_row, tanh_row
from lexloom.kernels.cpu.machine.registers import WIDTH, load_row, store_row
from lexloom.kernels.tiles import Job
from lexloom.nn.parameter import Parameter, RowGrad
from lexloom.training.gradients import clip_factor, global_norm
from lexloom.training.optimizers import OPTIMIZERS

cpu = Cpu()
reference = Reference()

finite = st.floats(-1e4, 1e4, width=32)


@pytest.fixture(autouse=True)
def _all_threads(monkeypatch):
    """Use several threads for an output layer of any size."""
    monkeypatch.setattr(cpu_softmax, "_PARALLEL_FLOPS", 0)
    yield
    thread_pool.set_threads(1)


def normal(*shape, seed=0, dtype=np.float32):
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


def on_threads(compute):
    results = []
    for threads in (1, 2):
        thread_pool.set_threads(threads)
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


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(5, 5), (40, 7), (6000, 16), (9000, 300)])
def test_qr_is_a_qr_decomposition_with_the_same_bits_on_threads(dtype, shape):
    a = normal(*shape).astype(dtype)
    a[:, 1] = a[:, 0]
    (q, triangle), two = on_threads(lambda: cpu.qr(a))
    for part, other in zip((q, triangle), two, strict=True):
        np.testing.assert_array_equal(part, other)
        assert part.dtype == dtype
    rounding = 100 * np.finfo(dtype).eps
    np.testing.assert_allclose(q.T @ q, np.eye(shape[1]), atol=rounding)
    np.testing.assert_allclose(q @ triangle, a, atol=rounding * np.sqrt(len(a)))
    np.testing.assert_array_equal(triangle, np.triu(triangle))
    for part, expected in zip((q, triangle), reference.qr(normal(*shape).astype(dtype)), strict=True):
        assert part.shape == expected.shape


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("columns", [1, 16, 37])
@pytest.mark.parametrize(("rows", "count"), [(1, 1), (30, 0), (33, 6), (4003, 41)])
def test_projecting_out_equals_the_reference_and_has_the_same_bits_on_threads(dtype, columns, rows, count):
    vectors = np.linalg.qr(normal(rows, count).astype(dtype))[0]
    x = normal(rows, columns, seed=1).astype(dtype)
    for laid_out in (np.asfortranarray(vectors), np.ascontiguousarray(vectors)):
        one, two = on_threads(partial(cpu.project_out, laid_out, x))
        for part, other, expected in zip(one, two, reference.project_out(vectors, x), strict=True):
            np.testing.assert_array_equal(part, other)
            np.testing.assert_allclose(part, expected, atol=100 * np.finfo(dtype).eps)
            assert part.dtype == dtype


@njit
def multiply(a, b, out, add):
    gemm.multiply(a, b, out, add)


@njit
def multiply_and_fetch(a, b, out, add, ahead):
    gemm.multiply_and_fetch(a, b, out, add, ahead)


def test_gemm_refuses_numbers_that_it_would_misread():
    matrix = np.ones((16, 16))
    with pytest.raises(TypingError, match="expected arrays of float32"):
        multiply(matrix, matrix, matrix, False)


SLICES = [slices * target.BLOCK.inner + more for slices in (1, 2) for more in (-1, 0, 1)]


@given(
    rows=st.integers(1, 23),
    inner=st.integers(1, 40) | st.sampled_from(SLICES),
    columns=st.integers(1, 150),
    order=st.booleans(),
    ahead=st.sampled_from([0, 1, 100_000]),
)
@settings(deadline=None)
def test_gemm_multiplies_matrices_of_any_shape_and_can_add(rows, inner, columns, order, ahead):
    a, b = normal(rows, inner), normal(inner, columns, seed=1)
    a, b = (np.asfortranarray(a), np.asfortranarray(b)) if order else (a, b)
    panels, transposed = gemm.new_panels(inner, columns), gemm.new_panels(inner, columns)
    gemm.lay_out_rows(b, 0, inner, panels)
    gemm.lay_out_transposed(np.ascontiguousarray(b.T), 0, inner, transposed)
    np.testing.assert_array_equal(panels, transposed)
    in_place = np.zeros((inner, gemm.padded(columns)), np.float32)
    in_place[:, :columns] = b
    error = 1e-6 * max(100, inner)
    for factor in (panels, in_place):
        memory = np.ones((rows + 1, columns + 1), np.float32)
        out = memory[:rows, :columns]
        multiply(a, factor, out, True)
        np.testing.assert_allclose(out, 1 + a @ b, rtol=1e-4, atol=error)
        multiply(a, factor, out, False)
        np.testing.assert_allclose(out, a @ b, rtol=1e-4, atol=error)
        alone = out.copy()
        multiply_and_fetch(a, factor, out, False, np.zeros(ahead, np.float32))
        np.testing.assert_array_equal(out, alone)
        assert np.all(memory[rows] == 1)
        assert np.all(memory[:, columns] == 1)


@given(rows=st.lists(st.integers(0, 5), min_size=1, max_size=40))
def test_sum_rows_equals_the_reference(rows):
    rows, values = np.array(rows), normal(len(rows), 3)
    for ours, expected in zip(cpu.sum_rows(rows, values), reference.sum_rows(rows, values), strict=True):
        np.testing.assert_array_equal(ours, expected)


def test_sum_rows_has_the_same_bits_on_threads():
    rows, values = np.random.default_rng(1).integers(0, 3000, 20000), normal(20000, 8)
    one, two = on_threads(lambda: cpu.sum_rows(rows, values))
    np.testing.assert_array_equal(one[1], two[1])


@njit
def apply(function, x):
    out = np.empty_like(x)
    store_row(out, 0, 0, function(load_row(x, 0, 0), x))
    return out


def clipped(x):
    return np.clip(x.astype(np.float64), -88, 87)


@given(st.lists(finite, min_size=WIDTH, max_size=WIDTH))
def test_exp_sigmoid_and_tanh_of_float32(numbers):
    x = np.array([numbers], np.float32)
    exact = np.exp(np.clip(x.astype(np.float64), -87, 88))
    np.testing.assert_allclose(fast_exp(x[0, 0]), exact[0, 0], rtol=5e-7)
    np.testing.assert_allclose(apply(exp_row, x), exact, rtol=5e-7)
    np.testing.assert_allclose(apply(sigmoid_row, x), 1 / (1 + np.exp(-clipped(x))), rtol=1e-6)
    np.testing.assert_allclose(apply(tanh_row, x), np.tanh(x.astype(np.float64)), atol=3e-7)


@pytest.mark.parametrize("function", [exp_row, sigmoid_row, tanh_row])
def test_nan_stays_nan(function):
    x = np.zeros((1, WIDTH), np.float32)
    x[0, 3] = np.nan
    np.testing.assert_array_equal(np.isnan(apply(function, x)), np.isnan(x))


@given(st.floats(0, 1, width=32))
def test_log1p_of_float32(x):
    assert fast_log1p(np.float32(x)) == pytest.approx(np.log1p(np.float64(np.float32(x))), rel=5e-7)


def output_layer(scale, tied, words=1500, tokens=40):
    """Return x (tokens, 6), W (6, words) laid out as if tied or not, b, and targets with padding."""
    W = normal(words, 6, seed=1).T if tied else normal(6, words, seed=1)
    targets = np.random.default_rng(3).integers(-1, words, tokens)
    targets[5], targets[6] = -1, 1200  # of the last tile
    return normal(tokens, 6) * np.float32(scale), W, normal(words, seed=2), targets


@pytest.mark.parametrize("tied", [False, True])
@pytest.mark.parametrize("scale", [1, 30, 1000])
def test_softmax_output_equals_the_reference_and_has_the_same_bits_on_threads(monkeypatch, scale, tied):
    monkeypatch.setattr(tiles, "_SCORES", 1500 * 14)
    arguments = output_layer(scale, tied)
    one, two = on_threads(lambda: cpu.softmax_output_gradients(*arguments, np.float32(0.1)))
    for ours, same in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours, same)
    np.testing.assert_array_equal(cpu.softmax_output(*arguments), one[0])
    exact = [array.astype(np.float64) if array.dtype == np.float32 else array for array in arguments]
    expected = reference.softmax_output_gradients(*exact, 0.1)
    rounding = np.finfo(np.float32).eps * scale * 20  # of a score
    np.testing.assert_allclose(one[0], expected[0], rtol=1e-5, atol=1e-5 + rounding)
    for ours, gradient in zip(one[1:], expected[1:], strict=True):
        largest = np.abs(gradient).max()
        np.testing.assert_allclose(ours, gradient, atol=largest * (1e-5 + rounding))
    assert one[2].strides == arguments[1].strides


@pytest.mark.parametrize("kernels", [cpu, reference])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_softmax_output_equals_a_linear_layer_and_softmax_cross_entropy(monkeypatch, kernels, dtype):
    x, W, b, targets = (
        array.astype(dtype) if array.dtype == np.float32 else array for array in output_layer(1, False)
    )
    monkeypatch.setattr(tiles, "_SCORES", 1500)
    losses, dx, dW, db, squares = kernels.softmax_output_gradients(x, W, b, targets, dtype(0.1))
    scores = x @ W + b
    expected, log_sums = reference.softmax_cross_entropy(scores, targets)
    dscores = reference.softmax_cross_entropy_backward(scores, targets, log_sums, dtype(0.1))
    tolerance = {"rtol": 1e-4, "atol": 1e-5} if dtype == np.float32 else {"rtol": 1e-9, "atol": 1e-12}
    np.testing.assert_allclose(losses, expected, **tolerance)
    np.testing.assert_allclose(dx, dscores @ W.T, **tolerance)
    np.testing.assert_allclose(dW, x.T @ dscores, **tolerance)
    np.testing.assert_allclose(db, dscores.sum(axis=0), **tolerance)
    np.testing.assert_allclose(squares, (dW * dW).sum(axis=0), **tolerance)


def test_softmax_output_with_wide_states_equals_the_reference_on_threads():
    x, W, b = normal(40, 300), normal(1500, 300, seed=1).T / 10, normal(1500, seed=2)
    targets = np.arange(40) * 37
    one, two = on_threads(lambda: cpu.softmax_output_gradients(x, W, b, targets, np.float32(0.1)))
    expected = reference.softmax_output_gradients(x.astype(float), W.astype(float), b, targets, 0.1)
    for ours, same, gradient in zip(one, two, expected, strict=True):
        np.testing.assert_array_equal(ours, same)
        np.testing.assert_allclose(ours, gradient, rtol=1e-4, atol=1e-5)


def test_a_token_that_is_not_finite_does_not_affect_the_others():
    x, W, b, targets = output_layer(1, True)
    expected = cpu.softmax_output(x, W, b, targets)
    x[7] = np.nan
    losses = cpu.softmax_output(x, W, b, targets)
    assert np.isnan(losses[7])
    np.testing.assert_array_equal(np.delete(losses, 7), np.delete(expected, 7))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_softmax_output_propagates_numbers_that_are_not_finite(bad):
    x, W, b, targets = output_layer(1, False)
    b[700] = bad
    assert not np.isfinite(cpu.softmax_output(x, W, b, targets)[targets >= 0]).any()


def test_softmax_output_keeps_the_scores_of_one_block_only(monkeypatch):
    monkeypatch.setattr(tiles, "_SCORES", 1500 * 10)
    monkeypatch.setattr(cpu_softmax, "_buffers", threading.local())
    arguments = output_layer(1, False, tokens=1000)
    cpu.softmax_output_gradients(*arguments, np.float32(0.1))
    assert cpu_softmax._buffers.scores.size == 1500 * 16  # ten tokens, padded to a vector


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(37,), (300, 7), (5, 1000), (0, 3)])
def test_gradient_descent_equals_the_reference(shape, dtype):
    dw, results = normal(*shape, seed=2).astype(dtype), []
    for kernels in (cpu, reference):
        w = normal(*shape, seed=1).astype(dtype)
        kernels.sgd(w, dw.copy(), dtype(0.1), 0.9)
        results.append(w)
    np.testing.assert_allclose(*results, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(results[0], 0.9 * normal(*shape, seed=1) - 0.1 * dw, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("threads", [1, 2])
def test_sums_of_squares_of_each_row(threads):
    thread_pool.set_threads(threads)
    matrices = [normal(40_000, 120), normal(1, 10_000, seed=1), normal(3, 5, seed=2)[:, ::2]]
    sums = [np.empty(len(matrix), np.float32) for matrix in matrices]
    cpu.each_tile(*map(cpu.sums_of_squares, matrices, sums))
    for matrix, squares in zip(matrices, sums, strict=True):
        np.testing.assert_allclose(squares, (matrix.astype(np.float64) ** 2).sum(axis=1), rtol=1e-5)


@pytest.mark.parametrize(("blocks", "pairs"), [(1, 1), (7, 50), (5_600, 66)])
def test_cosine_bounds_equal_the_reference(blocks, pairs):
    rng = np.random.default_rng(0)
    codes = rng.integers(-127, 128, (blocks, pairs, 16, 2), np.int8)
    query = rng.integers(-30_000, 30_000, (pairs, 2), np.int16)
    codes[0, :, 0], codes[0, :, 1] = 127, -127
    arguments = codes, rng.random((blocks, 16), np.float32), query, 1e-5, 0.3, 0.2
    one, two = on_threads(lambda: cpu.cosine_bounds(*arguments))
    np.testing.assert_array_equal(one, two)
    np.testing.assert_allclose(one, reference.cosine_bounds(*arguments), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["adagrad_rows", "row_adagrad_rows"])
@pytest.mark.parametrize("dimension", [7, 16, 37])
def test_adagrad_of_rows_equals_the_reference_and_does_not_touch_other_rows(name, dimension):
    rows, values = np.array([5, 1, 4, 1, 5, 5]), normal(6, dimension)
    results = []
    for kernels in (cpu, reference):
        columns = dimension if name == "adagrad_rows" else 1
        data, squares = normal(6, dimension, seed=1), normal(6, columns, seed=2) ** 2
        kernels.each_tile(getattr(kernels, name)(data, squares, rows, values, 0.1, 1e-7))
        results.append((data, squares))
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=1e-5, atol=1e-7)
    np.testing.assert_array_equal(results[0][0][[0, 2, 3]], normal(6, dimension, seed=1)[[0, 2, 3]])


@pytest.mark.parametrize("rows", [False, True])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_updates_and_norms_have_the_same_bits_on_threads(name, rows, monkeypatch):
    monkeypatch.setattr(cpu_jobs, "_PARALLEL_OPERATIONS", 0)
    monkeypatch.setattr(cpu_jobs, "_TILE_NUMBERS", 1000)

    def compute():
        parameter, optimizer = Parameter("W", normal(400, 30)), OPTIMIZERS[name](weight_decay=0.01)
        norms = []
        for step in range(3):
            gradient = normal(400, 30, seed=step)
            parameter.grad = RowGrad(np.arange(400) * 7 % 100, gradient) if rows else gradient
            norms.append(global_norm([parameter]))
            optimizer.step([parameter], 0.1, clip_factor([parameter], 0.5))
        return parameter.data, np.array(norms)

    one, two = on_threads(compute)
    for ours, others in zip(one, two, strict=True):
        np.testing.assert_array_equal(ours, others)


def test_a_row_wider_than_a_tile_is_one_tile():
    tiles = []
    cpu.each_tile(Job(3, 10 * cpu_jobs._TILE_NUMBERS, tiles.append))
    assert tiles == [slice(0, 1), slice(1, 2), slice(2, 3)]


def test_adagrad_of_rows_has_the_same_bits_on_threads(monkeypatch):
    monkeypatch.setattr(cpu_jobs, "_PARALLEL_OPERATIONS", 0)
    results = []
    for threads in (1, 2, 4):
        thread_pool.set_threads(threads)
        data, squares = normal(2000, 20, seed=1), normal(2000, 20, seed=2) ** 2
        cpu.each_tile(
            cpu.adagrad_rows(data, squares, np.arange(6000) * 7 % 2000, normal(6000, 20), 0.1, 1e-7)
        )
        results.append(data)
    assert all(np.array_equal(results[0], other) for other in results[1:])
