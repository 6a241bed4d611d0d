"""Recurrent layers: `(y, state), cache = layer.forward(x, state)`.

x (N, T, D) holds T steps of N streams, and y (N, T, H) the hidden states. The caller passes in the state
before the first step and gets back the state after the last. To carry the state across windows, pass it on to
the next call; to start from zeros, pass None.

Backward stops at the first step of its window (truncated backpropagation through time, Williams & Peng 1990),
but returns the gradient of the incoming state.

Internally, arrays are time-major, (T, N, ...), so that each step is contiguous. The product with the inputs
runs once for all steps. Only the product with the hidden state runs step by step, in a kernel.
"""

from typing import Any

from lexloom.kernels.backend import backend_of
from lexloom.kernels.products import products
from lexloom.kernels.recurrent import recurrent
from lexloom.nn.layer import Layer
from lexloom.nn.parameter import Parameter


class _Recurrent(Layer):
    """Base class: the parameters, and the products that run once for all steps.

    Parameters
    ----------
    Wx : Parameter, (D, G)
    Wh : Parameter, (H, G)
    b : Parameter, (G,)
        G is H times the number of gates.

    Attributes
    ----------
    gates : int
        Number of gates.
    gains : (float, float)
        Gains of the initial weights Wx and Wh, see `lexloom.nn.initializers.xavier`. The gain of Wx applies
        to a layer that reads word vectors, which are small at first; layers above it use 1.
    """

    gates: int
    gains = (1.0, 1.0)

    def __init__(self, Wx: Parameter, Wh: Parameter, b: Parameter):
        self.Wx = Wx
        self.Wh = Wh
        self.b = b

    def parameters(self) -> list[Parameter]:
        """Return [Wx, Wh, b]."""
        return [self.Wx, self.Wh, self.b]

    def _from_inputs(self, x: Any) -> tuple[Any, Any]:
        """Return x time-major (T, N, D), and x Wx + b (T, N, G)."""
        x_steps = _time_major(x)
        steps, streams, size = x_steps.shape
        a = products.of(x, self.Wx.data).matmul(x_steps.reshape(-1, size), self.Wx.data)
        a += self.b.data
        return x_steps, a.reshape(steps, streams, -1)

    def _to_inputs(self, da: Any, x_steps: Any) -> Any:
        """Add dWx and db, and return dx (N, T, D), from da (T, N, G)."""
        kernels = products.of(da)
        rows = da.reshape(-1, da.shape[-1])
        self.Wx.add_grad(kernels.matmul(x_steps.reshape(-1, x_steps.shape[-1]).T, rows))
        self.b.add_grad(rows.sum(axis=0))
        return kernels.matmul(rows, self.Wx.data.T).reshape(x_steps.shape).swapaxes(0, 1)

    def _hidden_size(self) -> int:
        return self.Wh.data.shape[0]

    def _before(self, h: Any, h0: Any) -> Any:
        """Return the hidden state before each step (T, N, H)."""
        return backend_of(h).xp.concatenate([h0[None], h[:-1]])

    def _add_hidden_grad(self, h: Any, h0: Any, da: Any) -> None:
        """Add dWh from h (T, N, H) and da (T, N, G)."""
        before = self._before(h, h0).reshape(-1, self._hidden_size())
        self.Wh.add_grad(products.of(h).matmul(before.T, da.reshape(-1, da.shape[-1])))

    def _zeros(self, x: Any) -> Any:
        return backend_of(x).xp.zeros((x.shape[0], self._hidden_size()), x.dtype)


def _time_major(x: Any) -> Any:
    """Return x (N, T, ...) as a contiguous array (T, N, ...)."""
    return backend_of(x).xp.ascontiguousarray(x.swapaxes(0, 1))


