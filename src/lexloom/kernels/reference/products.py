"""Dense matrix products, by NumPy or CuPy."""

from typing import Any

from lexloom.kernels.array_module import array_module


class Reference:
    """Dense matrix products."""

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return the product a (M, K) @ b (K, N) -> (M, N), written to `out` if given."""
        return array_module(a).matmul(a, b, out=out)
