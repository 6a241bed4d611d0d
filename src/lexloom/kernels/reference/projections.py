"""Orthonormal bases, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module


class Reference:
    """Orthonormal bases and projections onto them."""

    def qr(self, a: Any) -> tuple[Any, Any]:
        """Return the QR decomposition of a (M, N), M >= N: orthonormal Q (M, N), triangular R (N, N)."""
        return array_module(a).linalg.qr(a)

    def project_out(self, vectors: Any, x: Any) -> tuple[Any, Any]:
        """Project x onto the space of orthonormal vectors, and subtract the projection from x (Gram-Schmidt).

        Parameters
        ----------
        vectors : (N, K) float array
            Orthonormal columns.
        x : (N, D) float array

        Returns
        -------
        coefficients : (K, D) array
            vectors' x
        rest : (N, D) array
            x - vectors coefficients
        """
        coefficients = vectors.T @ x
        return coefficients, x - vectors @ coefficients
