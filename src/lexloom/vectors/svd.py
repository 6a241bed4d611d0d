"""The truncated singular value decomposition of a sparse matrix.

The right singular vectors of A are the eigenvectors of A' A. Repeated products of A' A with a random block
span a subspace that soon contains the leading ones (Musco & Musco 2015, "Randomized block Krylov methods for
stronger and faster approximate singular value decomposition"). `lanczos` builds that subspace.

The singular values of a PPMI matrix decay slowly, so the subspace would have to be large, and keeping its
basis orthogonal would cost more than the products. But a polynomial of A' A has the same eigenvectors. A
Chebyshev polynomial stays within [-1, 1] below a cut and rises steeply above it. This separates the wanted
eigenvalues from the others, and half the dimensions are enough (Zhou & Saad 2007, "A Chebyshev-Davidson
algorithm for large symmetric eigenproblems"). A few steps with A' A itself estimate how many eigenvalues lie
above any number, and so where to cut (Lin, Saad & Yang 2016, "Approximating spectral densities of large
matrices", section 3.2).

The sin theta theorem says when the subspace is large enough (Davis & Kahan 1970, "The rotation of
eigenvectors by a perturbation"). Let a computed vector have residual r, and let gap be the distance from its
eigenvalue to the first one left out. Then the sine of the angle between the vector and the exact space is at
most r / gap. The first eigenvalue left out is often close. By then, however, it has been computed too, as
have others after it, and the residuals are orthogonal to all computed vectors. So the distance to the first
eigenvalue that was not computed is what counts, see `_sines`. The singular values are taken from A times the
vectors, because squaring loses the digits of small ones.
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse
from threadpoolctl import threadpool_limits

from lexloom.errors import LexloomError
from lexloom.kernels.products import products
from lexloom.kernels.projections import projections
from lexloom.kernels.sparse import sparse as sparse_products
from lexloom.vectors.lanczos import BLOCK, Lanczos, Operator, RitzPairs

_SAMPLED = 4 * BLOCK  # dimensions of the subspace from which the cut is estimated
_MARGIN = 1.75  # eigenvalues above the cut, for each one wanted
_DEGREES = (4, 3, 2)  # degrees of the polynomial, the steepest first
_FIRST_PROGRESS = 2  # size of the subspace at which errors begin to fall, in multiples of `dimension`
_FIRST_CHECK = 2.75  # size at the first check, likewise
_GROWTH = 1.15  # largest growth of the subspace between checks
_ROUNDING = np.finfo(np.float64).eps
_UNSEEN = 100 * _ROUNDING  # a residual that is only rounding, as the polynomial is at least 1
_ZERO = 1e-11  # relative to the largest singular value


def truncated_svd(
    matrix: sparse.csr_array,
    dimension: int,
    rng: np.random.Generator,
    tolerance: float = 1e-6,
    report: Callable[[int], None] = lambda converged: None,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the `dimension` largest singular values of a sparse matrix, and their vectors.

    A singular value of multiplicity above 16, the columns of a block, may be returned fewer times.

    Parameters
    ----------
    matrix : (M, N) csr_array of floats
    dimension : int
        From 1 to min(M, N) - 1.
    rng : Generator
        Draws the starting block. The result depends on it only within the tolerance.
    tolerance : float
        Sine of the largest angle between the space spanned by the vectors v and that of the exact ones. The
        values are far more accurate, because their error falls with the square of that angle. If the first
        value left out equals the last one, the exact space is not unique, and the result spans one of them.
        Rounding limits the vectors of a small value s to about 1e-15 (s_1 / s)^2, where s_1 is the largest
        value, because they are computed from A' A.
    report : callable
        Called from time to time with the number of triplets that have converged.

    Returns
    -------
    left : (M, D) float64 array
        Orthonormal columns u. The component of largest magnitude in each is positive. A row is zero if that
        of the matrix has no entry.
    values : (D,) float64 array
        Singular values s, descending.
    right : (N, D) float64 array
        Orthonormal columns v, likewise.

    Raises
    ------
    LexloomError
        If the matrix has fewer singular values, or fewer above zero, or a number in it is not finite.
    """
    if not 1 <= dimension < min(matrix.shape):
        raise LexloomError(
            f"dimension: {dimension}; expected at least 1 and less than {min(matrix.shape)}, the size of the "
            "matrix; set a lower one, or use a larger vocabulary"
        )
    if not np.isfinite(matrix.data).all():
        raise LexloomError("the matrix to factorize contains a number that is not finite; make it again")
    with threadpool_limits(1, user_api="blas"):  # SciPy may have loaded its own BLAS after set_threads
        if matrix.shape[0] < matrix.shape[1]:
            right, values, left = _factorize(matrix.T.tocsr(), dimension, rng, tolerance, report)
        else:
            left, values, right = _factorize(matrix, dimension, rng, tolerance, report)
    rank = np.count_nonzero(values > _ZERO * values[0])
    if rank < dimension:
        raise LexloomError(
            f"dimension: {dimension}, but only {rank} singular values are not zero; "
            "set a lower one, or use a longer text"
        )
    # Not the rounding errors that stand there: cosines of these would look like those of other rows.
    left[np.diff(matrix.indptr) == 0] = 0
    right[np.bincount(matrix.indices, minlength=matrix.shape[1]) == 0] = 0
    signs = np.where(left.max(axis=0) >= -left.min(axis=0), 1, -1)
    return left * signs, values, right * signs


