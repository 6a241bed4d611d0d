"""The steps of recurrent layers over time, in plain array operations; see `lexloom.nn.recurrent`.

Arrays over time are time-major: (T, N, ...) for T steps of N streams. `rnn`, `lstm` and `gru` take `a`, which
is x Wx + b of all steps, and return what their layers hand on and keep for the way back. `rnn_backward` and
the others take dy (T, N, H), the gradients of the hidden states from outside, and those of the last state.
"""

from typing import Any

from lexloom.kernels.array_module import array_module


class RecurrentSteps:
    """The steps of all recurrent layers."""

    def sigmoid(self, x: Any, out: Any = None) -> Any:
        """Return 1 / (1 + exp(-x)), written through tanh, which never overflows; to `out` where given."""
        xp = array_module(x)
        out = xp.tanh(x * 0.5, out=out)
        out *= 0.5
        out += 0.5
        return out

    def rnn(self, a: Any, h0: Any, Wh: Any) -> Any:
        """Return the hidden states h (T, N, H) of an Elman network.

        Parameters
        ----------
        a : (T, N, H) float array
        h0 : (N, H) float array
        Wh : (H, H) float array
        """
        xp, h = array_module(a), h0
        states = xp.empty_like(a)
        for t in range(len(a)):
            states[t] = h = xp.tanh(a[t] + h @ Wh)
        return states

    def rnn_backward(self, dy: Any, dh: Any, h: Any, Wh: Any) -> tuple[Any, Any]:
        """Return da (T, N, H) and dh0 (N, H), from dh of the last state and h as `rnn` returned it."""
        da = 1 - h * h
        for t in reversed(range(len(h))):
            da[t] *= dy[t] + dh
            dh = da[t] @ Wh.T
        return da, dh

    def lstm(self, a: Any, h0: Any, c0: Any, Wh: Any) -> tuple[Any, Any, Any]:
        """Return the gates of an LSTM, its hidden states h and its cells c (T, N, H).

        Parameters
        ----------
        a : (T, N, 4 H) float array
        h0, c0 : (N, H) float arrays
        Wh : (H, 4 H) float array

        Returns
        -------
        gates : (T, N, 4 H) float array
            i, f, o and the candidate g, as in the columns of Wh.
        h, c : (T, N, H) float arrays
        """
        xp, H = array_module(a), len(Wh)
        gates, c = xp.empty_like(a), xp.empty((*a.shape[:2], H), a.dtype)
        h = xp.empty_like(c)
        h_before, c_before = h0, c0
        for t in range(len(a)):
            total = a[t] + h_before @ Wh
            gates[t, :, : 3 * H] = self.sigmoid(total[:, : 3 * H])
            gates[t, :, 3 * H :] = xp.tanh(total[:, 3 * H :])
            i, f, o, g = _gates(gates[t], 4)
            c[t] = f * c_before + i * g
            h[t] = o * xp.tanh(c[t])
            h_before, c_before = h[t], c[t]
        return gates, h, c

    def lstm_backward(
        self, dy: Any, dh: Any, dc: Any, gates: Any, c: Any, c0: Any, Wh: Any
    ) -> tuple[Any, Any, Any]:
        """Return da (T, N, 4 H), dh0 and dc0 (N, H).

        Parameters
        ----------
        dh, dc : (N, H) float arrays
            Gradients of the last state.
        gates : (T, N, 4 H) float array
            As `lstm` returned them, like c.
        c : (T, N, H) float array
        c0 : (N, H) float array
        Wh : (H, 4 H) float array
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
        """Return the gates of a GRU, its hidden states h and what the reset gate scales (T, N, H).

        Parameters
        ----------
        a : (T, N, 3 H) float array
        h0 : (N, H) float array
        Wh : (H, 3 H) float array
        bhn : (H,) float array

        Returns
        -------
        gates : (T, N, 3 H) float array
            r, z and the candidate n, as in the columns of Wh.
        h, inner : (T, N, H) float arrays
        """
        xp, H = array_module(a), len(Wh)
        gates, h = xp.empty_like(a), xp.empty((*a.shape[:2], H), a.dtype)
        inner, before = xp.empty_like(h), h0
        for t in range(len(a)):
            from_hidden = before @ Wh
            gates[t, :, : 2 * H] = self.sigmoid(a[t, :, : 2 * H] + from_hidden[:, : 2 * H])
            r, z, n = _gates(gates[t], 3)
            inner[t] = from_hidden[:, 2 * H :] + bhn
            n[...] = xp.tanh(a[t, :, 2 * H :] + r * inner[t])
            h[t] = n + z * (before - n)
            before = h[t]
        return gates, h, inner

    def gru_backward(
        self, dy: Any, dh: Any, gates: Any, inner: Any, h: Any, h0: Any, Wh: Any
    ) -> tuple[Any, Any, Any]:
        """Return da and the same from the side of the hidden states, da_hidden (both (T, N, 3 H)), and dh0.

        Parameters
        ----------
        dh, h0 : (N, H) float arrays
            dh is the gradient of the last state.
        gates : (T, N, 3 H) float array
            As `gru` returned them, like inner and h.
        inner, h : (T, N, H) float arrays
        Wh : (H, 3 H) float array
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
    """Return views of numbers (N, count H): those of each gate (N, H)."""
    size = numbers.shape[1] // count
    return [numbers[:, gate * size : (gate + 1) * size] for gate in range(count)]
