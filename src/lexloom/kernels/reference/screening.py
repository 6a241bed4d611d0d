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
        codes : (B, P, 16, 2) int8 array
            Blocks of 16 rows, side by side, whose entries come in P pairs.
        steps : (B, 16) float32 array
        query : (P, 2) int16 array
            Its products with the codes must not exceed int32.
        query_step, slope, offset : float

        Returns
        -------
        least, largest : (B, 16) float32 array
        """
        products = (codes * query[:, None].astype("int32")).sum(axis=(1, 3), dtype="int32").astype("float32")
        cosines, margins = products * (steps * query_step), slope * steps + offset
        return cosines - margins, cosines + margins