class RNN(_Recurrent):
    """Elman network: h_t = tanh(x_t Wx + h_{t-1} Wh + b) (Elman 1990).

    Without gates, the initial weights matter: with gains of 1, Wh starts with a spectral radius of 1, one
    epoch on PTB raises it to about 2, and the state becomes chaotic. So `gains` give more weight to the input
    and less to the past.

    Parameters
    ----------
    Wx : Parameter, (D, H)
    Wh : Parameter, (H, H)
    b : Parameter, (H,)
    """

    gates = 1
    gains = (5.0, 0.5)

    def forward(self, x: Any, state: Any = None) -> tuple[tuple[Any, Any], Any]:
        """Return (y (N, T, H), last h (N, H)) and the cache; `state` is h (N, H), or None (zeros)."""
        x_steps, a = self._from_inputs(x)
        h0 = self._zeros(a[0]) if state is None else state
        h = recurrent.of(x).rnn(a, h0, self.Wh.data)
        return (h.swapaxes(0, 1), h[-1]), (x_steps, h, h0)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx (N, T, D) and dstate (N, H); add dWx, dWh, db."""
        x_steps, h, h0 = cache
        dh = self._zeros(h[0]) if dstate is None else dstate
        da, dh = recurrent.of(dy).rnn_backward(_time_major(dy), dh, h, self.Wh.data)
        self._add_hidden_grad(h, h0, da)
        return self._to_inputs(da, x_steps), dh


class LSTM(_Recurrent):
    """Long short-term memory with a forget gate.

    Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000.

    The columns of the weights belong to the input gate i, the forget gate f, the output gate o and the
    candidate g, in this order::

        i, f, o = sigmoid(x Wx + h Wh + b)    g = tanh(x Wx + h Wh + b)
        c_t = f * c_{t-1} + i * g             h_t = o * tanh(c_t)

    Parameters
    ----------
    Wx : Parameter, (D, 4 H)
    Wh : Parameter, (H, 4 H)
    b : Parameter, (4 H,)
    """

    gates = 4

    def forward(self, x: Any, state: Any = None) -> tuple[tuple[Any, Any], Any]:
        """Return (y (N, T, H), last state) and the cache.

        A state is a pair (h, c), both (N, H); None stands for zeros.
        """
        x_steps, a = self._from_inputs(x)
        h0, c0 = (self._zeros(a[0]), self._zeros(a[0])) if state is None else state
        gates, h, c = recurrent.of(x).lstm(a, h0, c0, self.Wh.data)
        return (h.swapaxes(0, 1), (h[-1], c[-1])), (x_steps, gates, c, h, h0, c0)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx (N, T, D) and dstate (dh, dc); add dWx, dWh, db."""
        x_steps, gates, c, h, h0, c0 = cache
        dh, dc = (self._zeros(h[0]), self._zeros(h[0])) if dstate is None else dstate
        kernels = recurrent.of(dy)
        da, dh, dc = kernels.lstm_backward(_time_major(dy), dh, dc, gates, c, c0, self.Wh.data)
        self._add_hidden_grad(h, h0, da)
        return self._to_inputs(da, x_steps), (dh, dc)


class GRU(_Recurrent):
    """Gated recurrent unit (Cho et al. 2014), in the variant of cuDNN with the reset gate after the product.

    The columns of the weights belong to the reset gate r, the update gate z and the candidate n, in this
    order::

        r, z = sigmoid(x Wx + h Wh + b)       n = tanh(x Wxn + bn + r * (h Whn + bhn))
        h_t = (1 - z) * n + z * h_{t-1}

    Parameters
    ----------
    Wx : Parameter, (D, 3 H)
    Wh : Parameter, (H, 3 H)
    b : Parameter, (3 H,)
    bhn : Parameter, (H,)
        The bias of the candidate that the reset gate multiplies.
    """

    gates = 3

    def __init__(self, Wx: Parameter, Wh: Parameter, b: Parameter, bhn: Parameter):
        super().__init__(Wx, Wh, b)
        self.bhn = bhn

    def parameters(self) -> list[Parameter]:
        """Return [Wx, Wh, b, bhn]."""
        return [*super().parameters(), self.bhn]

    def forward(self, x: Any, state: Any = None) -> tuple[tuple[Any, Any], Any]:
        """Return (y (N, T, H), last h (N, H)) and the cache; `state` is h (N, H), or None (zeros)."""
        x_steps, a = self._from_inputs(x)
        h0 = self._zeros(a[0]) if state is None else state
        gates, h, inner = recurrent.of(x).gru(a, h0, self.Wh.data, self.bhn.data)
        return (h.swapaxes(0, 1), h[-1]), (x_steps, gates, inner, h, h0)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx (N, T, D) and dstate (N, H); add dWx, dWh, db, dbhn."""
        x_steps, gates, inner, h, h0 = cache
        dh = self._zeros(h[0]) if dstate is None else dstate
        kernels = recurrent.of(dy)
        da, da_hidden, dh = kernels.gru_backward(_time_major(dy), dh, gates, inner, h, h0, self.Wh.data)
        self.bhn.add_grad(da_hidden[..., 2 * self._hidden_size() :].sum(axis=(0, 1)))
        self._add_hidden_grad(h, h0, da_hidden)
        return self._to_inputs(da, x_steps), dh


CELLS: dict[str, type[_Recurrent]] = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
