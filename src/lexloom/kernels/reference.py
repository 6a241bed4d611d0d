"""What every kernel computes, in plain array operations: the specification of cpu.py and cuda.py."""

from collections.abc import Callable
from typing import Any

from lexloom.backend import backend_of


def _xp(array: Any) -> Any:
    return backend_of(array).xp


def each_tile(length: int, work: Callable[[slice], None]) -> None:
    """Call `work` on slices that cover `range(length)`, in any order: each row is worked on by itself."""
    work(slice(0, length))


def matmul(a: Any, b: Any, out: Any = None) -> Any:
    """Return the product a (M, K) @ b (K, N) -> (M, N), written to `out` where given."""
    return _xp(a).matmul(a, b, out=out)


def sum_rows(rows: Any, values: Any) -> tuple[Any, Any]:
    """Add up the rows that have the same number.

    Parameters
    ----------
    rows : (K,) int array
    values : (K, D) float array

    Returns
    -------
    unique : (R,) int array, ascending
    sums : (R, D) float array
        Each sum in the order in which its rows appear.
    """
    xp = _xp(values)
    unique, inverse = xp.unique(rows, return_inverse=True)
    sums = xp.zeros((len(unique), values.shape[1]), values.dtype)
    xp.add.at(sums, inverse, values)
    return unique, sums


def sigmoid(x: Any, out: Any = None) -> Any:
    """Return 1 / (1 + exp(-x)), written through tanh, which never overflows; to `out` where given."""
    xp = _xp(x)
    out = xp.tanh(x * 0.5, out=out)
    out *= 0.5
    out += 0.5
    return out


def lstm_step(a: Any, from_hidden: Any, c_before: Any, c: Any, h: Any) -> None:
    """Compute one step of an LSTM; see `lexloom.recurrent.LSTM`.

    Parameters
    ----------
    a : (N, 4 H) float array
        In: x Wx + b. Out: the gates i, f, o and the candidate g.
    from_hidden : (N, 4 H) float array
        h_{t-1} Wh.
    c_before : (N, H) float array
    c, h : (N, H) float arrays, written
    """
    xp = _xp(a)
    H = c.shape[1]
    a += from_hidden
    sigmoid(a[:, : 3 * H], out=a[:, : 3 * H])
    xp.tanh(a[:, 3 * H :], out=a[:, 3 * H :])
    i, f, o, g = (a[:, k * H : (k + 1) * H] for k in range(4))
    c[...] = f * c_before + i * g
    h[...] = o * xp.tanh(c)


def lstm_step_backward(dh: Any, dc: Any, gates: Any, c: Any, c_before: Any, da: Any) -> Any:
    """Go back through one step of an LSTM.

    Parameters
    ----------
    dh, dc : (N, H) float arrays
        Gradients of h_t and, from the step after, of c_t.
    gates : (N, 4 H) float array
        What `lstm_step` left in `a`.
    c, c_before : (N, H) float arrays
    da : (N, 4 H) float array, written

    Returns
    -------
    dc_before : (N, H) float array
    """
    H = c.shape[1]
    i, f, o, g = (gates[:, k * H : (k + 1) * H] for k in range(4))
    tanh_c = _xp(c).tanh(c)
    dc = dc + dh * o * (1 - tanh_c * tanh_c)
    da[:, :H] = dc * g * i * (1 - i)
    da[:, H : 2 * H] = dc * c_before * f * (1 - f)
    da[:, 2 * H : 3 * H] = dh * tanh_c * o * (1 - o)
    da[:, 3 * H :] = dc * i * (1 - g * g)
    return dc * f


def count_cooccurrences(ids: Any, size: int, weights: Any, rows: slice = slice(None)) -> tuple[Any, Any, Any]:
    """Add up the weights of all pairs of words, a pair at distance d weighing `weights[d - 1]`.

    Parameters
    ----------
    ids : (N,) int array
        The stream of word ids, from 0 to size - 1.
    size : int
        Words in the vocabulary.
    weights : (W,) int64 array
        Above 0; W < N.
    rows : slice
        Of words next to each other, whose pairs are counted.

    Returns
    -------
    data (int64), indices, indptr : arrays
        These rows of a symmetric (size, size) matrix in CSR form, columns ascending.
    """
    xp = _xp(ids)
    counts = xp.zeros((size, size), xp.int64)
    for distance, weight in enumerate(weights, start=1):
        left, right = ids[:-distance], ids[distance:]
        xp.add.at(counts, (left, right), weight)
        xp.add.at(counts, (right, left), weight)
    counts = counts[rows]
    cells, columns = xp.nonzero(counts)
    return counts[cells, columns], columns, xp.searchsorted(cells, xp.arange(len(counts) + 1))


def sparse_matmul(data: Any, indices: Any, indptr: Any, x: Any) -> Any:
    """Return the product of a sparse matrix (M, N) in CSR form and x (N, D) -> (M, D)."""
    xp = _xp(x)
    rows = xp.repeat(xp.arange(len(indptr) - 1), xp.diff(indptr))
    product = xp.zeros((len(indptr) - 1, x.shape[1]), x.dtype)
    xp.add.at(product, rows, data[:, None] * x[indices])
    return product


