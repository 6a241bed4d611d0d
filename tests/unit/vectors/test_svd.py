"""The truncated SVD agrees with ARPACK and LAPACK, is orthonormal, and has the same bits on threads."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.linalg import svds
from threadpoolctl import threadpool_limits

from lexloom.errors import LexloomError
from lexloom.kernels.backend import get_backend
from lexloom.kernels.cpu.machine import thread_pool
from lexloom.kernels.cpu.sparse import Cpu
from lexloom.kernels.reference.sparse import Reference
from lexloom.vectors import svd
from lexloom.vectors.cooccurrence import count_cooccurrences
from lexloom.vectors.lanczos import Lanczos
from lexloom.vectors.ppmi import weight_ppmi
from lexloom.vectors.svd import truncated_svd, word_vectors

cpu = Cpu()
reference = Reference()


@pytest.fixture(autouse=True)
def _one_thread_afterwards():
    yield
    thread_pool.set_threads(1)


def factorize(matrix, dimension, seed=1, **options):
    return truncated_svd(matrix, dimension, np.random.default_rng(seed), **options)


def random_matrix(rows, columns, density=0.1, seed=0):
    matrix = sparse.random_array((rows, columns), density=density, rng=np.random.default_rng(seed))
    return sparse.csr_array(matrix)


def ppmi_matrix(words=600, smoothing=1):
    """PPMI of words that are frequent as in a text, each seldom far from the words of its class."""
    rng = np.random.default_rng(3)
    words_of_class = rng.zipf(1.2, 40000).clip(max=words // 6) - 1
    ids = words_of_class * 6 + np.repeat(rng.integers(0, 6, 4000), 10)
    return weight_ppmi(count_cooccurrences(ids.astype(np.int32), words, 5), smoothing, 0)


class Diagonal:
    def __init__(self, values):
        self.values, self.size = values, len(values)

    def __matmul__(self, block):
        return self.values[:, None] * block


def sine(vectors, others):
    """Return the sine of the largest angle between two spaces, of orthonormal vectors each."""
    return np.linalg.norm(vectors - others @ (others.T @ vectors), 2)


def check_decomposition(matrix, left, values, right, tolerance=1e-6):
    dimension = len(values)
    np.testing.assert_allclose(left.T @ left, np.eye(dimension), atol=1e-10)
    np.testing.assert_allclose(right.T @ right, np.eye(dimension), atol=1e-10)
    np.testing.assert_allclose(matrix @ right, left * values, atol=1e-10 * values[0])
    residuals = np.linalg.norm(matrix.T @ left - right * values, axis=0)
    rounding = 10 * np.finfo(np.float64).eps * (values[0] / values) ** 2
    assert (residuals <= 1.001 * np.maximum(tolerance, rounding) * values).all()
    assert (np.diff(values) <= 0).all()


@pytest.mark.parametrize("dimension", [1, 10, 60])
def test_singular_values_of_ppmi_agree_with_arpack(dimension):
    matrix = ppmi_matrix()
    left, values, right = factorize(matrix, dimension)
    arpack = svds(matrix.astype(np.float64), dimension, rng=np.random.default_rng(0))[1][::-1]
    np.testing.assert_allclose(values, arpack, rtol=1e-10)
    check_decomposition(matrix, left, values, right)


@pytest.mark.parametrize("shape", [(300, 300), (400, 90), (90, 400)])
def test_any_shape_and_a_flat_spectrum(shape):
    matrix = random_matrix(*shape)
    left, values, right = factorize(matrix, 40)
    np.testing.assert_allclose(values, np.linalg.svd(matrix.toarray())[1][:40], rtol=1e-10)
    check_decomposition(matrix, left, values, right)


@given(
    seed=st.integers(0, 999), rows=st.integers(3, 40), columns=st.integers(3, 40), density=st.floats(0.05, 1)
)
def test_small_matrices_of_any_rank(seed, rows, columns, density):
    matrix = random_matrix(rows, columns, density, seed)
    exact = np.linalg.svd(matrix.toarray())[1]
    rank = np.count_nonzero(exact > 1e-9)
    dimension = min(rows, columns) - 1
    if rank < dimension:
        with pytest.raises(LexloomError, match=f"only {rank} singular values"):
            factorize(matrix, dimension)
    if rank > 1:
        left, values, right = factorize(matrix, min(rank, dimension))
        np.testing.assert_allclose(values, exact[: min(rank, dimension)], rtol=1e-6)
        check_decomposition(matrix, left, values, right)
        assert not left[matrix.sum(axis=1) == 0].any()
        assert not right[matrix.sum(axis=0) == 0].any()


@pytest.mark.parametrize(
    "matrix",
    [
        sparse.csr_array(np.eye(50)),
        sparse.csr_array(np.diag(np.repeat([4.0, 3.0, 2.0, 1.0], 15))),
        sparse.csr_array(np.eye(120)[np.random.default_rng(0).permutation(120)]),
    ],
)
def test_repeated_singular_values_are_all_found(matrix):
    left, values, right = factorize(matrix, 40)
    np.testing.assert_allclose(values, np.linalg.svd(matrix.toarray())[1][:40], rtol=1e-9)
    check_decomposition(matrix, left, values, right)


@pytest.mark.parametrize("smoothing", [1, 0.75])
@pytest.mark.parametrize("dimension", [1, 20, 60])
def test_the_space_is_arpacks(dimension, smoothing):
    matrix = ppmi_matrix(smoothing=smoothing)
    left, values, right = factorize(matrix, dimension)
    exact_left, exact, exact_right = svds(matrix.astype(np.float64), dimension, rng=np.random.default_rng(0))
    np.testing.assert_allclose(values, exact[::-1], rtol=1e-10)
    assert sine(left, exact_left) < 1e-6
    assert sine(right, exact_right.T) < 1e-6


def test_a_larger_tolerance_is_kept_to_as_well():
    matrix = ppmi_matrix()
    exact = svds(matrix.astype(np.float64), 20, rng=np.random.default_rng(0))[2].T
    for tolerance in (1e-1, 1e-3, 1e-8):
        assert sine(factorize(matrix, 20, tolerance=tolerance)[2], exact) < tolerance


@pytest.mark.parametrize("tolerance", [0.1, 1e-6])
def test_the_space_is_right_where_the_next_value_is_near(tolerance):
    exact = np.linspace(10, 0, 1000) ** 1.5
    exact[30] = exact[29] * (1 - 1e-4)
    matrix = sparse.csr_array(np.diag(exact))
    for seed in range(5):
        right = factorize(matrix, 30, seed, tolerance=tolerance)[2]
        assert sine(right, np.eye(1000)[:, :30]) < tolerance


def test_the_bound_on_angles_holds_and_is_near_the_truth():
    exact = np.linspace(10, 0, 600) ** 1.5
    exact[30] = exact[29] * (1 - 1e-4)
    lanczos, sought = Lanczos(Diagonal(exact), np.random.default_rng(1)), np.eye(600)[:, :30]
    angles = []
    while not angles or angles[-1] > 1e-9:
        lanczos.step()
        if lanczos.size > 46:
            pairs = lanczos.leading(46)
            angles.append(sine(lanczos.basis @ pairs.inner[:, :30], sought))
            bound = np.linalg.norm(svd._sines(pairs, 30))
            assert angles[-1] <= bound
            assert bound < 20 * angles[-1] or angles[-1] > 1e-5
    assert len(angles) > 5


def test_values_of_many_sizes():
    exact = 2.0 ** -np.arange(14)
    matrix = sparse.csr_array(np.diag(np.concatenate([exact, np.zeros(486)])))
    left, values, right = factorize(matrix, 12)
    np.testing.assert_allclose(values, exact[:12], rtol=1e-8)
    check_decomposition(matrix, left, values, right)


def test_a_low_rank_is_seen_long_before_the_space_is_complete():
    matrix = sparse.csr_array(np.diag(np.concatenate([np.arange(1.0, 31.0), np.zeros(2970)])))
    reported = []
    with pytest.raises(LexloomError, match="only 30 singular values"):
        factorize(matrix, 40, report=reported.append)
    assert len(reported) < 5


def test_bits_are_the_same_on_threads_and_again():
    matrix, results = ppmi_matrix(), []
    for threads in (1, 2, 4, 1):
        get_backend(threads=threads)
        results.append(factorize(matrix, 20))
    for other in results[1:]:
        for part, expected in zip(other, results[0], strict=True):
            np.testing.assert_array_equal(part, expected)


def test_signs_do_not_depend_on_the_random_start():
    matrix = ppmi_matrix()
    left, _, right = factorize(matrix, 4, tolerance=1e-8)
    assert (left.max(axis=0) == np.abs(left).max(axis=0)).all()
    other_left, _, other_right = factorize(matrix, 4, seed=2, tolerance=1e-8)
    np.testing.assert_allclose(other_left, left, atol=1e-6)
    np.testing.assert_allclose(other_right, right, atol=1e-6)


def test_word_vectors_whose_products_with_context_vectors_are_the_matrix():
    matrix = random_matrix(30, 30, 0.5)
    left, values, right = factorize(matrix, 29)
    words = word_vectors(left, values, right, 0.5, add_contexts=False)
    contexts = word_vectors(right, values, left, 0.5, add_contexts=False)
    smallest = np.linalg.svd(matrix.toarray())[1][-1]
    assert np.linalg.norm(words @ contexts.T - matrix, 2) == pytest.approx(smallest, rel=1e-3)
    np.testing.assert_allclose(word_vectors(left, values, right, 0.5, add_contexts=True), words + contexts)
    np.testing.assert_array_equal(word_vectors(left, values, right, 0, add_contexts=False), left)
    np.testing.assert_array_equal(word_vectors(left, values, right, 1, add_contexts=False), left * values)


def test_progress_ends_with_all_converged():
    reported = []
    factorize(random_matrix(200, 200), 20, report=reported.append)
    assert len(reported) > 1
    assert reported[-1] == 20


@pytest.mark.parametrize("dimension", [0, 10, 11])
def test_a_dimension_that_does_not_fit_is_refused(dimension):
    with pytest.raises(LexloomError, match=f"dimension: {dimension}"):
        factorize(random_matrix(10, 12), dimension)


def test_a_matrix_of_zeros_is_refused():
    with pytest.raises(LexloomError, match="only 0 singular values"):
        factorize(sparse.csr_array((30, 30)), 2)


def test_a_number_that_is_not_finite_is_refused():
    with pytest.raises(LexloomError, match="not finite"):
        factorize(sparse.csr_array([[1, 2], [np.nan, 1]]), 1)


def test_bits_do_not_depend_on_the_threads_that_blas_would_use():
    matrix = ppmi_matrix()
    thread_pool.set_threads(1)
    expected = factorize(matrix, 60)
    with threadpool_limits(2, user_api="blas"):
        for part, other in zip(factorize(matrix, 60), expected, strict=True):
            np.testing.assert_array_equal(part, other)


def test_a_cut_that_is_too_high_is_mended(monkeypatch):
    matrix = ppmi_matrix()
    expected = factorize(matrix, 20)
    monkeypatch.setattr(svd, "_MARGIN", -0.1)  # the cut is above most of the values that are wanted
    reported = []
    for part, other in zip(factorize(matrix, 20, report=reported.append), expected, strict=True):
        np.testing.assert_allclose(part, other, atol=1e-5)
    assert reported.count(20) > 1


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(rows=st.integers(1, 300), columns=st.integers(1, 20), width=st.integers(1, 40))
def test_the_sparse_product_equals_its_reference(dtype, rows, columns, width):
    matrix = random_matrix(rows, columns, 0.3).astype(dtype)
    x = np.random.default_rng(1).standard_normal((columns, width)).astype(dtype)
    parts = (matrix.data, matrix.indices, matrix.indptr)
    np.testing.assert_array_equal(cpu.sparse_matmul(*parts, x), reference.sparse_matmul(*parts, x))
