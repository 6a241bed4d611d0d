"""CBOW and skip-gram with negative sampling, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module
from lexloom.kernels.reference import row_sums
from lexloom.kernels.reference.sigmoid import sigmoid
from lexloom.kernels.reference.windows import contexts_around, targets_and_counts


class Reference(row_sums.Reference):
    """CBOW and skip-gram with negative sampling."""

    def cbow(
        self, W_in: Any, W_out: Any, ids: Any, radii: Any, samples: Any, weight: float
    ) -> tuple[Any, tuple[Any, Any], tuple[Any, Any]]:
        """Return the loss of CBOW with negative sampling on a piece of text, and its gradients.

        With h the mean of the input rows in the window of a position, the loss of the position is
        -log sigmoid(w_target . h) - weight * sum over the samples w of log sigmoid(-w . h). The result is the
        mean over the positions that have a word (Mikolov et al. 2013b, equation 4; there each position has
        its own samples, and the weight is 1).

        Parameters
        ----------
        W_in, W_out : (V, D) float arrays
        ids : (window + B + window,) int array
            Words of the text, -1 for none. The B words in the middle are the targets.
        radii : (B,) int array
            Radius of the window of each position: from 1 to window words on each side.
        samples : (G, S) int array
            Negative samples. The positions of a block of B / G share them; G divides B.
        weight : float
            Weight of a sample.

        Returns
        -------
        loss : 0-d float64 array
            In nats.
        input_grad, output_grad : (rows (R,), values (R, D))
            Row gradients of W_in and W_out; the values of repeated rows add up. Rows of words outside all
            windows may be among them, with zeros.
        """
        xp = array_module(W_in)
        contexts, targets = contexts_around(ids, radii), targets_and_counts(ids, radii)[0]
        present = contexts >= 0
        means = (present / xp.maximum(1, present.sum(axis=1, keepdims=True))).astype(W_in.dtype)
        hidden = (means[:, :, None] * W_in[contexts]).sum(axis=1)
        known = (targets >= 0).astype(W_in.dtype)
        scale = (1 / xp.maximum(1, known.sum())).astype(W_in.dtype)
        loss, dhidden, dsamples = self._sample_loss_and_gradients(
            W_out, samples, hidden, known * (scale * weight)
        )
        scores = (hidden * W_out[targets]).sum(axis=1)
        errors = -sigmoid(-scores) * known * scale
        loss = loss + (_softplus(-scores) * known).sum(dtype=xp.float64) * scale
        dhidden += errors[:, None] * W_out[targets]
        dcontexts = means[:, :, None] * dhidden[:, None, :]
        out_rows = xp.concatenate([targets[targets >= 0], samples.reshape(-1)])
        dout = xp.concatenate([(errors[:, None] * hidden)[targets >= 0], dsamples])
        return loss, self.sum_rows(contexts[present], dcontexts[present]), self.sum_rows(out_rows, dout)

    def skip_gram(
        self, W_in: Any, W_out: Any, ids: Any, radii: Any, samples: Any, weight: float
    ) -> tuple[Any, tuple[Any, Any], tuple[Any, Any]]:
        """Return the loss of skip-gram with negative sampling on a piece of text, and its gradients.

        With h the input row of the word at a position, the loss of each word in its window is -log
        sigmoid(w_context . h) - weight * sum over the samples w of log sigmoid(-w . h). The result is the
        mean over all words in all windows (Mikolov et al. 2013b, equation 4).

        Parameters and return values are those of `cbow`.
        """
        xp = array_module(W_in)
        contexts, (targets, counts) = contexts_around(ids, radii), targets_and_counts(ids, radii)
        present = contexts >= 0
        scale = (1 / xp.maximum(1, counts.sum())).astype(W_in.dtype)
        hidden = W_in[targets]
        weights = (counts * (scale * weight)).astype(W_in.dtype)
        loss, dhidden, dsamples = self._sample_loss_and_gradients(W_out, samples, hidden, weights)
        scores = xp.einsum("nd,ncd->nc", hidden, W_out[contexts])
        errors = -sigmoid(-scores) * present * scale
        loss = loss + (_softplus(-scores) * present).sum(dtype=xp.float64) * scale
        dhidden += xp.einsum("nc,ncd->nd", errors, W_out[contexts])
        dcontexts = errors[:, :, None] * hidden[:, None, :]
        out_rows = xp.concatenate([contexts[present], samples.reshape(-1)])
        dout = xp.concatenate([dcontexts[present], dsamples])
        return (
            loss,
            self.sum_rows(targets[targets >= 0], dhidden[targets >= 0]),
            self.sum_rows(out_rows, dout),
        )

    def _sample_loss_and_gradients(
        self, W_out: Any, samples: Any, hidden: Any, weights: Any
    ) -> tuple[Any, Any, Any]:
        """Return the weighted loss of hidden vectors (B, D) and their samples, with dhidden and dsamples."""
        xp, (blocks, _) = array_module(hidden), samples.shape
        in_blocks, rows = hidden.reshape(blocks, -1, hidden.shape[1]), W_out[samples]
        scores = xp.matmul(in_blocks, rows.swapaxes(1, 2))
        weights = weights.reshape(blocks, -1, 1)
        loss = (_softplus(scores) * weights).sum(dtype=xp.float64)
        errors = sigmoid(scores) * weights
        dhidden = xp.matmul(errors, rows).reshape(hidden.shape)
        return loss, dhidden, xp.matmul(errors.swapaxes(1, 2), in_blocks).reshape(-1, hidden.shape[1])


def _softplus(x: Any) -> Any:
    """Return log(1 + exp(x)) without overflow."""
    xp = array_module(x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))
