"""Products with a sparse matrix, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module


class Reference:
    """Products with a sparse matrix."""

    def sparse_matmul(self, data: Any, indices: Any, indptr: Any, x: Any) -> Any:
        """Return the product of a sparse matrix (M, N) in CSR form and x (N, D) -> (M, D)."""
        xp = array_module(x)
        rows = xp.repeat(xp.arange(len(indptr) - 1), xp.diff(indptr))
        product = xp.zeros((len(indptr) - 1, x.shape[1]), x.dtype)
        xp.add.at(product, rows, data[:, None] * x[indices])
        return product