def softmax_cross_entropy(scores: Any, targets: Any) -> tuple[Any, Any]:
    """Compute -log softmax(scores)[target] of each row.

    Parameters
    ----------
    scores : (N, V) float array
    targets : (N,) int array
        -1 (padding) gives a loss of 0.

    Returns
    -------
    losses, log_sums : (N,) float arrays
        In nats; log_sums is log(sum(exp(scores))) of each row.
    """
    xp = _xp(scores)
    largest = scores.max(axis=1)
    log_sums = largest + xp.log(xp.exp(scores - largest[:, None]).sum(axis=1))
    losses = log_sums - scores[xp.arange(len(targets)), targets]
    return losses * (targets >= 0), log_sums


def softmax_cross_entropy_backward(scores: Any, targets: Any, log_sums: Any, weight: Any) -> Any:
    """Return dscores (N, V) = (softmax(scores) - one_hot(targets)) * weight; 0 in the rows of padding.

    Parameters
    ----------
    scores, targets, log_sums
        As in `softmax_cross_entropy`.
    weight : 0-d float array
        1 / (tokens that are not padding), of the type of scores.
    """
    xp = _xp(scores)
    dscores = xp.exp(scores - log_sums[:, None])
    dscores[xp.arange(len(targets)), targets] -= 1
    dscores *= ((targets >= 0) * weight)[:, None]
    return dscores


def negative_sampling(W_in: Any, W_out: Any, inputs: Any, words: Any) -> tuple[Any, Any, Any]:
    """Compute the loss of CBOW and skip-gram with negative sampling, and its gradients.

    The mean h of an example's input rows is compared with the output row w of each word: the loss of one
    prediction is -log sigmoid(w_true . h) - sum over samples of log sigmoid(-w . h), averaged over all
    predictions (Mikolov et al. 2013b, equation 4). An id of -1 is absent; a prediction whose true word is
    absent counts for nothing.

    Parameters
    ----------
    W_in, W_out : (V, D) float arrays
    inputs : (N, C) int array
    words : (N, P, 1 + K) int array
        Of P predictions for each example: the true word, then its samples.

    Returns
    -------
    loss : 0-d float64 array
    input_grad, output_grad : (rows (R,), sums (R, D))
        Row gradients of W_in and W_out, each row once, in ascending order.
    """
    xp, kernels = _xp(W_in), backend_of(W_in).kernels
    present = inputs >= 0
    shares = (present / xp.maximum(1, present.sum(axis=1, keepdims=True))).astype(W_in.dtype)
    hidden = (shares[:, :, None] * W_in[inputs]).sum(axis=1)
    taken = (words >= 0) & (words[:, :, :1] >= 0)
    weight = (1 / xp.maximum(1, taken[:, :, 0].sum())).astype(W_in.dtype)
    labels = xp.zeros(words.shape, W_in.dtype)
    labels[:, :, 0] = 1
    scores = xp.einsum("nd,npkd->npk", hidden, W_out[words])
    losses = (xp.maximum(scores, 0) - scores * labels + xp.log1p(xp.exp(-xp.abs(scores)))) * taken
    errors = (sigmoid(scores) - labels) * taken * weight
    dhidden = xp.einsum("npk,npkd->nd", errors, W_out[words])
    dinputs = shares[:, :, None] * dhidden[:, None, :]
    dwords = errors[:, :, :, None] * hidden[:, None, None, :]
    return (
        losses.sum(dtype=xp.float64) * weight,
        kernels.sum_rows(inputs[present], dinputs[present]),
        kernels.sum_rows(words[taken], dwords[taken]),
    )


def adagrad_rows(
    data: Any, squares: Any, rows: Any, values: Any, learning_rate: float, epsilon: float
) -> None:
    """Make an AdaGrad update of some rows; see `lexloom.optimizers.AdaGrad`.

    Parameters
    ----------
    data, squares : (V, D) float arrays, changed
    rows : (R,) int array
        Each row once.
    values : (R, D) float array
        Their gradients.
    """
    summed = squares[rows] + values * values
    squares[rows] = summed
    data[rows] -= learning_rate * values / (_xp(data).sqrt(summed) + epsilon)


def words_and_samples(words: Any, points: Any, own_share: Any, alias: Any) -> Any:
    """Draw the negative samples of each word; see `lexloom.context_batches.NegativeSampler`.

    Parameters
    ----------
    words : (N,) int32 array
    points : (N, K) float64 array
        Uniform in [0, 1).
    own_share : (V,) float64 array
    alias : (V,) int32 array
        The table of the alias method.

    Returns
    -------
    (N, 1 + K) int32 array
        Each word, and its samples after it. A sample that is the word itself is absent (-1), and so are the
        samples of an absent word.
    """
    xp = _xp(words)
    points = points * len(alias)
    columns = points.astype(xp.int32)
    samples = xp.where(points - columns < own_share[columns], columns, alias[columns])
    words = words[:, None]
    return xp.concatenate([words, xp.where((samples == words) | (words < 0), xp.int32(-1), samples)], axis=1)
