"""The recurrent language model: Embedding -> recurrent layers -> Linear -> softmax (Mikolov et al. 2010)."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import numpy as np

from lexloom.corpus.recorded import word_before_text_of
from lexloom.corpus.vocabulary import NO_WORD
from lexloom.kernels.backend import Backend, backend_of
from lexloom.language.perplexity import perplexity_of_tokens
from lexloom.nn.initializers import uniform, xavier
from lexloom.nn.layer import Chain
from lexloom.nn.layers import Dropout, Embedding, Linear
from lexloom.nn.parameter import Parameter, to_device_of, unique
from lexloom.nn.recurrent import CELLS, GRU
from lexloom.nn.regularization import PenalizedDropout, WeightDrop, WordDropout
from lexloom.nn.sampled_softmax import SampledSoftmaxOutput
from lexloom.settings.mistakes import checked
from lexloom.settings.rnnlm import Architecture, Regularization, Shape
from lexloom.storage.artifacts import Artifact
from lexloom.training.batches import Windows
from lexloom.training.divergence import LossLimits, loss_limits

Draw = Callable[[np.random.Generator, Backend, Any], Any] | None
"""What draws the initial values of a parameter on a backend and in a dtype; None stands for zeros."""

NewParameter = Callable[[str, tuple[int, ...], Draw], Parameter]

STEPS = 500
"""Tokens of a text that are read at once, where no gradients are needed."""


class RNNLM:
    """Predicts each word from all words before it.

    Parameters
    ----------
    embedding : Embedding
        Table (V, D).
    recurrent : list of recurrent layers
        From (N, T, D) to (N, T, H); the output of each is the input of the next.
    output : Linear
        From (N, T, H) to scores (N, T, V). It must be transposed, with one row of W for each word.
    regularization : Regularization, optional
        Dropout and penalties in training. By default, none.
    inclusion : (V,) float array, optional
        Probability that an update includes each word in the softmax (see `lexloom.nn.sampled_softmax`). By
        default, training uses all words.
    before : int
        The word after which a text begins, see `lexloom.corpus.vocabulary.word_before_text`. `NO_WORD` has a
        vector of zeros. The hidden states before it are zeros as well.
    """

    def __init__(
        self,
        embedding: Embedding,
        recurrent: list[Any],
        output: Linear,
        regularization: Regularization = Regularization(),
        inclusion: np.ndarray | None = None,
        before: int = NO_WORD,
    ):
        self.embedding = embedding
        self.recurrent = recurrent
        self.output = output
        self.before = before
        rates, locked = regularization, regularization.locked_dropout
        self.input = Chain(
            WordDropout(embedding, rates.word_dropout),
            Dropout(rates.or_dropout(rates.input_dropout), locked),
        )
        self.thinned = [WeightDrop(layer, rates.weight_drop) for layer in recurrent]
        last = Dropout(rates.or_dropout(rates.output_dropout), locked)
        self.dropouts = [
            *(Dropout(rates.dropout, locked) for _ in recurrent[1:]),
            PenalizedDropout(last, rates.activation_penalty, rates.change_penalty),
        ]
        self.cross_entropy = SampledSoftmaxOutput(output, inclusion)

    def parameters(self) -> list[Parameter]:
        """Return all parameters, each once, from the embedding to the output layer."""
        layers = [self.embedding, *self.recurrent, self.output]
        return unique(parameter for layer in layers for parameter in layer.parameters())

    @property
    def size(self) -> int:
        """How many numbers the model has."""
        return sum(parameter.data.size for parameter in self.parameters())

    @property
    def loss_limits(self) -> LossLimits:
        """Losses above which a training of this model has diverged; knowing nothing, it guesses uniformly."""
        return loss_limits(math.log(len(self.output.b.data)))

    def windows(
        self, ids: np.ndarray, batch: int = 1, steps: int = STEPS, rng: np.random.Generator | None = None
    ) -> Windows:
        """Return a text (L,) as windows, with the beginning that this model expects; see `Windows`."""
        return Windows(ids, batch, steps, self.before, rng)

    def hidden(
        self, ids: Any, carry: list | None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, list, Any]:
        """Run all layers but the output layer.

        Parameters
        ----------
        ids : (N, T) int array
        carry : list of states, optional
            State of each recurrent layer before the first step, as returned by this method; None is zeros.
        rng : numpy.random.Generator, optional
            Draws the dropout masks; None (evaluation) drops nothing.

        Returns
        -------
        x : (N, T, H) float array
            Hidden states of the last layer.
        carry : list of states
            State of each recurrent layer after the last step.
        cache
            For `hidden_backward`.
        """
        carry = carry or [None] * len(self.recurrent)
        x, input_cache = self.input.forward(ids, rng)
        states, caches = [], []
        for layer, dropout, state in zip(self.thinned, self.dropouts, carry, strict=True):
            (x, state), layer_cache = layer.forward(x, state, rng)
            x, dropout_cache = dropout.forward(x, rng)
            states.append(state)
            caches.append((layer_cache, dropout_cache))
        return x, states, (input_cache, caches)

    def loss(
        self, batch: Any, carry: list | None = None, rng: np.random.Generator | None = None
    ) -> tuple[Any, list, Any]:
        """Return the mean cross-entropy of a batch (ids, targets), each (N, T), the carry and the cache.

        The loss is in nats per token that is not padding. It does not contain the penalties, whose gradients
        `backward` adds. In training with `inclusion` it is an estimate that is on average slightly too low.
        """
        ids, targets = self.to_device(batch)
        x, carry, cache = self.hidden(ids, carry, rng)
        loss, loss_cache = self.cross_entropy.forward(x, targets, rng)
        return loss, carry, (cache, loss_cache)

    def predictions(self, batch: Any) -> int:
        """Return the number of tokens of a batch (ids, targets) that are not padding."""
        return int(np.count_nonzero(batch[1] >= 0))

    def token_losses(self, batch: Any, carry: list | None = None) -> tuple[Any, list, Any]:
        """Return the loss of each token (N, T) without dropout, the carry and the cache."""
        ids, targets = self.to_device(batch)
        x, carry, cache = self.hidden(ids, carry)
        losses, loss_cache = self.cross_entropy.forward_tokens(x, targets)
        return losses, carry, (cache, loss_cache)

    def log_probabilities(
        self, ids: np.ndarray, steps: int = STEPS, tick: Callable[[int], None] | None = None
    ) -> np.ndarray:
        """Return the log probability of each token of a text, given all tokens before it.

        The text is read as one stream, with the state carried from the first word to the last. So the result
        does not depend on how the model was trained in batches, and depends on `steps` only by rounding.

        Parameters
        ----------
        ids : (L,) int array
        steps : int
            Number of tokens read at once.
        tick : callable, optional
            Called after each window with its number of tokens.

        Returns
        -------
        log_probabilities : (L,) float64 array, on the host
            In nats.
        """
        return np.concatenate([values for _, _, values in self.stream(ids, steps, tick)])

    def stream(
        self, ids: np.ndarray, steps: int = STEPS, tick: Callable[[int], None] | None = None
    ) -> Iterator[tuple[Any, Any, np.ndarray]]:
        """Read a text like `log_probabilities`, and yield the hidden states as well, window by window.

        Yields
        ------
        x : (T, H) float array
            Hidden states of the last layer from which each token is predicted.
        targets : (T,) int array
            The tokens.
        log_probabilities : (T,) float64 array, on the host
        """
        backend = backend_of(self.embedding.W.data)
        carry = None
        for window in self.windows(ids, steps=steps):
            inputs, targets = self.to_device(window)
            x, carry, _ = self.hidden(inputs, carry)
            losses = self.cross_entropy.losses(x, targets)
            yield x[0], targets[0], -backend.to_host(losses[0]).astype(np.float64)
            if tick:
                tick(targets.size)

    def next_scores(self, ids: np.ndarray, carry: list | None) -> tuple[np.ndarray, list]:
        """Return the scores (V,) of the next word after ids (L,), as float64 on the host, and the carry.

        Without a carry, ids begin a text, and may be empty.
        """
        if carry is None:
            ids = np.array([self.before, *ids])
        (inputs,) = self.to_device([ids[None]])
        x, carry, _ = self.hidden(inputs, carry)
        scores, _ = self.output.forward(x[:, -1])
        return backend_of(scores).to_host(scores[0]).astype(np.float64), carry

    def backward(self, cache: Any) -> None:
        """Add the gradients of all parameters, including those of the penalties."""
        hidden_cache, loss_cache = cache
        self.hidden_backward(self.cross_entropy.backward(loss_cache), hidden_cache)

    def hidden_backward(self, dx: Any, cache: Any, dcarry: list | None = None) -> list:
        """Add the gradients of all parameters below the output layer.

        Parameters
        ----------
        dx : (N, T, H) float array
            Gradient of the hidden states of the last layer.
        cache
            As returned by `hidden`.
        dcarry : list of states, optional
            Gradients of the states after the last step; None is zeros.

        Returns
        -------
        dcarry : list of states
            Gradients of the states before the first step.
        """
        input_cache, caches = cache
        after, before = dcarry or [None] * len(caches), []
        layers = zip(self.thinned, self.dropouts, caches, after, strict=True)
        for layer, dropout, (layer_cache, dropout_cache), dstate in reversed(list(layers)):
            dx, dstate = layer.backward(dropout.backward(dx, dropout_cache), layer_cache, dstate)
            before.append(dstate)
        self.input.backward(dx, input_cache)
        return before[::-1]

    def to_device(self, arrays: Any) -> list[Any]:
        """Return arrays on the device of the model."""
        return to_device_of(self.embedding.W, arrays)


def build_rnnlm(
    vocabulary: int,
    rng: np.random.Generator,
    backend: Backend,
    *,
    inclusion: np.ndarray | None = None,
    before: int = NO_WORD,
    dtype: Any = np.float32,
    **settings: Any,
) -> RNNLM:
    """Return a new language model with initial weights drawn from `rng`.

    With tied weights, the output layer uses the table of the embedding, transposed (Press & Wolf 2017; Inan
    et al. 2017). The last recurrent layer then has states of the size of a word vector; those below it have
    the hidden size (Merity, Keskar & Socher 2018, section 4).

    Parameters
    ----------
    vocabulary : int
        Number of words, V.
    rng : numpy.random.Generator
        The stream "init" of `lexloom.training.randomness`.
    backend : Backend
    inclusion, before
        See `RNNLM`.
    **settings
        Those of `lexloom.settings.rnnlm.Shape` and `Regularization`.

    Raises
    ------
    LexloomError
        When a setting is unknown or out of range, or tied weights meet two sizes.
    """
    shape = checked(Architecture, settings)

    def new(name: str, size: tuple[int, ...], draw: Draw) -> Parameter:
        return Parameter(name, backend.xp.zeros(size, dtype) if draw is None else draw(rng, backend, dtype))

    return RNNLM(*_layers(vocabulary, shape, new), shape.part(Regularization), inclusion, before)


def _layers(vocabulary: int, shape: Shape, parameter: NewParameter) -> tuple[Embedding, list[Any], Linear]:
    """Return the layers of a model, whose parameters are asked for by name, shape and initial values."""
    embedding, hidden = shape.embedding, shape.hidden
    table = parameter(
        "embedding.W",
        (vocabulary, embedding),
        lambda rng, backend, dtype: uniform(rng, (vocabulary, embedding), 0.1, backend, dtype),
    )
    sizes = [embedding] + [hidden] * (shape.layers - 1) + [embedding if shape.tied else hidden]
    recurrent = [
        _recurrent_layer(shape.cell, number, *pair, parameter)
        for number, pair in enumerate(pairwise(sizes), 1)
    ]
    bias = parameter("output.b", (vocabulary,), None)
    output_table = table
    if not shape.tied:

        def draw(rng: np.random.Generator, backend: Backend, dtype: Any) -> Any:
            return backend.xp.ascontiguousarray(xavier(rng, (hidden, vocabulary), backend, dtype=dtype).T)

        output_table = parameter("output.W", (vocabulary, hidden), draw)
    return Embedding(table), recurrent, Linear(output_table, bias, transposed=True)


def _recurrent_layer(cell: str, number: int, inputs: int, hidden: int, parameter: NewParameter) -> Any:
    name, reads_words = f"{cell}{number}", number == 1
    layer = CELLS[cell]
    columns = layer.gates * hidden
    gain, hidden_gain = layer.gains

    def weight(part: str, rows: int, gain: float) -> Parameter:
        def draw(rng: np.random.Generator, backend: Backend, dtype: Any) -> Any:
            return xavier(rng, (rows, columns), backend, layer.gates, dtype, gain)

        return parameter(f"{name}.{part}", (rows, columns), draw)

    weights = [
        weight("Wx", inputs, gain if reads_words else 1.0),
        weight("Wh", hidden, hidden_gain),
        parameter(f"{name}.b", (columns,), None),
    ]
    if layer is GRU:
        weights.append(parameter(f"{name}.bhn", (hidden,), None))
    return layer(*weights)


def rnnlm_from_artifact(artifact: Artifact, backend: Backend) -> RNNLM:
    """Return the language model that an artifact of kind "rnnlm" holds, with no regularization.

    Raises
    ------
    ArtifactError
        If its settings are not those of a model, or its parameters not those of such a model.
    """
    dtype = artifact["embedding.W"].dtype

    def stored(name: str, size: tuple[int, ...], draw: Draw) -> Parameter:
        data = artifact[name]
        if data.shape != size or data.dtype != dtype:
            artifact.refuse(f"{name!r} has shape {data.shape} of {data.dtype}, expected {size} of {dtype}")
        return Parameter(name, backend.to_device(data))

    layers = _layers(len(artifact["words"]), artifact.recorded(Shape), stored)
    return RNNLM(*layers, before=word_before_text_of(artifact))


def perplexity(
    model: RNNLM, ids: np.ndarray, steps: int = STEPS, tick: Callable[[int], None] | None = None
) -> float:
    """Return the perplexity of a text, exp(-mean(log_probabilities)); inf if it overflows.

    Parameters are those of `RNNLM.log_probabilities`.
    """
    return perplexity_of_tokens(model.log_probabilities(ids, steps, tick))
