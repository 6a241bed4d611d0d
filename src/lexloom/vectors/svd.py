"""The truncated singular value decomposition of a sparse matrix.

The right singular vectors of A are the eigenvectors of A' A. A random block, multiplied by A' A again and
again, spans a space that soon holds the leading ones (Musco & Musco 2015, "Randomized block Krylov methods
for stronger and faster approximate singular value decomposition"); `lanczos` builds it.

The singular values of a PPMI matrix fall off slowly, so that space would have to be large, and to keep its
basis orthogonal would cost more than the products. But a polynomial of A' A has the same vectors, and a
Chebyshev polynomial stays within [-1, 1] up to a cut and rises steeply above: the wanted eigenvalues stand
apart, and half the space is enough (Zhou & Saad 2007, "A Chebyshev-Davidson algorithm for large symmetric
eigenproblems"). Where to cut follows from a few steps with A' A itself, which tell about how many eigenvalues
lie above any number (Lin, Saad & Yang 2016, "Approximating spectral densities of large matrices", section
3.2).

The space is large enough by the sin theta theorem (Davis & Kahan 1970, "The rotation of eigenvectors by a
perturbation"): for a vector found with residual r, the sine of its angle to the space sought is at most r /
gap, where the gap is the distance of its eigenvalue to the first one left out. That one is often near, but by
then it is found as well, as are more after it, and residuals are orthogonal to all that is found: it is the
distance to the first one not found that counts, see `_sines`. The singular values are taken from A times the
vectors, because squares blur small ones.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from lexloom.errors import LexloomError
from lexloom.kernels.backend import backend_of
from lexloom.vectors.lanczos import BLOCK, Lanczos, RitzPairs

_SAMPLED = 4 * BLOCK  # size of the space that tells where to cut
_MARGIN = 1.75  # eigenvalues above the cut, for each one wanted
_DEGREES = (4, 3, 2)  # of the polynomial, the steepest first
_FIRST_PROGRESS = 2  # the size of the space, in dimensions, at which errors begin to fall
_FIRST_CHECK = 2.75
_GROWTH = 1.15  # of the space between checks, at most
_ROUNDING = np.finfo(np.float64).eps
_UNSEEN = 100 * _ROUNDING  # a residual that is rounding, beside the polynomial's 1
_ZERO = 1e-11  # relative to the largest singular value


def truncated_svd(
    matrix: sparse.csr_array,
    dimension: int,
    rng: np.random.Generator,
    tolerance: float = 1e-6,
    report: Callable[[int], None] = lambda converged: None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the `dimension` largest singular values of a sparse matrix, and their vectors.

    A value that is repeated more often than the 16 columns of a block may be found fewer times.

    Parameters
    ----------
    matrix : (M, N) csr_array of floats
    dimension : int
        From 1 to min(M, N) - 1.
    rng : Generator
        Draws the starting block; the result depends on it only within the tolerance.
    tolerance : float
        Sine of the largest angle between the space of the vectors v and that of the exact ones. The values
        are far closer, as their difference falls with the square of that angle. Where the first value left
        out equals the last one, that space is not unique, and the vectors found span one of those it may be.
    report : callable
        Told, now and then, how many of the triplets have come so far.

    Returns
    -------
    left : (M, D) float64 array
        Orthonormal columns u; the component of largest magnitude in each is positive.
    values : (D,) float64 array
        Singular values s, descending.
    right : (N, D) float64 array
        Orthonormal columns v.

    Raises
    ------
    LexloomError
        When there are not so many singular values, or not so many above zero, or a number is not finite.
    """
    if not 1 <= dimension < min(matrix.shape):
        raise LexloomError(
            f"dimension: {dimension}; expected at least 1 and less than {min(matrix.shape)}, the size of the "
            "matrix; lower it, or use a larger vocabulary"
        )
    if not np.isfinite(matrix.data).all():
        raise LexloomError("the matrix to factorize holds a number that is not finite; make it again")
    with threadpool_limits(1, user_api="blas"):  # SciPy's own BLAS may have been loaded after set_threads
        if matrix.shape[0] < matrix.shape[1]:
            right, values, left = _factorize(matrix.T.tocsr(), dimension, rng, tolerance, report)
        else:
            left, values, right = _factorize(matrix, dimension, rng, tolerance, report)
    rank = np.count_nonzero(values > _ZERO * values[0])
    if rank < dimension:
        raise LexloomError(
            f"dimension: {dimension}, but only {rank} singular values are not zero; "
            "lower it, or use a longer text"
        )
    signs = np.where(left.max(axis=0) >= -left.min(axis=0), 1, -1)
    return left * signs, values, right * signs


