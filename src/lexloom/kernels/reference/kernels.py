"""The reference implementation of all kernels, in plain array operations.

It specifies what the kernels for the CPU and for CUDA compute; they are tested against it. The kernels of the
recurrent layers are in recurrent.py.
"""

from typing import Any

from lexloom.kernels.array_module import array_module
from lexloom.kernels.reference.recurrent import RecurrentSteps
from lexloom.kernels.reference.windows import contexts_around, targets_and_counts
from lexloom.kernels.tiles import Job, token_blocks


class Reference(RecurrentSteps):
    """Every kernel, on NumPy or CuPy arrays. A device overrides those that it can compute faster."""

    def each_tile(self, *jobs: Job) -> None:
        """Do the jobs.

        Parameters
        ----------
        *jobs : Job
            A device may cut their rows into slices, and do these in any order or at the same time.
        """
        for job in jobs:
            job.work(slice(0, job.rows))

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return the product a (M, K) @ b (K, N) -> (M, N), written to `out` if given."""
        return array_module(a).matmul(a, b, out=out)

    def qr(self, a: Any) -> tuple[Any, Any]:
        """Return the QR decomposition of a (M, N), M >= N: orthonormal Q (M, N), triangular R (N, N)."""
        return array_module(a).linalg.qr(a)

    def project_out(self, vectors: Any, x: Any) -> tuple[Any, Any]:
        """Project x onto the space of orthonormal vectors, and subtract the projection from x (Gram-Schmidt).

        Parameters
        ----------
        vectors : (N, K) float array
            Orthonormal columns.
        x : (N, D) float array

        Returns
        -------
        coefficients : (K, D) array
            vectors' x
        rest : (N, D) array
            x - vectors coefficients
        """
        coefficients = vectors.T @ x
        return coefficients, x - vectors @ coefficients

    def sum_rows(self, rows: Any, values: Any) -> tuple[Any, Any]:
        """Sum the values that belong to the same row.

        Parameters
        ----------
        rows : (K,) int array
        values : (K, D) float array

        Returns
        -------
        unique : (R,) int array
            The distinct rows, in ascending order.
        sums : (R, D) float array
            Each sum is taken in the order in which its values appear.
        """
        xp = array_module(values)
        unique, inverse = xp.unique(rows, return_inverse=True)
        sums = xp.zeros((len(unique), values.shape[1]), values.dtype)
        xp.add.at(sums, inverse, values)
        return unique, sums

    def count_cooccurrences(
        self, ids: Any, size: int, weights: Any, rows: slice = slice(None), places: slice = slice(None)
    ) -> tuple[Any, Any, Any]:
        """Count co-occurring words: a pair of words at distance d adds `weights[d - 1]`.

        Parameters
        ----------
        ids : (N,) int array
            The text as word ids, from 0 to size - 1.
        size : int
            Number of words in the vocabulary.
        weights : (W,) int64 array
            Positive; W is the size of the window.
        rows : slice
            Range of the words whose rows are returned.
        places : slice
            Range of the text. Only pairs whose first word, that of the row, is in this range count.

        Returns
        -------
        data (int64), indices, indptr : arrays
            These rows of a (size, size) matrix in CSR form, with ascending columns. The whole matrix is
            symmetric if all places count.
        """
        xp = array_module(ids)
        inside = xp.zeros(len(ids), xp.int64)
        inside[places] = 1
        counts = xp.zeros((size, size), xp.int64)
        for distance, weight in enumerate(weights, start=1):
            left, right = ids[:-distance], ids[distance:]
            xp.add.at(counts, (left, right), weight * inside[:-distance])
            xp.add.at(counts, (right, left), weight * inside[distance:])
        counts = counts[rows]
        cells, columns = xp.nonzero(counts)
        return counts[cells, columns], columns, xp.searchsorted(cells, xp.arange(len(counts) + 1))

    def sparse_matmul(self, data: Any, indices: Any, indptr: Any, x: Any) -> Any:
        """Return the product of a sparse matrix (M, N) in CSR form and x (N, D) -> (M, D)."""
        xp = array_module(x)
        rows = xp.repeat(xp.arange(len(indptr) - 1), xp.diff(indptr))
        product = xp.zeros((len(indptr) - 1, x.shape[1]), x.dtype)
        xp.add.at(product, rows, data[:, None] * x[indices])
        return product

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
            [self.softmax_cross_entropy(self.matmul(x[block], W) + b, targets[block])[0] for block in blocks]
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
            scores = self.matmul(x[block], W) + b
            block_losses, log_sums = self.softmax_cross_entropy(scores, targets[block])
            dscores = self.softmax_cross_entropy_backward(scores, targets[block], log_sums, weight)
            losses.append(block_losses)
            dx.append(self.matmul(dscores, W.T))
            dW += self.matmul(x[block].T, dscores)
            db += dscores.sum(axis=0)
        return xp.concatenate(losses), xp.concatenate(dx), dW, db, xp.einsum("hv,hv->v", dW, dW)

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
        errors = -self.sigmoid(-scores) * known * scale
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
        errors = -self.sigmoid(-scores) * present * scale
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
        errors = self.sigmoid(scores) * weights
        dhidden = xp.matmul(errors, rows).reshape(hidden.shape)
        return loss, dhidden, xp.matmul(errors.swapaxes(1, 2), in_blocks).reshape(-1, hidden.shape[1])

    def sums_of_squares(self, matrix: Any, sums: Any) -> Job:
        """Return the job that writes the sum of squares of each row of a matrix (N, D) to sums (N,)."""

        def work(tile: slice) -> None:
            sums[tile] = array_module(matrix).einsum("ij,ij->i", matrix[tile], matrix[tile])

        return Job.on(matrix, work)

    def sgd(self, w: Any, dw: Any, learning_rate: Any, kept: float) -> None:
        """Update w in place to kept w - learning_rate dw.

        Parameters
        ----------
        w, dw : float arrays of the same shape
            dw may be overwritten.
        learning_rate : float
        kept : float
            1 - learning rate * weight decay.
        """
        if kept != 1:
            w *= kept
        dw *= learning_rate
        w -= dw

    def adagrad_rows(
        self, data: Any, squares: Any, rows: Any, values: Any, learning_rate: float, epsilon: float
    ) -> Job:
        """Return the job that updates some rows by AdaGrad; see `lexloom.training.optimizers.AdaGrad`.

        Parameters
        ----------
        data, squares : (V, D) float arrays
            The parameter and its sums of squared gradients; the job updates both.
        rows : (R,) int array
            The gradients of repeated rows are summed.
        values : (R, D) float array
            The gradients of the rows.
        learning_rate, epsilon : float
        """
        rows, values = self.sum_rows(rows, values)

        def work(tile: slice) -> None:
            some, dw = rows[tile], values[tile]
            summed = squares[some] + dw * dw
            squares[some] = summed
            data[some] -= learning_rate * dw / (array_module(data).sqrt(summed) + epsilon)

        return Job.on(values, work)

    def row_adagrad_rows(
        self, data: Any, squares: Any, rows: Any, values: Any, learning_rate: float, epsilon: float
    ) -> Job:
        """Return the job that updates some rows by row-wise AdaGrad; see `optimizers.RowAdaGrad`.

        Parameters
        ----------
        data : (V, D) float array
            The parameter, which the job updates.
        squares : (V, 1) float array
            The sum of the mean squared gradients of each row, which the job updates.
        rows : (R,) int array
            The gradients of repeated rows are summed.
        values : (R, D) float array
            The gradients of the rows.
        learning_rate, epsilon : float
        """
        rows, values = self.sum_rows(rows, values)

        def work(tile: slice) -> None:
            some, dw = rows[tile], values[tile]
            summed = squares[some] + (dw * dw).mean(axis=1, keepdims=True)
            squares[some] = summed
            data[some] -= learning_rate / (array_module(data).sqrt(summed) + epsilon) * dw

        return Job.on(values, work)


def _softplus(x: Any) -> Any:
    """Return log(1 + exp(x)) without overflow."""
    xp = array_module(x)
    return xp.maximum(x, 0) + xp.log1p(xp.exp(-xp.abs(x)))
