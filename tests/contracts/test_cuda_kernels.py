"""The kernels for CUDA, on the stand-in for a device, equal the reference; tests/gpu has a device."""

from functools import partial

import all_kernels
import numpy as np
import pytest
import scipy.sparse
import stand_in
from cuda_on_host import COMPILER
from hypothesis import given, settings
from hypothesis import strategies as st
from recurrent_cases import backward, forward
from word2vec_cases import KERNELS, SHAPES, assert_same, batch

from lexloom.kernels.backend import get_backend
from lexloom.nn.recurrent import CELLS

reference = all_kernels.Reference()

pytestmark = pytest.mark.skipif(
    COMPILER is None, reason="needs g++ or clang++ to compile CUDA C++ for the host"
)


@pytest.fixture(scope="module")
def device():
    """Return the CUDA kernels on the stand-in for a device; compiled once for all tests of this module."""
    with stand_in.installed() as cupy:
        get_backend("cuda")
        yield Device(cupy, all_kernels.cuda())


class Device:
    def __init__(self, cupy, kernels):
        self.cupy, self.kernels = cupy, kernels

    def __getattr__(self, name):
        return partial(self._run, name)

    def _run(self, name, *arguments):
        """Return what a kernel computes, on the host; the same in any order of threads."""
        results = []
        for self.cupy.backwards in (False, True):
            moved = [self.cupy.asarray(each) if isinstance(each, np.ndarray) else each for each in arguments]
            results.append(to_host(getattr(self.kernels, name)(*moved)))
        assert bits(results[0]) == bits(results[1])
        return results[0]


def to_host(result):
    return tuple(map(to_host, result)) if isinstance(result, tuple) else result.get()


def bits(result):
    return list(map(bits, result)) if isinstance(result, tuple) else result.tobytes()


@given(
    st.lists(st.integers(-1, 8), max_size=300), st.integers(1, 70), st.sampled_from([np.float32, np.float64])
)
def test_rows_are_summed_in_a_fixed_order_and_written(device, rows, columns, dtype):
    rng = np.random.default_rng(0)
    rows, values = np.array(rows, np.int64), rng.normal(size=(len(rows), columns)).astype(dtype)
    unique, sums = device.sum_rows(*device.present_rows(rows, values))
    expected = reference.sum_rows(*reference.present_rows(rows, values))
    assert not sums[unique < 0].any()
    for ours, right in zip((unique[unique >= 0], sums[unique >= 0]), expected, strict=True):
        np.testing.assert_allclose(ours, right, rtol=1e-4, atol=1e-5)
        assert ours.dtype == right.dtype
    matrix = rng.normal(size=(9, columns)).astype(dtype)
    moved = list(map(device.cupy.asarray, (matrix, unique, sums)))
    device.kernels.write_rows(*moved)
    reference.write_rows(matrix, *expected)
    np.testing.assert_allclose(moved[0].get(), matrix, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", KERNELS)
def test_word2vec_equals_the_reference(device, name, shape):
    arguments = batch(*shape)
    loss, *grads = getattr(device, name)(*arguments)
    sums = (device.sum_rows(*grad) for grad in grads)
    assert_same((loss, *sums), getattr(reference, name)(*arguments), shape[0])


@pytest.mark.parametrize("name", KERNELS)
def test_a_text_without_words_has_zero_loss_and_zero_gradients(device, name):
    *tables, ids, radii, samples, weight = batch(*SHAPES[0])
    loss, *grads = getattr(device, name)(*tables, np.full_like(ids, -1), radii, samples, weight)
    (rows, values), (output_rows, output_values) = grads
    assert loss == 0
    assert (rows == -1).all()
    np.testing.assert_array_equal(np.unique(output_rows), [-1, *np.unique(samples)])
    assert not values.any()
    assert not output_values.any()


# The second size is more than the units of all thread blocks, so each has several groups of units.
@pytest.mark.parametrize("size", [5, 40])
@pytest.mark.parametrize("cell", CELLS)
@given(st.integers(1, 4), st.integers(1, 70))
@settings(max_examples=5)
def test_recurrent_layers_equal_the_reference(device, cell, size, steps, streams):
    for direction in (forward, backward):
        results = (direction(kernels, cell, steps, streams, size) for kernels in (device, reference))
        for ours, expected in zip(*results, strict=True):
            np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-5)
            assert ours.dtype == np.float32


@pytest.mark.parametrize("rows", [slice(None), slice(2, 4), slice(6, 7)])
@pytest.mark.parametrize("places", [slice(None), slice(10, 30), slice(5, 5)])
def test_pairs_are_counted_like_the_reference(device, rows, places):
    ids = np.random.default_rng(0).integers(0, 6, 50)
    arguments = ids, 7, np.array([6, 3, 2]), rows, places
    ours = device.count_cooccurrences(*arguments)
    expected = reference.count_cooccurrences(*arguments)
    for one, other in zip(ours, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert one.dtype == other.dtype


def test_sparse_products_equal_the_reference(device):
    matrix = scipy.sparse.random_array((5, 4), density=0.5, rng=0, format="csr")
    parts, x = (matrix.data, matrix.indices, matrix.indptr), np.random.default_rng(0).normal(size=(4, 3))
    np.testing.assert_allclose(device.sparse_matmul(*parts, x), reference.sparse_matmul(*parts, x))
