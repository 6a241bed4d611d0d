"""Softmax cross-entropy, and the output layer with it, in plain array operations."""

from typing import Any

from lexloom.kernels.array_module import array_module
from lexloom.kernels.tiles import token_blocks


class Reference:
    """Softmax cross-entropy, and the output layer with it."""

    def softmax_cross_entropy(self, scores: Any, targets: Any) -> tuple[Any, Any]:
        """Return the loss of each row, -log softmax(scores)[target].

        Parameters
        ----------
        scores : (N, V) float array
        targets : (N,) int array
            -1 marks padding, which has a loss of 0.

        Returns
        -------
        losses, log_sums : (N,) float arrays
            The losses in nats, and log(sum(exp(scores))) of each row.
        """
        xp = array_module(scores)
        largest = scores.max(axis=1)
        log_sums = largest + xp.log(xp.exp(scores - largest[:, None]).sum(axis=1))
        losses = log_sums - scores[xp.arange(len(targets)), targets]
        return losses * (targets >= 0), log_sums

    def softmax_cross_entropy_backward(self, scores: Any, targets: Any, log_sums: Any, weight: Any) -> Any:
        """Return dscores (N, V) = (softmax(scores) - one_hot(targets)) * weight, with 0 in rows of padding.

        Parameters
        ----------
        scores, targets, log_sums
            As in `softmax_cross_entropy`.
        weight : 0-d float array
            1 / (number of tokens that are not padding), of the dtype of scores.
        """
        xp = array_module(scores)
        dscores = xp.exp(scores - log_sums[:, None])
        dscores[xp.arange(len(targets)), targets] -= 1
        dscores *= ((targets >= 0) * weight)[:, None]
        return dscores

    def softmax_output(self, x: Any, W: Any, b: Any, targets: Any) -> Any:
        """Return the losses (N,) of `softmax_cross_entropy` for the scores x W + b.

        Only the scores of one block of tokens are in memory at a time.

        Parameters
        ----------
        x : (N, H) float array
        W : (H, V) float array
        b : (V,) float array
        targets : (N,) int array
            -1 marks padding, which has a loss of 0.
        """
        blocks = token_blocks(len(x), len(b))
        return array_module(x).concatenate(
            [self.softmax_cross_entropy(x[block] @ W + b, targets[block])[0] for block in blocks]
        )

    def softmax_output_gradients(self, x: Any, W: Any, b: Any, targets: Any, weight: Any) -> tuple[Any, ...]:
        """Return the losses of `softmax_output`, and the gradients of their sum times `weight`.

        With dscores as in `softmax_cross_entropy_backward`: dx = dscores W', dW = x' dscores, and db is the
        sum of the rows of dscores.

        Parameters
        ----------
        x, W, b, targets
            As in `softmax_output`.
        weight : 0-d float array
            1 / (number of tokens that are not padding), of the dtype of x.

        Returns
        -------
        losses : (N,) float array
        dx, dW, db : float arrays like x, W and b
            dW has the memory layout of W.
        squares : (V,) float array
            Sum of the squares of each column of dW.
        """
        xp = array_module(x)
        losses, dx, dW, db = [], [], xp.zeros_like(W), xp.zeros_like(b)
        for block in token_blocks(len(x), len(b)):
            scores = x[block] @ W + b
            block_losses, log_sums = self.softmax_cross_entropy(scores, targets[block])
            dscores = self.softmax_cross_entropy_backward(scores, targets[block], log_sums, weight)
            losses.append(block_losses)
            dx.append(dscores @ W.T)
            dW += x[block].T @ dscores
            db += dscores.sum(axis=0)
        return xp.concatenate(losses), xp.concatenate(dx), dW, db, xp.einsum("hv,hv->v", dW, dW)
