"""Products with a sparse matrix on a CUDA device, by CuPy."""

from typing import Any

from cupyx.scipy import sparse

from lexloom.kernels.reference.sparse import Reference


class Cuda(Reference):
    """Products with a sparse matrix."""

    def sparse_matmul(self, data: Any, indices: Any, indptr: Any, x: Any) -> Any:
        """Return the product of a sparse matrix and x; see `Reference.sparse_matmul`."""
        matrix = sparse.csr_matrix((data, indices, indptr), shape=(len(indptr) - 1, len(x)))
        return matrix.dot(x)
