"""CBOW and skip-gram with negative sampling on a CUDA device, computed by word2vec.cu.

The formulas are those of `Reference.cbow` and `Reference.skip_gram`, which take dozens of launches for a
batch in CuPy. Here it is three kernels of our own and a sort.

Which places of a batch belong to which row of a table depends on the words alone. This is computed first,
since the host waits for the number of rows. The kernels that take time are launched after that, and the host
continues meanwhile.
"""

from functools import cache
from pathlib import Path
from typing import Any

import cupy

from lexloom.kernels.cuda import row_sums
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
    (size, dimension), (blocks, drawn) = W_in.shape, samples.shape
    block, window = len(radii) // blocks, (len(ids) - len(radii)) // 2
    tables = [cupy.ascontiguousarray(table) for table in (W_in, W_out)]
    text = [cupy.ascontiguousarray(numbers, cupy.int32) for numbers in (ids, radii, samples)]
    list_places, compare, sum_places = _compiled(cbow, dimension, window, block, drawn, float(weight))
    tiles, near = blocks * -(-block // _TILE), _TILE + 2 * window
    inputs, outputs = (near, drawn + _TILE) if cbow else (_TILE, drawn + near)

    keys = cupy.empty(tiles * (inputs + outputs), cupy.int64)
    list_places((tiles,), _THREADS, (*text, cupy.int32(size), keys))
    keys.sort()
    starts, rows, split = _segments(keys, size)

    values = cupy.empty((len(keys), dimension), cupy.float32)
    hidden = cupy.empty((tiles * _TILE, dimension), cupy.float32)
    dhidden = cupy.empty_like(hidden) if cbow else values
    losses = cupy.empty((tiles, 2), cupy.float64)
    compare((tiles,), _THREADS, (*tables, *text, hidden, dhidden, values, losses))

    totals, sums = losses.sum(axis=0), cupy.empty((len(rows), dimension), cupy.float32)
    if len(rows):
        counts = cupy.int32(len(starts)), cupy.int32(len(keys))
        grid = len(rows), -(-dimension // _TILE)
        sum_places(grid, _THREADS, (keys, starts, *counts, values, totals, sums))
    loss = totals[0] / cupy.maximum(1, totals[1])
    return loss, (rows[:split], sums[:split]), (rows[split:] - size, sums[split:])


def _segments(keys: Any, size: int) -> tuple[Any, Any, int]:
    """Return where each word starts in the sorted keys, the words, and how many of them are input rows."""
    words = keys >> 32
    first = cupy.concatenate([cupy.ones(1, bool), words[1:] != words[:-1]])
    starts = cupy.flatnonzero(first)
    rows = words[starts]
    split, present = cupy.searchsorted(rows, cupy.asarray([size, 2 * size])).tolist()
    return starts, rows[:present], split


@cache
def _compiled(cbow: bool, dimension: int, window: int, block: int, samples: int, weight: float) -> tuple:
    """Return the kernels `list_places`, `compare` and `sum_places`, compiled for one shape of batch."""
    constants = {
        "CBOW": int(cbow),
        "DIMENSION": dimension,
        "WINDOW": window,
        "BLOCK": block,
        "SAMPLES": samples,
        "WEIGHT": f"{weight!r}f",
        "TILE": _TILE,
        "WARPS": _WARPS,
        "ABSENT": "0x7FFFFFFFLL",
    }
    source = Path(__file__).with_suffix(".cu").read_text(encoding="utf-8")
    options = ("-std=c++17", *(f"-D{name}={value}" for name, value in constants.items()))
    module = cupy.RawModule(code=source, options=options)
    return tuple(module.get_function(name) for name in ("list_places", "compare", "sum_places"))
