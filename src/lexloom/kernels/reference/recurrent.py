"""The time steps of recurrent layers in plain array operations; see `lexloom.nn.recurrent` for the layers.

Arrays over time are time-major: (T, N, ...) for T steps of N streams. `rnn`, `lstm` and `gru` take `a` = x Wx
+ b of all steps, and return the hidden states and what the backward pass needs. The backward functions take
dy (T, N, H), the gradients of the hidden states from the layers above, and the gradients of the last state.
"""

from typing import Any

from lexloom.kernels.array_module import array_module
from lexloom.kernels.reference.sigmoid import sigmoid


class Reference:
    """The time steps of all recurrent layers."""

    def rnn(self, a: Any, h0: Any, Wh: Any) -> Any:
        """Return the hidden states of an Elman network, h[t] = tanh(a[t] + h[t-1] Wh).

        Parameters
        ----------
        a : (T, N, H) float array
        h0 : (N, H) float array
        Wh : (H, H) float array

        Returns
        -------
        h : (T, N, H) float array
        """
        xp, h = array_module(a), h0
        states = xp.empty_like(a)
        for t in range(len(a)):
            states[t] = h = xp.tanh(a[t] + h @ Wh)
        return states

    def rnn_backward(self, dy: Any, dh: Any, h: Any, Wh: Any) -> tuple[Any, Any]:
        """Return the gradients of an Elman network.

        Parameters
        ----------
        dy : (T, N, H) float array
        dh : (N, H) float array
            Gradient of the last state.
        h : (T, N, H) float array
            As returned by `rnn`.
        Wh : (H, H) float array

        Returns
        -------
        da : (T, N, H) float array
        dh0 : (N, H) float array
        """
        da = 1 - h * h
        for t in reversed(range(len(h))):
            da[t] *= dy[t] + dh
            dh = da[t] @ Wh.T
        return da, dh

    def lstm(self, a: Any, h0: Any, c0: Any, Wh: Any) -> tuple[Any, Any, Any]:
        """Return the gates, hidden states and cells of an LSTM (Hochreiter & Schmidhuber 1997).

        c[t] = f c[t-1] + i g, h[t] = o tanh(c[t]).

        Parameters
        ----------
        a : (T, N, 4 H) float array
        h0, c0 : (N, H) float arrays
        Wh : (H, 4 H) float array

        Returns
        -------
        gates : (T, N, 4 H) float array
            i, f, o and the candidate g, in the order of the columns of Wh.
        h, c : (T, N, H) float arrays
        """
        xp, H = array_module(a), len(Wh)
        gates, c = xp.empty_like(a), xp.empty((*a.shape[:2], H), a.dtype)
        h = xp.empty_like(c)
        h_before, c_before = h0, c0
        for t in range(len(a)):
            total = a[t] + h_before @ Wh
            gates[t, :, : 3 * H] = sigmoid(total[:, : 3 * H])
            gates[t, :, 3 * H :] = xp.tanh(total[:, 3 * H :])
            i, f, o, g = _gates(gates[t], 4)
            c[t] = f * c_before + i * g
            h[t] = o * xp.tanh(c[t])
            h_before, c_before = h[t], c[t]
        return gates, h, c

    def lstm_backward(
        self, dy: Any, dh: Any, dc: Any, gates: Any, c: Any, c0: Any, Wh: Any
    ) -> tuple[Any, Any, Any]:
        """Return the gradients of an LSTM.

        Parameters
        ----------
        dy : (T, N, H) float array
        dh, dc : (N, H) float arrays
            Gradients of the last state.
        gates : (T, N, 4 H) float array
            As returned by `lstm`.
        c : (T, N, H) float array
            As returned by `lstm`.
        c0 : (N, H) float array
        Wh : (H, 4 H) float array

        Returns
        -------
        da : (T, N, 4 H) float array
        dh0, dc0 : (N, H) float arrays
        """
        xp = array_module(gates)
        da = xp.empty_like(gates)
        for t in reversed(range(len(c))):
            i, f, o, g = _gates(gates[t], 4)
            tanh_c, c_before = xp.tanh(c[t]), c[t - 1] if t else c0
            dh = dy[t] + dh
            dc = dc + dh * o * (1 - tanh_c * tanh_c)
            di, df, do, dg = _gates(da[t], 4)
            di[...] = dc * g * i * (1 - i)
            df[...] = dc * c_before * f * (1 - f)
            do[...] = dh * tanh_c * o * (1 - o)
            dg[...] = dc * i * (1 - g * g)
            dh, dc = da[t] @ Wh.T, dc * f
        return da, dh, dc

    def gru(self, a: Any, h0: Any, Wh: Any, bhn: Any) -> tuple[Any, Any, Any]:
        """Return the gates and hidden states of a GRU (Cho et al. 2014), and what its reset gate scales.

        inner[t] = h[t-1] Whn + bhn, n = tanh(a_n[t] + r inner[t]), h[t] = n + z (h[t-1] - n).

        Parameters
        ----------
        a : (T, N, 3 H) float array
        h0 : (N, H) float array
        Wh : (H, 3 H) float array
        bhn : (H,) float array

        Returns
        -------
        gates : (T, N, 3 H) float array
            r, z and the candidate n, in the order of the columns of Wh.
        h, inner : (T, N, H) float arrays
        """
        xp, H = array_module(a), len(Wh)
        gates, h = xp.empty_like(a), xp.empty((*a.shape[:2], H), a.dtype)
        inner, before = xp.empty_like(h), h0
        for t in range(len(a)):
            from_hidden = before @ Wh
            gates[t, :, : 2 * H] = sigmoid(a[t, :, : 2 * H] + from_hidden[:, : 2 * H])
            r, z, n = _gates(gates[t], 3)
            inner[t] = from_hidden[:, 2 * H :] + bhn
            n[...] = xp.tanh(a[t, :, 2 * H :] + r * inner[t])
            h[t] = n + z * (before - n)
            before = h[t]
        return gates, h, inner

    def gru_backward(
        self, dy: Any, dh: Any, gates: Any, inner: Any, h: Any, h0: Any, Wh: Any
    ) -> tuple[Any, Any, Any]:
        """Return the gradients of a GRU.

        Parameters
        ----------
        dy : (T, N, H) float array
        dh : (N, H) float array
            Gradient of the last state.
        gates : (T, N, 3 H) float array
            As returned by `gru`.
        inner, h : (T, N, H) float arrays
            As returned by `gru`.
        h0 : (N, H) float array
        Wh : (H, 3 H) float array

        Returns
        -------
        da : (T, N, 3 H) float array
        da_hidden : (T, N, 3 H) float array
            Gradient of h[t-1] Wh; it differs from da in the columns of n, which the reset gate scales.
        dh0 : (N, H) float array
        """
        xp, H = array_module(gates), len(Wh)
        da = xp.empty_like(gates)
        da_hidden = xp.empty_like(gates)
        for t in reversed(range(len(h))):
            r, z, n = _gates(gates[t], 3)
            before = h[t - 1] if t else h0
            dh = dy[t] + dh
            dn = dh * (1 - z) * (1 - n * n)
            da[t, :, :H] = dn * inner[t] * r * (1 - r)
            da[t, :, H : 2 * H] = dh * (before - n) * z * (1 - z)
            da[t, :, 2 * H :] = dn
            da_hidden[t] = da[t]
            da_hidden[t, :, 2 * H :] *= r
            dh = dh * z + da_hidden[t] @ Wh.T
        return da, da_hidden, dh


def _gates(numbers: Any, count: int) -> list[Any]:
    """Return a view (N, H) of each gate in numbers (N, count H)."""
    size = numbers.shape[1] // count
    return [numbers[:, gate * size : (gate + 1) * size] for gate in range(count)]
