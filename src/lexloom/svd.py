"""The truncated singular value decomposition of a sparse matrix.

A random block of vectors, multiplied again and again by A' A, spans a block Krylov space that soon holds
the leading singular vectors (Musco & Musco 2015, "Randomized block Krylov methods for stronger and faster
approximate singular value decomposition"; Halko, Martinsson & Tropp 2011 for the random start).

The space is built by block Lanczos steps (Golub & Underwood 1977): an orthonormal basis V grows block by
block, so that V' A' A V = T with a small block tridiagonal matrix T, whose eigenvalues approach the squares
of A's singular values from below. In A' A V = V T + (next block of V) S, the part with S bounds what each one
lacks. Squares blur small values, so at the end the values are taken from A times the vectors found.

Computed on the host in float64; every product is cut by shape alone, so the bits do not depend on
threads.
"""

from collections.abc import Callable

import numpy as np
from scipy import linalg, sparse

from lexloom.backend import backend_of
from lexloom.errors import LexloomError

_BLOCK = 16
_FIRST_CHECK = 3  # the size of the space, in dimensions
_BETWEEN_CHECKS = 1.15  # growth of the space
_KEPT = 0.1  # of a column's length
_ROUNDING = np.finfo(np.float64).eps
_ZERO = 1e-11  # relative to the largest singular value
_ZERO_SQUARE = 100 * _ROUNDING  # relative to the largest square


def truncated_svd(
    matrix: sparse.csr_array,
    dimension: int,
    rng: np.random.Generator,
    tolerance: float = 1e-4,
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
        Every triplet has A v = s u and |A' u - s v| <= tolerance * s, so that s is within tolerance * s of a
        singular value of A; in practice far closer, as the difference falls with the square of that residual.
        Where s is so small beside the largest value s1 that its square is lost in rounding, the residual is
        up to 2.3e-14 * s1^2 / s instead.
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
    signs = np.sign(left[np.abs(left).argmax(axis=0), np.arange(dimension)])
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
    width = matrix.shape[1]
    transposed = matrix.T.tocsr()
    basis = _Basis(width, rng)
    basis.extend(rng.standard_normal((width, _BLOCK)))
    projected, coupling = np.zeros((0, 0)), np.zeros((basis.size, 0))
    due = _FIRST_CHECK * dimension
    while True:
        image = _product(matrix, basis.last)
        projected = _bordered(projected, coupling, image.T @ image)
        coupling = basis.extend(_product(transposed, image))
        size = len(projected)
        if size >= due or size == width:
            squares, inner = linalg.eigh(projected, subset_by_index=(size - dimension, size - 1))
            residuals = np.linalg.norm(coupling @ inner[-image.shape[1] :], axis=0)
            converged = residuals <= np.maximum(tolerance * squares, _ZERO_SQUARE * squares[-1])
            report(np.count_nonzero(converged))
            if converged.all():
                break
            due = _BETWEEN_CHECKS * size
    right = kernels.matmul(basis.vectors[:, :size], inner)
    left, triangle = np.linalg.qr(_product(matrix, right))
    inner_left, values, inner_right = np.linalg.svd(triangle)
    return kernels.matmul(left, inner_left), values, kernels.matmul(right, inner_right.T)


class _Basis:
    """Orthonormal vectors of length N that grow in number.

    Attributes
    ----------
    size : int
        How many there are.
    last : (N, B) float64 array
        The newest B of them.
    """

    def __init__(self, length: int, rng: np.random.Generator):
        self._storage = np.empty((length, 8 * _BLOCK), order="F")
        self._rng = rng
        self.size = 0
        self.last = self.vectors

    @property
    def vectors(self) -> np.ndarray:
        """The basis so far."""
        return self._storage[:, : self.size]

    def extend(self, block: np.ndarray) -> np.ndarray:
        """Take in the directions of block (N, C) that are new, B of them, and return last' block (B, C).

        B is C, or less where the basis becomes complete.
        """
        self.last = self._orthonormal(block[:, : len(block) - self.size])
        end = self.size + self.last.shape[1]
        if end > self._storage.shape[1]:
            vectors = self.vectors
            self._storage = np.empty((len(block), 2 * end), order="F")
            self.vectors[:] = vectors
        self._storage[:, self.size : end] = self.last
        self.size = end
        return self.last.T @ block

    def _orthonormal(self, block: np.ndarray) -> np.ndarray:
        """Return an orthonormal block that spans `block` less its part in the basis.

        A column that loses most of its length loses digits too, so the same is done again. Where a block
        holds nothing new, noise at the level of rounding gives directions to go on with, like a fresh start.
        """
        kernels = backend_of(block).kernels
        while True:
            lengths = np.linalg.norm(block, axis=0)
            block = block - kernels.matmul(self.vectors, kernels.matmul(self.vectors.T, block))
            block, triangle = np.linalg.qr(block)
            if (np.abs(np.diag(triangle)) > _KEPT * lengths).all():
                return block
            block += _ROUNDING * self._rng.standard_normal(block.shape)


def _product(matrix: sparse.csr_array, block: np.ndarray) -> np.ndarray:
    return backend_of(block).kernels.sparse_matmul(matrix.data, matrix.indices, matrix.indptr, block)


def _bordered(projected: np.ndarray, coupling: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Return the block tridiagonal matrix with one more block, and coupling beside it."""
    size, more = len(projected), len(diagonal)
    bordered = np.zeros((size + more, size + more))
    bordered[:size, :size] = projected
    bordered[size:, size - coupling.shape[1] : size] = coupling
    bordered[size - coupling.shape[1] : size, size:] = coupling.T
    bordered[size:, size:] = diagonal
    return bordered
