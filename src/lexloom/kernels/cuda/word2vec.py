"""CBOW and skip-gram with negative sampling on a CUDA device, computed by word2vec.cu.

The formulas are those of `Reference.cbow` and `Reference.skip_gram`, which take dozens of launches for a
batch in CuPy. Here it is two kernels of our own. The gradients of a word are returned for each place where it
occurs; `row_sums` sums them. The host never waits.
"""

from collections.abc import Callable
from typing import Any

import cupy

from lexloom.kernels.cuda import row_sums
from lexloom.kernels.cuda.compiled import compiled
from lexloom.kernels.reference.word2vec import Reference

_TILE = 32  # positions in a tile, and threads in a warp
_WARPS = 8  # in a thread block
_THREADS = (_TILE, _WARPS)

Rows = tuple[Any, Any]


class Cuda(row_sums.Cuda, Reference):
    """CBOW and skip-gram with negative sampling."""

    def cbow(
        self, W_in: Any, W_out: Any, ids: Any, radii: Any, samples: Any, weight: float
    ) -> tuple[Any, Rows, Rows]:
        """Return the loss and the row gradients of both tables; see `Reference.cbow`.

        float64 falls back to the reference implementation.
        """
        if W_in.dtype != cupy.float32:
            return super().cbow(W_in, W_out, ids, radii, samples, weight)
        return _gradients(True, W_in, W_out, ids, radii, samples, weight)

    def skip_gram(
        self, W_in: Any, W_out: Any, ids: Any, radii: Any, samples: Any, weight: float
    ) -> tuple[Any, Rows, Rows]:
        """Return the loss and the row gradients of both tables; see `Reference.skip_gram`.

        float64 falls back to the reference implementation.
        """
        if W_in.dtype != cupy.float32:
            return super().skip_gram(W_in, W_out, ids, radii, samples, weight)
        return _gradients(False, W_in, W_out, ids, radii, samples, weight)


def _gradients(
    cbow: bool, W_in: Any, W_out: Any, ids: Any, radii: Any, samples: Any, weight: float
) -> tuple[Any, Rows, Rows]:
    """Return the loss and the row gradients of CBOW or, if not `cbow`, of skip-gram."""
    dimension, (blocks, drawn) = W_in.shape[1], samples.shape
    block, window = len(radii) // blocks, (len(ids) - len(radii)) // 2
    tables = [cupy.ascontiguousarray(table) for table in (W_in, W_out)]
    text = [cupy.ascontiguousarray(numbers, cupy.int32) for numbers in (ids, radii, samples)]
    shape = {"DIMENSION": dimension, "WINDOW": window, "BLOCK": block, "SAMPLES": drawn}
    list_places, compare = _kernels(cbow, WEIGHT=f"{float(weight)!r}f", **shape)
    tiles, near = blocks * -(-block // _TILE), _TILE + 2 * window
    inputs, outputs = (near, drawn + _TILE) if cbow else (_TILE, drawn + near)

    places, split = tiles * (inputs + outputs), tiles * inputs
    rows, predictions = cupy.empty(places, cupy.int64), cupy.empty(tiles, cupy.float64)
    list_places((tiles,), _THREADS, (*text, rows, predictions))
    total = cupy.maximum(1, predictions.sum())

    values = cupy.empty((places, dimension), cupy.float32)
    hidden = cupy.empty((tiles * _TILE, dimension), cupy.float32)
    dhidden = cupy.empty_like(hidden) if cbow else values
    losses = cupy.empty(tiles, cupy.float64)
    compare((tiles,), _THREADS, (*tables, *text, total, hidden, dhidden, values, losses))
    return losses.sum() / total, (rows[:split], values[:split]), (rows[split:], values[split:])


def _kernels(cbow: bool, **constants: Any) -> list[Callable]:
    """Return the kernels `list_places` and `compare`, compiled for one shape of batch."""
    return compiled(__file__, "list_places", "compare", CBOW=int(cbow), TILE=_TILE, WARPS=_WARPS, **constants)
