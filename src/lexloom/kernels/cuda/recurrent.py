"""The time steps of recurrent layers on a CUDA device: one launch for all steps, see recurrent.cu.

float64, and more streams than `_MOST_STREAMS`, whose products are large enough for a launch at each step,
fall back to the reference implementation.
"""

from functools import cache
from typing import Any

import cupy

from lexloom.kernels.cuda.compiled import compiled
from lexloom.kernels.reference.recurrent import Reference

_LANES, _WARPS = 32, 8
_THREADS = (_LANES, _WARPS)
_MOST_UNITS = 12  # of a thread block; a thread keeps four sums for each in registers
_MOST_STREAMS = 128
_DIRECTIONS = ("forward", "backward")


class Cuda(Reference):
    """The time steps of all recurrent layers."""

    def rnn(self, a: Any, h0: Any, Wh: Any) -> Any:
        """Return the hidden states of an Elman network; see `Reference.rnn`."""
        if not _fits(a):
            return super().rnn(a, h0, Wh)
        h = cupy.empty(a.shape, a.dtype)
        _forward("RNN", a, h0, h0, h0, Wh, h, h, h)
        return h

    def rnn_backward(self, dy: Any, dh: Any, h: Any, Wh: Any) -> tuple[Any, Any]:
        """Return the gradients of an Elman network; see `Reference.rnn_backward`."""
        if not _fits(dy):
            return super().rnn_backward(dy, dh, h, Wh)
        da, _, dh, _ = _backward("RNN", dy, h, h, h, dh, dh, Wh, dh, dh)
        return da, dh

    def lstm(self, a: Any, h0: Any, c0: Any, Wh: Any) -> tuple[Any, Any, Any]:
        """Return the gates, hidden states and cells of an LSTM; see `Reference.lstm`."""
        if not _fits(a):
            return super().lstm(a, h0, c0, Wh)
        gates, h, c = _results(a, Wh)
        _forward("LSTM", a, h0, c0, h0, Wh, gates, h, c)
        return gates, h, c

    def lstm_backward(
        self, dy: Any, dh: Any, dc: Any, gates: Any, c: Any, c0: Any, Wh: Any
    ) -> tuple[Any, Any, Any]:
        """Return the gradients of an LSTM; see `Reference.lstm_backward`."""
        if not _fits(dy):
            return super().lstm_backward(dy, dh, dc, gates, c, c0, Wh)
        da, _, dh, dc = _backward("LSTM", dy, gates, c, c, c0, c0, Wh, dh, dc)
        return da, dh, dc

    def gru(self, a: Any, h0: Any, Wh: Any, bhn: Any) -> tuple[Any, Any, Any]:
        """Return gates and hidden states of a GRU, and what its reset gate scales; see `Reference.gru`."""
        if not _fits(a):
            return super().gru(a, h0, Wh, bhn)
        gates, h, inner = _results(a, Wh)
        _forward("GRU", a, h0, h0, bhn, Wh, gates, h, inner)
        return gates, h, inner

    def gru_backward(
        self, dy: Any, dh: Any, gates: Any, inner: Any, h: Any, h0: Any, Wh: Any
    ) -> tuple[Any, Any, Any]:
        """Return the gradients of a GRU; see `Reference.gru_backward`."""
        if not _fits(dy):
            return super().gru_backward(dy, dh, gates, inner, h, h0, Wh)
        da, da_hidden, dh, _ = _backward("GRU", dy, gates, h, inner, h0, h0, Wh, dh, dh)
        return da, da_hidden, dh


def _fits(steps: Any) -> bool:
    return steps.dtype == cupy.float32 and len(steps) > 0 and 0 < steps.shape[1] <= _MOST_STREAMS


def _results(a: Any, Wh: Any) -> tuple[Any, Any, Any]:
    """Return memory for gates like a, and two arrays (T, N, H)."""
    shape = *a.shape[:2], len(Wh)
    return cupy.empty(a.shape, a.dtype), cupy.empty(shape, a.dtype), cupy.empty(shape, a.dtype)


def _forward(cell: str, a: Any, h0: Any, c0: Any, bhn: Any, Wh: Any, gates: Any, h: Any, memory: Any) -> None:
    """Write gates, h and memory. What a cell lacks is another array."""
    inputs = list(map(cupy.ascontiguousarray, (a, h0, c0, bhn, Wh)))
    _launch("forward", cell, a.shape, Wh, inputs, [gates, h, memory])


def _backward(
    cell: str, dy: Any, gates: Any, h: Any, memory: Any, h0: Any, c0: Any, Wh: Any, dh: Any, dc: Any
) -> tuple[Any, Any, Any, Any]:
    """Return da, da_hidden, dh and dc. What a cell lacks is another array."""
    inputs = list(map(cupy.ascontiguousarray, (dy, gates, h, memory, h0, c0, Wh)))
    da = cupy.empty((*dy.shape[:2], Wh.shape[1]), dy.dtype)
    da_hidden = cupy.empty_like(da) if cell == "GRU" else da
    dh, dc = dh.copy(), dc.copy() if cell == "LSTM" else dc
    _launch("backward", cell, dy.shape, Wh, inputs, [da, da_hidden, dh, dc])
    return da, da_hidden, dh, dc


@cache
def _multiprocessors() -> int:
    return cupy.cuda.Device().attributes["MultiProcessorCount"]


def _launch(
    direction: str, cell: str, shape: tuple[int, ...], Wh: Any, inputs: list[Any], results: list[Any]
) -> None:
    """Launch a kernel with as many thread blocks as there is work for, at most one on each multiprocessor."""
    (steps, streams, _), (size, columns) = shape, Wh.shape
    blocks = _multiprocessors()
    units = min(_MOST_UNITS, -(-size // blocks))
    groups = -(-size // units)
    constants = {"CELL": cell, "SIZE": size, "UNITS": units, "LANES": _LANES, "WARPS": _WARPS}
    kernel = compiled(__file__, *_DIRECTIONS, **constants)[_DIRECTIONS.index(direction)]
    inner, sums = (size, columns // size * units) if direction == "forward" else (columns, units)
    packed = cupy.empty((groups, inner, -(-sums // 4) * 4), cupy.float32)
    numbers = cupy.int32(steps), cupy.int32(streams)
    kernel.kernel(
        (min(blocks, groups * -(-streams // _LANES)),),
        _THREADS,
        (*inputs, *numbers, packed, *results, cupy.zeros(1, cupy.uint32)),
        enable_cooperative_groups=True,
    )