def word_vectors(
    left: np.ndarray, values: np.ndarray, right: np.ndarray, exponent: float, add_contexts: bool
) -> np.ndarray:
    """Return word vectors of a matrix of words and contexts that was factorized.

    Parameters
    ----------
    left, values, right
        As from `truncated_svd`; with `add_contexts`, rows and columns are the same words.
    exponent : float
        Of the singular values: word vectors are left * values ** exponent, context vectors
        right * values ** exponent (Levy, Goldberg & Dagan 2015, section 3.3).
    add_contexts : bool
        Whether the vector of a word is the sum of both (after Pennington, Socher & Manning 2014).

    Returns
    -------
    (V, D) float64 array
    """
    return (left + right if add_contexts else left) * values**exponent


def _factorize(matrix, dimension, rng, tolerance, report):
    """Return left, values, right of a matrix (M, N), M >= N."""
    kernels = backend_of(matrix.data).kernels
    for polynomial in _polynomials(_Gram(matrix), dimension, tolerance, rng):
        values, right = _leading_vectors(polynomial, dimension, tolerance, rng, report)
        if values[-1] > 1:  # all are above the cut, where the polynomial keeps their order
            break
    left, triangle = kernels.qr(_product(matrix, right))
    inner_left, values, inner_right = np.linalg.svd(triangle)
    return kernels.matmul(left, inner_left), values, kernels.matmul(right, inner_right.T)


class _Gram:
    """The operator A' A.

    Where A is symmetric, it serves as A' too: half as much passes through the caches.
    """

    def __init__(self, matrix: sparse.csr_array):
        transposed = matrix.T.tocsr()
        self._matrix = matrix
        self._transposed = matrix if _same(matrix, transposed) else transposed
        self.size = matrix.shape[1]

    def __matmul__(self, block: np.ndarray) -> np.ndarray:
        return _product(self._transposed, _product(self._matrix, block))


class _Chebyshev:
    """The Chebyshev polynomial T of an operator B, scaled: T(2 B / cut - 1).

    Eigenvalues of B from 0 to cut come to lie within [-1, 1], and larger ones above 1, in the same order.
    """

    def __init__(self, operator, cut: float, degree: int):
        self._operator = operator
        self._cut = cut
        self._degree = degree
        self.size = operator.size

    def __call__(self, eigenvalue: float) -> float:
        """Return the polynomial of a number that is not below the cut."""
        return np.cosh(self._degree * np.arccosh(2 * eigenvalue / self._cut - 1))

    def __matmul__(self, block: np.ndarray) -> np.ndarray:
        """Return the product by the recurrence T_n(x) = 2 x T_(n-1)(x) - T_(n-2)(x)."""
        before, image = block, self._scaled(block)
        for _ in range(self._degree - 1):
            following = self._scaled(image)
            following *= 2
            following -= before
            before, image = image, following
        return image

    def _scaled(self, block):
        image = self._operator @ block
        image *= 2 / self._cut
        image -= block
        return image


