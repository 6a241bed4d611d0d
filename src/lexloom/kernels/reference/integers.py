"""Products of small integers, in plain array operations."""

from typing import Any


class Reference:
    """Products of small integers."""

    def integer_products(self, rows: Any, vector: Any) -> Any:
        """Return the products (N,) of rows with a vector, float32.

        Parameters
        ----------
        rows : (N, D) int8 array
        vector : (D,) int16 array
            Its products with the rows must not exceed int32.
        """
        return (rows * vector.astype("int32")).sum(axis=1, dtype="int32").astype("float32")
