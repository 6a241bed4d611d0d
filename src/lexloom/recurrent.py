"""Recurrent layers over time: `(y, state), cache = layer.forward(x, state)`.

x (N, T, D) holds T steps of N streams, y (N, T, H) the hidden states. The state goes in and comes out, so a
caller who hands the last one to the next call has a stateful layer, and one who does not has a stateless one.
Backward stops at the first step of its window (truncated backpropagation through time, Williams & Peng 1990),
but returns the gradient of the incoming state.

Inside, arrays are time-major, (T, N, ...): a step is contiguous. The product with the inputs runs once over
all steps; only the product with the hidden state is step by step.
"""

from typing import Any

from lexloom.backend import backend_of
from lexloom.parameter import Parameter


class _Recurrent:
    """What the layers share: parameters, and the products that run once over all steps.

    Parameters
    ----------
    Wx : Parameter, (D, G)
    Wh : Parameter, (H, G)
    b : Parameter, (G,)
        G is H times the number of gates.

    Attributes
    ----------
    gates : int
    gains : (float, float)
        Of the weights Wx and Wh that a new model begins with, see `lexloom.initializers.xavier`. That of Wx
        is for word vectors, which begin small; a layer on top of another has 1 there.
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
        backend = backend_of(x, self.Wx.data)
        x_steps = backend.xp.ascontiguousarray(x.swapaxes(0, 1))
        steps, streams, size = x_steps.shape
        a = backend.kernels.matmul(x_steps.reshape(-1, size), self.Wx.data)
        a += self.b.data
        return x_steps, a.reshape(steps, streams, -1)

    def _to_inputs(self, da: Any, x_steps: Any) -> Any:
        """Add dWx and db, and return dx (N, T, D), from da (T, N, G)."""
        kernels = backend_of(da).kernels
        rows = da.reshape(-1, da.shape[-1])
        self.Wx.add_grad(kernels.matmul(x_steps.reshape(-1, x_steps.shape[-1]).T, rows))
        self.b.add_grad(rows.sum(axis=0))
        return kernels.matmul(rows, self.Wx.data.T).reshape(x_steps.shape).swapaxes(0, 1)

    def _panels(self, x: Any, transposed: bool = False) -> Any:
        """Return Wh or its transpose, laid out for the steps of x (N, T, ...)."""
        Wh = self.Wh.data.T if transposed else self.Wh.data
        return backend_of(x).kernels.panels(Wh, len(x))

    def _hidden_size(self) -> int:
        return self.Wh.data.shape[0]

    def _before(self, h: Any, h0: Any) -> Any:
        """Return the hidden states that steps 0 to T - 1 started from (T, N, H)."""
        return backend_of(h).xp.concatenate([h0[None], h[:-1]])

    def _add_hidden_grad(self, h: Any, h0: Any, da: Any) -> None:
        """Add dWh from h (T, N, H) and da (T, N, G)."""
        before = self._before(h, h0).reshape(-1, self._hidden_size())
        self.Wh.add_grad(backend_of(h).kernels.matmul(before.T, da.reshape(-1, da.shape[-1])))

    def _zeros(self, x: Any) -> Any:
        return backend_of(x).xp.zeros((x.shape[0], self._hidden_size()), x.dtype)


class RNN(_Recurrent):
    """Elman network: h_t = tanh(x_t Wx + h_{t-1} Wh + b) (Elman 1990).

    Nothing gates what the state keeps. So a new model hears more of its input and less of its past: with
    gains of 1, the spectral radius of Wh is 1, an epoch on PTB raises it to about 2, and the state is
    chaotic.

    Parameters
    ----------
    Wx : Parameter, (D, H)
    Wh : Parameter, (H, H)
    b : Parameter, (H,)
    """

    gates = 1
    gains = (5.0, 0.5)

    def forward(self, x: Any, state: Any = None) -> tuple[tuple[Any, Any], Any]:
        """Return (y (N, T, H), last h (N, H)) and the cache; `state` is h (N, H), None for zeros."""
        backend = backend_of(x)
        x_steps, a = self._from_inputs(x)
        h0 = h = self._zeros(a[0]) if state is None else state
        Wh = self._panels(x)
        for t in range(len(a)):
            a[t] += backend.kernels.matmul_panels(h, Wh)
            h = backend.xp.tanh(a[t], out=a[t])
        return (a.swapaxes(0, 1), h), (x_steps, a, h0)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx (N, T, D) and dstate (N, H); add dWx, dWh, db."""
        x_steps, h, h0 = cache
        kernels = backend_of(dy).kernels
        dh = self._zeros(h[0]) if dstate is None else dstate
        da = 1 - h * h
        Wh = self._panels(dy, transposed=True)
        for t in reversed(range(len(h))):
            da[t] *= dy[:, t] + dh
            dh = kernels.matmul_panels(da[t], Wh)
        self._add_hidden_grad(h, h0, da)
        return self._to_inputs(da, x_steps), dh


