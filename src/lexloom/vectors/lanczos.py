"""Block Lanczos: the largest eigenvalues of a symmetric matrix of which only products are available.

An orthonormal basis V grows block by block (Golub & Underwood 1977, "The block Lanczos method for computing
eigenvalues") so that V' B V = T, a small block tridiagonal matrix. If z is an eigenvector of T, then V z is
nearly an eigenvector of B, with nearly the same eigenvalue. Because B V = V T + (next block of V) S, the norm
of the error, called the residual, is that of S times the last numbers of z.

All is computed on the host in float64. Products are divided by shape alone, so the bits do not depend on the
number of threads.
"""

from typing import NamedTuple, Protocol

import numpy as np

from lexloom.kernels.projections import projections

BLOCK = 16  # columns, as many as the sparse product handles at once
_KEPT = 0.01  # the least proportion of its length that a column may keep when it is made orthogonal
_ROUNDING = np.finfo(np.float64).eps


class Operator(Protocol):
    """A symmetric matrix B (N, N): `size` is N, and `operator @ block` is B times a block (N, C)."""

    size: int

    def __matmul__(self, block: np.ndarray) -> np.ndarray: ...


class RitzPairs(NamedTuple):
    """Approximate eigenvalues and eigenvectors.

    Attributes
    ----------
    values : (K,) float64 array
        Descending.
    inner : (size of T, K) float64 array
        Eigenvectors of T. The basis times these are the vectors x.
    residuals : (K,) float64 array
        Norms of B x - value * x.
    """

    values: np.ndarray
    inner: np.ndarray
    residuals: np.ndarray


class Lanczos:
    """A growing subspace that soon contains the leading eigenvectors of an operator B.

    Attributes
    ----------
    projected : (size, size) float64 array
        The matrix T.
    """

    def __init__(self, operator: Operator, rng: np.random.Generator):
        """Start with a random block, drawn by rng."""
        self._operator = operator
        self._rng = rng
        self._storage = np.empty((operator.size, 32 * BLOCK), order="F")
        self._stored = 0
        self._extend(rng.standard_normal((operator.size, BLOCK)))
        self._coupling = np.zeros((self._stored, 0))
        self.projected = np.zeros((0, 0))

    @property
    def size(self) -> int:
        """The dimension of the subspace."""
        return len(self.projected)

    @property
    def complete(self) -> bool:
        """Whether the subspace is the whole space."""
        return self.size == self._operator.size

    @property
    def basis(self) -> np.ndarray:
        """The orthonormal vectors V (N, size)."""
        return self._storage[:, : self.size]

    def step(self) -> None:
        """Add the block that the step before prepared to the subspace, and prepare the next block.

        The next block is B times the newest one, minus its projection on the basis. Except for rounding, only
        the newest two blocks contribute to that projection, so their parts are subtracted first.
        """
        newest = self._vectors[:, self.size :]
        image = self._operator @ np.ascontiguousarray(newest)
        near = self._vectors[:, max(0, self.size - BLOCK) :]
        shares, rest = projections.of(image).project_out(near, image)
        diagonal = shares[-newest.shape[1] :]
        self.projected = _bordered(self.projected, self._coupling, (diagonal + diagonal.T) / 2)
        self._coupling = self._extend(rest)

    def leading(self, count: int) -> RitzPairs:
        """Return the `count` largest Ritz values, with their vectors and residuals."""
        values, inner = np.linalg.eigh(self.projected)
        values, inner = values[: -count - 1 : -1], inner[:, : -count - 1 : -1]
        residuals = np.linalg.norm(self._coupling @ inner[self.size - self._coupling.shape[1] :], axis=0)
        return RitzPairs(values, inner, residuals)

    @property
    def _vectors(self) -> np.ndarray:
        """The basis and the block for the next step."""
        return self._storage[:, : self._stored]

    def _extend(self, block: np.ndarray) -> np.ndarray:
        """Store an orthonormal basis of the new directions in block (N, C), and return its products with it.

        The result is (B, C), where B is C, or less when the basis becomes complete.
        """
        new = self._orthonormal(block[:, : len(block) - self._stored])
        end = self._stored + new.shape[1]
        if end > self._storage.shape[1]:
            vectors = self._vectors
            self._storage = np.empty((len(block), 2 * end), order="F")
            self._vectors[:] = vectors
        self._storage[:, self._stored : end] = new
        self._stored = end
        return new.T @ block

    def _orthonormal(self, block: np.ndarray) -> np.ndarray:
        """Return an orthonormal block that spans `block` minus its projection on the basis.

        A column that loses most of its length also loses digits, so the projection is repeated. If a block
        has no new direction, noise at the level of rounding provides one, like a fresh start.
        """
        kernels = projections.of(block)
        while True:
            lengths = np.linalg.norm(block, axis=0)
            block, triangle = kernels.qr(kernels.project_out(self._vectors, block)[1])
            if (np.abs(np.diag(triangle)) > _KEPT * lengths).all():
                return block
            block += _ROUNDING * self._rng.standard_normal(block.shape)


def _bordered(projected: np.ndarray, coupling: np.ndarray, diagonal: np.ndarray) -> np.ndarray:
    """Return the block tridiagonal matrix with one more diagonal block and its coupling."""
    size, more = len(projected), len(diagonal)
    bordered = np.zeros((size + more, size + more))
    bordered[:size, :size] = projected
    bordered[size:, size - coupling.shape[1] : size] = coupling
    bordered[size - coupling.shape[1] : size, size:] = coupling.T
    bordered[size:, size:] = diagonal
    return bordered
