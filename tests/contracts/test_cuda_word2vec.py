"""The CUDA source of CBOW and skip-gram, compiled for the host; tests/gpu tests it on a device."""

import all_kernels
import numpy as np
import pytest
from cuda_on_host import COMPILER, HostCupy
from word2vec_cases import KERNELS, SHAPES, assert_same, batch

from lexloom.kernels.reference.word2vec import Reference

reference = Reference()

pytestmark = pytest.mark.skipif(
    COMPILER is None, reason="needs g++ or clang++ to compile CUDA C++ for the host"
)


@pytest.fixture(scope="module")
def cupy():
    """Replace CuPy while the kernels are imported. Compiled code is kept for all tests of this module."""
    stand_in = HostCupy()
    with all_kernels.cuda(stand_in) as stand_in.kernels:
        yield stand_in


def bits(result):
    loss, *grads = result
    return [np.asarray(loss).tobytes(), *(array.tobytes() for grad in grads for array in grad)]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", KERNELS)
def test_the_source_equals_the_reference_in_any_order_of_threads(cupy, name, shape):
    arguments, kernel = batch(*shape), getattr(cupy.kernels, name)
    cupy.backwards = False
    forwards = kernel(*arguments)
    cupy.backwards = True
    assert bits(forwards) == bits(kernel(*arguments))
    assert_same(forwards, getattr(reference, name)(*arguments), shape[0])


@pytest.mark.parametrize("name", KERNELS)
def test_a_text_without_words_has_zero_loss_and_zero_gradients(cupy, name):
    *tables, ids, radii, samples, weight = batch(*SHAPES[0])
    arguments = (*tables, np.full_like(ids, -1), radii, samples, weight)
    loss, (rows, _), (output_rows, sums) = getattr(cupy.kernels, name)(*arguments)
    assert loss == 0
    assert len(rows) == 0
    np.testing.assert_array_equal(output_rows, np.unique(samples))
    assert not sums.any()