class LSTM(_Recurrent):
    """Long short-term memory with a forget gate.

    Hochreiter & Schmidhuber 1997; Gers, Schmidhuber & Cummins 2000.

    The columns of the weights stand for input gate i, forget gate f, output gate o and candidate g, in this
    order::

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
        """Return (y (N, T, H), last (h, c)) and the cache; `state` is (h, c), each (N, H), None for zeros."""
        backend = backend_of(x)
        kernels, xp = backend.kernels, backend.xp
        x_steps, a = self._from_inputs(x)
        h0, c0 = (self._zeros(a[0]), self._zeros(a[0])) if state is None else state
        c = xp.empty((*a.shape[:2], self._hidden_size()), a.dtype)
        h = xp.empty_like(c)
        before = h0, c0
        Wh = self._panels(x)
        for t in range(len(a)):
            kernels.lstm_step(a[t], kernels.matmul_panels(before[0], Wh), before[1], c[t], h[t])
            before = h[t], c[t]
        return (h.swapaxes(0, 1), before), (x_steps, a, c, h, h0, c0)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx (N, T, D) and dstate (dh, dc); add dWx, dWh, db."""
        x_steps, gates, c, h, h0, c0 = cache
        backend = backend_of(dy)
        kernels, xp = backend.kernels, backend.xp
        dh, dc = (self._zeros(h[0]), self._zeros(h[0])) if dstate is None else dstate
        da = xp.empty_like(gates)
        Wh = self._panels(dy, transposed=True)
        for t in reversed(range(len(c))):
            dc = kernels.lstm_step_backward(dy[:, t] + dh, dc, gates[t], c[t], c[t - 1] if t else c0, da[t])
            dh = kernels.matmul_panels(da[t], Wh)
        self._add_hidden_grad(h, h0, da)
        return self._to_inputs(da, x_steps), (dh, dc)


class GRU(_Recurrent):
    """Gated recurrent unit with the reset gate inside the candidate (Cho et al. 2014; cuDNN's form).

    The columns of the weights stand for reset gate r, update gate z and candidate n, in this order::

        r, z = sigmoid(x Wx + h Wh + b)       n = tanh(x Wxn + bn + r * (h Whn + bhn))
        h_t = (1 - z) * n + z * h_{t-1}

    Parameters
    ----------
    Wx : Parameter, (D, 3 H)
    Wh : Parameter, (H, 3 H)
    b : Parameter, (3 H,)
    bhn : Parameter, (H,)
        The bias that the reset gate scales.
    """

    gates = 3

    def __init__(self, Wx: Parameter, Wh: Parameter, b: Parameter, bhn: Parameter):
        super().__init__(Wx, Wh, b)
        self.bhn = bhn

    def parameters(self) -> list[Parameter]:
        """Return [Wx, Wh, b, bhn]."""
        return [*super().parameters(), self.bhn]

    def forward(self, x: Any, state: Any = None) -> tuple[tuple[Any, Any], Any]:
        """Return (y (N, T, H), last h (N, H)) and the cache; `state` is h (N, H), None for zeros."""
        backend = backend_of(x)
        kernels, xp = backend.kernels, backend.xp
        H = self._hidden_size()
        x_steps, a = self._from_inputs(x)
        h0 = before = self._zeros(a[0]) if state is None else state
        h = xp.empty((*a.shape[:2], H), a.dtype)
        inner = xp.empty_like(h)
        Wh = self._panels(x)
        for t in range(len(a)):
            from_hidden = kernels.matmul_panels(before, Wh)
            r_z, n = a[t, :, : 2 * H], a[t, :, 2 * H :]
            kernels.sigmoid(r_z + from_hidden[:, : 2 * H], out=r_z)
            r, z = r_z[:, :H], r_z[:, H:]
            inner[t] = from_hidden[:, 2 * H :] + self.bhn.data
            xp.tanh(n + r * inner[t], out=n)
            h[t] = n + z * (before - n)
            before = h[t]
        return (h.swapaxes(0, 1), before), (x_steps, a, inner, h, h0)

    def backward(self, dy: Any, cache: Any, dstate: Any = None) -> tuple[Any, Any]:
        """Return dx (N, T, D) and dstate (N, H); add dWx, dWh, db, dbhn."""
        x_steps, gates, inner, h, h0 = cache
        backend = backend_of(dy)
        xp = backend.xp
        H = self._hidden_size()
        dh = self._zeros(h[0]) if dstate is None else dstate
        da = xp.empty_like(gates)
        da_hidden = xp.empty_like(gates)
        before = self._before(h, h0)
        Wh = self._panels(dy, transposed=True)
        for t in reversed(range(len(h))):
            r, z, n = gates[t, :, :H], gates[t, :, H : 2 * H], gates[t, :, 2 * H :]
            dh = dy[:, t] + dh
            dn = dh * (1 - z) * (1 - n * n)
            da[t, :, :H] = dn * inner[t] * r * (1 - r)
            da[t, :, H : 2 * H] = dh * (before[t] - n) * z * (1 - z)
            da[t, :, 2 * H :] = dn
            da_hidden[t] = da[t]
            da_hidden[t, :, 2 * H :] *= r
            dh = dh * z + backend.kernels.matmul_panels(da_hidden[t], Wh)
        self.bhn.add_grad(da_hidden[..., 2 * H :].sum(axis=(0, 1)))
        self._add_hidden_grad(h, h0, da_hidden)
        return self._to_inputs(da, x_steps), dh


CELLS = {"rnn": RNN, "lstm": LSTM, "gru": GRU}
