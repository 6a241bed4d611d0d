"""The computations of the lessons, to read along with docs/lessons.md."""

from collections import Counter
from typing import Any

import numpy as np

from lexloom.language.rnnlm import RNNLM
from lexloom.nn.parameter import Parameter
from lexloom.nn.recurrent import LSTM, RNN
from lexloom.nn.softmax_losses import SoftmaxCrossEntropy
from lexloom.training.batches import Windows
from lexloom.training.gradients import clip_factor, global_norm

SENTENCE = "You say goodbye and I say hello."


def spiral(rng: np.random.Generator, arms: int = 3, points: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Return points on the arms of a spiral, which no straight line separates.

    Parameters
    ----------
    rng : numpy.random.Generator
        Draws the noise.
    arms : int
    points : int
        Points on each arm.

    Returns
    -------
    x : (arms * points, 2) float32 array
        Each arm turns by 4 radians from the centre to radius 1. The angles have normal noise with a standard
        deviation of 0.2 radians.
    classes : (arms * points,) int array
        The arm of each point.
    """
    classes = np.repeat(np.arange(arms), points)
    radius = np.tile(np.arange(points) / points, arms)
    angle = 4 * (classes + radius) + 0.2 * rng.normal(size=len(classes))
    x = radius[:, None] * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    return x.astype(np.float32), classes


def read_sentence(sentence: str) -> tuple[np.ndarray, list[str]]:
    """Tokenize a sentence: lower case, with the full stop as a word of its own.

    Returns
    -------
    ids : (L,) int32 array
        Numbered in order of first appearance.
    words : list of str
        The word of each id.
    """
    tokens = sentence.lower().replace(".", " .").split()
    words = list(dict.fromkeys(tokens))
    return np.array([words.index(token) for token in tokens], np.int32), words


def lowest_loss(known: np.ndarray, predicted: np.ndarray) -> float:
    """Return the lowest mean cross-entropy, in nats, that any model can reach on these pairs.

    The same known words can be followed by different words. The loss is lowest if each of these gets its
    relative frequency as probability.

    Parameters
    ----------
    known : (N,) or (N, C) int array
        The order of the C words is ignored, as in CBOW.
    predicted : (N,) or (N, C) int array
        -1 is absent.

    Returns
    -------
    loss : float
    """
    pairs = [
        (tuple(sorted(np.atleast_1d(context))), word)
        for context, words in zip(known, predicted, strict=True)
        for word in np.atleast_1d(words)
        if word >= 0
    ]
    context_counts, pair_counts = Counter(context for context, _ in pairs), Counter(pairs)
    return float(np.mean([np.log(context_counts[pair[0]] / pair_counts[pair]) for pair in pairs]))


def train_bare(model: RNNLM, windows: Windows, epochs: int, learning_rate: float) -> list[float]:
    """Train a language model with one recurrent layer, without trainer, optimizer or methods of the model.

    In float64, `Trainer` with `SGD` gives the same bits. In float32, the `SoftmaxOutput` of the model rounds
    differently from the two layers used here.

    Returns
    -------
    losses : list of float
        Mean loss of each epoch, in nats.
    """
    embedding, recurrent, output = model.embedding, model.recurrent[0], model.output
    cross_entropy = SoftmaxCrossEntropy()
    losses = []
    for _ in range(epochs):
        total, state = 0.0, None
        for ids, targets in windows:
            x, embedding_cache = embedding.forward(ids)
            (h, state), recurrent_cache = recurrent.forward(x, state)
            scores, output_cache = output.forward(h)
            loss, loss_cache = cross_entropy.forward(scores, targets)
            total += loss

            dscores = cross_entropy.backward(loss_cache)
            dh = output.backward(dscores, output_cache)
            dx, _ = recurrent.backward(dh, recurrent_cache)
            embedding.backward(dx, embedding_cache)

            for parameter in (*recurrent.parameters(), *output.parameters()):
                parameter.data -= learning_rate * parameter.grad
                parameter.grad = None
            grad = embedding.W.grad.summed()
            embedding.W.data[grad.rows] -= learning_rate * grad.values
            embedding.W.grad = None
        losses.append(float(total / len(windows)))
    return losses


def orthogonal(rng: np.random.Generator, size: int, gates: int, singular_value: float) -> np.ndarray:
    """Return a recurrent weight (size, gates * size) whose singular values all equal `singular_value`.

    The block of each gate is a random orthogonal matrix times singular_value / sqrt(gates).
    """
    blocks = [np.linalg.qr(rng.normal(size=(size, size)))[0] for _ in range(gates)]
    return np.hstack(blocks) * singular_value / np.sqrt(gates)


def recurrent_layer(
    cell: type[RNN | LSTM], rng: np.random.Generator, size: int, singular_value: float, forget_bias: float
) -> RNN | LSTM:
    """Return a float64 layer with H = D = `size` and a recurrent weight from `orthogonal`.

    The forget gates of an LSTM start near sigmoid(forget_bias). Values close to 1 keep the content of the
    cell.
    """
    columns = cell.gates * size
    b = np.zeros(columns)
    if cell is LSTM:
        b[size : 2 * size] = forget_bias
    Wx = rng.normal(size=(size, columns)) / np.sqrt(size)
    Wh = orthogonal(rng, size, cell.gates, singular_value)
    return cell(Parameter("Wx", Wx), Parameter("Wh", Wh), Parameter("b", b))


def gradients_through_time(layer: RNN | LSTM, x: np.ndarray, limit: float) -> dict[str, np.ndarray]:
    """Follow a gradient from the last hidden state back through time, step by step.

    Parameters
    ----------
    layer : RNN or LSTM
    x : (N, T, D) float array
    limit : float
        Limit of the global norm; see `lexloom.training.gradients.clip_factor`.

    Returns
    -------
    norms : dict of str to float64 array
        - "state" (T + 1,): norm of the gradient of the state k steps before the end, for k = 0 to T. It is 1
          at k = 0.
        - "parameters" (T,): global norm of the gradients of all parameters over the last k steps, for k = 1
          to T.
        - "clipped" (T,): the same, after clipping.
    """
    state, caches = None, []
    for t in range(x.shape[1]):
        (y, state), cache = layer.forward(x[:, t : t + 1], state)
        caches.append(cache)
    dh = np.full(y[:, 0].shape, y[:, 0].size ** -0.5)
    dstate = (dh, np.zeros_like(dh)) if isinstance(state, tuple) else dh
    norms: dict[str, list[float]] = {"state": [1.0], "parameters": [], "clipped": []}
    for cache in reversed(caches):
        _, dstate = layer.backward(np.zeros_like(y), cache, dstate)
        norms["state"].append(_norm(dstate))
        norm = global_norm(layer.parameters())
        norms["parameters"].append(float(norm))
        norms["clipped"].append(float(norm * clip_factor(layer.parameters(), limit)))
    return {name: np.array(values) for name, values in norms.items()}


def _norm(arrays: Any) -> float:
    return float(np.linalg.norm(np.asarray(arrays)))
