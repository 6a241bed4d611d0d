"""Bounds of cosines from a coarse copy of vectors, in plain array operations."""

from typing import Any


class Reference:
    """Bounds of cosines from a coarse copy of vectors."""

    def cosine_bounds(
        self, codes: Any, steps: Any, query: Any, query_step: float, slope: float, offset: float
    ) -> tuple[Any, Any]:
        """Return codes query' step query_step, less and plus slope step + offset, for the step of each row.

        Parameters
        ----------
        codes : (V, D) int8 array
        steps : (V,) float32 array
        query : (D,) int16 array
            Its products with the codes must not exceed int32.
        query_step, slope, offset : float

        Returns
        -------
        least, largest : (V,) float32 array
        """
        products = (codes * query.astype("int32")).sum(axis=1, dtype="int32").astype("float32")
        cosines, margins = products * (steps * query_step), slope * steps + offset
        return cosines - margins, cosines + margins