def word_vectors(
    left: np.ndarray, values: np.ndarray, right: np.ndarray, exponent: float, add_contexts: bool
) -> np.ndarray:
    """Return word vectors from a factorized matrix of words and contexts.

    Parameters
    ----------
    left, values, right
        The result of `truncated_svd`. With `add_contexts`, rows and columns must stand for the same words.
    exponent : float
        Exponent on the singular values. Word vectors are left * values ** exponent, context vectors
        right * values ** exponent (Levy, Goldberg & Dagan 2015, section 3.3).
    add_contexts : bool
        Add the context vector of each word to its word vector (after Pennington, Socher & Manning 2014).

    Returns
    -------
    vectors : (V, D) float64 array
    """
    return (left + right if add_contexts else left) * values**exponent


def _factorize(
    matrix: sparse.csr_array,
    dimension: int,
    rng: np.random.Generator,
    tolerance: float,
    report: Callable[[int], None],
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return left, values, right of a matrix (M, N), M >= N."""
    for polynomial in _polynomials(_Gram(matrix), dimension, tolerance, rng):
        values, right = _leading_vectors(polynomial, dimension, tolerance, rng, report)
        if values[-1] > 1:  # above the cut, the polynomial preserves the order
            break
    product = _product(matrix, right)
    left, triangle = projections.of(product).qr(product)
    inner_left, values, inner_right = np.linalg.svd(triangle)
    matmul = products.of(left, right).matmul
    return matmul(left, inner_left), values, matmul(right, inner_right.T)


class _Gram:
    """The operator A' A.

    If A is symmetric, it is used for A' as well, which halves the traffic through the caches.
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

    It maps eigenvalues of B from 0 to `cut` into [-1, 1], and larger ones above 1 in the same order.
    """

    def __init__(self, operator: Operator, cut: float, degree: int):
        self._operator = operator
        self._cut = cut
        self._degree = degree
        self.size = operator.size

    def __call__(self, eigenvalue: float) -> float:
        """Return the value of the polynomial at a number from the cut on."""
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

    def _scaled(self, block: np.ndarray) -> np.ndarray:
        image = self._operator @ block
        image *= 2 / self._cut
        image -= block
        return image


def _polynomials(gram: _Gram, dimension: int, tolerance: float, rng: np.random.Generator) -> list[_Chebyshev]:
    """Return the polynomials of A' A to try in turn.

    The first is the steepest one for which the rounding of the largest value stays below the tolerance. The
    last has degree 1 and preserves the order of all eigenvalues.
    """
    sample = Lanczos(gram, rng)
    while sample.size < _SAMPLED and not sample.complete:
        sample.step()
    values, inner, _ = sample.leading(sample.size)
    largest = max(values[0], np.finfo(np.float64).tiny)
    counts = (
        np.cumsum(np.sum(inner[:BLOCK] ** 2, axis=0)) * gram.size / BLOCK
    )  # estimated number of eigenvalues
    cut = values[min(int(np.searchsorted(counts, _MARGIN * dimension + 4)) + 1, sample.size - 1)]
    plain = _Chebyshev(gram, largest, 1)
    if cut > _ROUNDING * largest and not sample.complete:
        for degree in _DEGREES:
            steep = _Chebyshev(gram, cut, degree)
            if _ROUNDING * steep(largest) <= tolerance:
                return [steep, plain]
    return [plain]


def _leading_vectors(
    operator: Operator,
    dimension: int,
    tolerance: float,
    rng: np.random.Generator,
    report: Callable[[int], None],
) -> tuple[np.ndarray, np.ndarray]:
    """Return the largest eigenvalues of an operator, descending (D,), and their vectors (N, D)."""
    lanczos = Lanczos(operator, rng)
    due, checks = _FIRST_CHECK * dimension, [(_FIRST_PROGRESS * dimension, 0.0)]
    while True:
        lanczos.step()
        if lanczos.size < due and not lanczos.complete:
            continue
        pairs = lanczos.leading(min(dimension + dimension // 2 + 1, lanczos.size))
        sines = _sines(pairs, dimension)
        error = np.linalg.norm(sines)
        if error <= tolerance or pairs.residuals[:dimension].max() <= _UNSEEN or lanczos.complete:
            report(dimension)
            inner = pairs.inner[:, :dimension]
            return pairs.values[:dimension], products.of(inner).matmul(lanczos.basis, inner)
        report(int(np.count_nonzero(sines <= tolerance)))
        checks.append((lanczos.size, np.log(error)))
        due = _next_check(checks, np.log(tolerance))


def _sines(pairs: RitzPairs, dimension: int) -> np.ndarray:
    """Return bounds on the sines of the angles between the first D computed vectors and the exact space.

    Call the k computed vectors after the first D the neighbours. Let r be the residual of a vector; gap, the
    distance from its value to the first value after the neighbours, which may exceed its computed value by
    its residual; near, the distance to the first neighbour; and coupled, the sum of the squared residuals of
    the neighbours. Split an exact eigenvector x into its components in the D vectors, in the neighbours and
    outside both. Then B x = value * x bounds the component outside by outside = r / (gap - coupled / near),
    and that in the neighbours by outside * sqrt(coupled) / near. The k used is the best one for all D vectors
    together; k = 0 is the sin theta theorem.
    """
    wanted, others = pairs.values[:dimension, None], pairs.values[dimension:]
    residuals = pairs.residuals[:dimension, None]
    coupled = np.append(0, np.cumsum(pairs.residuals[dimension:-1] ** 2))
    near = np.maximum(wanted - others[0], _ROUNDING)
    gaps = wanted - others - pairs.residuals[dimension:] - coupled / near
    outside = residuals / np.maximum(np.maximum(gaps, residuals), np.finfo(np.float64).tiny)
    sines = np.minimum(outside * np.sqrt(1 + coupled / near**2), 1)
    return sines[:, np.linalg.norm(sines, axis=0).argmin()]


def _next_check(checks: list[tuple[int, float]], goal: float) -> float:
    """Return the size of the subspace at the next check, from past sizes and the logarithms of their errors.

    The logarithm of the error falls about linearly with the size.
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
    return sparse_products.of(block).sparse_matmul(matrix.data, matrix.indices, matrix.indptr, block)