def _polynomials(gram, dimension, tolerance, rng):
    """Return the polynomials of A' A to try in turn.

    The first is the steepest of which rounding of the largest value stays below the tolerance. The last is of
    degree 1, and keeps all eigenvalues in order.
    """
    sample = Lanczos(gram, rng)
    while sample.size < _SAMPLED and not sample.complete:
        sample.step()
    values, inner, _ = sample.leading(sample.size)
    largest = max(values[0], np.finfo(np.float64).tiny)
    counts = np.cumsum(np.sum(inner[:BLOCK] ** 2, axis=0)) * gram.size / BLOCK  # of eigenvalues, estimated
    cut = values[min(np.searchsorted(counts, _MARGIN * dimension + 4) + 1, sample.size - 1)]
    plain = _Chebyshev(gram, largest, 1)
    if cut > _ROUNDING * largest and not sample.complete:
        for degree in _DEGREES:
            steep = _Chebyshev(gram, cut, degree)
            if _ROUNDING * steep(largest) <= tolerance:
                return [steep, plain]
    return [plain]


def _leading_vectors(operator, dimension, tolerance, rng, report):
    """Return the largest eigenvalues of an operator, descending (D,), and their vectors (N, D)."""
    lanczos = Lanczos(operator, rng)
    due, checks = _FIRST_CHECK * dimension, [(_FIRST_PROGRESS * dimension, 0.0)]
    while True:
        lanczos.step()
        if lanczos.size < due and not lanczos.complete:
            continue
        found = lanczos.leading(min(dimension + dimension // 2 + 1, lanczos.size))
        sines = _sines(found, dimension)
        error = np.linalg.norm(sines)
        if error <= tolerance or found.residuals[:dimension].max() <= _UNSEEN or lanczos.complete:
            report(dimension)
            inner = found.inner[:, :dimension]
            return found.values[:dimension], backend_of(inner).kernels.matmul(lanczos.basis, inner)
        report(np.count_nonzero(sines <= tolerance))
        checks.append((lanczos.size, np.log(error)))
        due = _next_check(checks, np.log(tolerance))


def _sines(found: RitzPairs, dimension: int) -> np.ndarray:
    """Return bounds on the angles of the first D vectors found to the space sought.

    Call the next k vectors found the neighbours. B x = value * x, written out for what an exact x has outside
    of the D + k vectors and among the neighbours, says that the first is at most r / (gap - coupled / near),
    and the second that times sqrt(coupled) / near. Here r is the residual of the vector found, gap the
    distance of its value to the first one after the neighbours (which may be larger than found by its
    residual), near that to the first neighbour, and coupled the sum of the neighbours' squared residuals. The
    k taken is the best one for all D; with none it is the sin theta theorem.
    """
    wanted, others = found.values[:dimension, None], found.values[dimension:]
    residuals = found.residuals[:dimension, None]
    coupled = np.append(0, np.cumsum(found.residuals[dimension:-1] ** 2))
    near = np.maximum(wanted - others[0], _ROUNDING)
    gaps = wanted - others - found.residuals[dimension:] - coupled / near
    outside = residuals / np.maximum(np.maximum(gaps, residuals), np.finfo(np.float64).tiny)
    sines = np.minimum(outside * np.sqrt(1 + coupled / near**2), 1)
    return sines[:, np.linalg.norm(sines, axis=0).argmin()]


def _next_check(checks: list[tuple[int, float]], goal: float) -> float:
    """Return the size at which to look again, from sizes and the logarithms of their errors.

    The logarithm falls about linearly with the size.
    """
    (before, larger), (size, error) = checks[-2:]
    if larger <= error:
        return _GROWTH * size
    return min(_GROWTH * size, size + (error - goal) * (size - before) / (larger - error))


def _same(matrix: sparse.csr_array, other: sparse.csr_array) -> bool:
    return all(
        np.array_equal(getattr(matrix, part), getattr(other, part)) for part in ("indptr", "indices", "data")
    )


def _product(matrix: sparse.csr_array, block: np.ndarray) -> np.ndarray:
    return backend_of(block).kernels.sparse_matmul(matrix.data, matrix.indices, matrix.indptr, block)
