"""Training recurrent language models on a part of PTB, and measuring perplexity with the configured one.

The bound of training is the time of the model's matrix products alone: those of the output layer, those with
the inputs of each recurrent layer over all steps, and those with the hidden state at each step.
"""

import math
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

from harness import Inputs, Stage, Work

MEASURED_TOKENS = 20_000
STEPS = 500
SHAPE = ("cell", "layers", "embedding", "hidden", "tied", "dropout")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
CONFIGURED = "lstm"
SAMPLES = 1000
PLAIN = {
    "tied": False,
    "dropout": 0.0,
    "batch": 20,
    "steps": 35,
    "optimizer": "sgd",
    "learning_rate": 1.0,
    "clip": 0.25,
    "weight_decay": 0.0,
}
MODELS = {
    "RNN 100, batch 10, T 5": ("rnn", 1, 100, {"batch": 10, "steps": 5}),
    "RNN 100": ("rnn", 1, 100, {}),
    "RNN 256": ("rnn", 1, 256, {}),
    "LSTM 100": ("lstm", 1, 100, {}),
    "LSTM 2 x 200, T 20": ("lstm", 2, 200, {"steps": 20}),
    "LSTM 2 x 650": ("lstm", 2, 650, {}),
}
ON_GPU = {
    f"{cell.upper()} 2 x {size}": (cell, 2, size, {}) for cell in ("lstm", "rnn") for size in (200, 650, 1500)
}
ARITHMETIC = 1.5e11  # multiply-adds of one measurement, about


def settings_of(inputs: Inputs, model: str) -> dict:
    """Return the settings of a model of `MODELS` or `ON_GPU`, or of the configuration."""
    if model not in MODELS | ON_GPU:
        return inputs.config()["rnnlm"]["models"][model]
    cell, layers, size, changes = (MODELS | ON_GPU)[model]
    return PLAIN | {"cell": cell, "layers": layers, "embedding": size, "hidden": size} | changes


def vocabulary_of(inputs: Inputs) -> int:
    """Return the number of words of PTB."""
    return int(inputs.ids().max()) + 1


def products_of(inputs: Inputs, model: str) -> list[Any]:
    """Return the matrix products of one update, each with its two gradients."""
    from products import Product

    settings = settings_of(inputs, model)
    streams, steps, hidden = settings["batch"], settings["steps"], settings["hidden"]
    sizes = [settings["embedding"]] + [hidden] * settings["layers"]
    gates = GATES[settings["cell"]] * hidden
    tokens = streams * steps

    def with_gradients(inner: int, columns: int, transposed: bool = False) -> list[Product]:
        weights = (columns, tokens, inner) if transposed else (inner, tokens, columns)
        return [
            Product(tokens, inner, columns, b_transposed=transposed),
            Product(tokens, columns, inner, b_transposed=not transposed),
            Product(*weights, a_transposed=True),
        ]

    found = with_gradients(sizes[-1], vocabulary_of(inputs), transposed=True)
    for below, size in pairwise(sizes):
        found += with_gradients(below, gates)
        found.append(Product(streams, size, gates, times=steps))
        found.append(Product(streams, gates, size, times=steps, b_transposed=True))
        found.append(Product(size, tokens, gates, a_transposed=True))
    return found


def updates_of(inputs: Inputs, model: str) -> int:
    """Return how many updates a measurement makes: some seconds of them, by the size of the model."""
    products = products_of(inputs, model)
    work = sum(product.rows * product.inner * product.columns * product.times for product in products)
    return max(1, round(ARITHMETIC / work / (10 if inputs.quick else 1)))


def tokens_of(inputs: Inputs, model: str) -> Any:
    """Return the text of that many updates, as word ids."""
    settings = settings_of(inputs, model)
    return inputs.ids()[: updates_of(inputs, model) * settings["batch"] * settings["steps"]]


def multiply(inputs: Inputs, model: str) -> Work:
    """Bound: the products alone."""
    from products import fastest

    settings, updates = settings_of(inputs, model), updates_of(inputs, model)
    products = fastest(products_of(inputs, model), inputs.threads)

    def work() -> int:
        for _ in range(updates):
            products()
        return updates * settings["batch"] * settings["steps"]

    return work


def build(inputs: Inputs, model: str, inclusion: Any = None) -> Any:
    """Return lexloom's model; `inclusion` as `build_rnnlm` takes it."""
    from lexloom.kernels.backend import get_backend
    from lexloom.language.rnnlm import build_rnnlm
    from lexloom.training.randomness import random_stream

    backend = get_backend(inputs.device, inputs.threads)
    shape = {name: settings_of(inputs, model)[name] for name in SHAPE}
    vocabulary, rng = vocabulary_of(inputs), random_stream(1, "init")
    return build_rnnlm(vocabulary, rng, backend, inclusion=inclusion, **shape)


def train_sampled(inputs: Inputs, model: str) -> Work:
    """lexloom: the same training, against a sample of the words."""
    import numpy as np

    from lexloom.nn.sampled_softmax import inclusion_probabilities

    return train(inputs, model, inclusion_probabilities(np.bincount(inputs.ids()), SAMPLES))


def train(inputs: Inputs, model: str, inclusion: Any = None) -> Work:
    """lexloom: truncated backpropagation through time by the Trainer."""
    ids = tokens_of(inputs, model)
    fit = updates(inputs, model, ids, inclusion)
    fit(2)
    return lambda: fit(None)


def updates(inputs: Inputs, model: str, ids: Any, inclusion: Any = None) -> Callable[[int | None], int]:
    """Return a function that makes some updates on a text, or all, and returns their number of tokens."""
    from lexloom.training.optimizers import OPTIMIZERS
    from lexloom.training.randomness import random_stream
    from lexloom.training.trainer import Trainer

    settings = settings_of(inputs, model)
    built = build(inputs, model, inclusion)
    trainer = Trainer(
        built,
        OPTIMIZERS[settings["optimizer"]](weight_decay=settings["weight_decay"]),
        settings["learning_rate"],
        clip=settings["clip"],
        rng=random_stream(1, "dropout"),
    )
    windows = built.windows(ids, settings["batch"], settings["steps"])

    def fit(count: int | None) -> int:
        some = windows if count is None else [windows[place] for place in range(count)]
        trainer.fit(1, lambda epoch: some)
        return len(ids) if count is None else sum(targets.size for _, targets in some)

    return fit


def measure(inputs: Inputs) -> Work:
    """lexloom: one stream, state carried."""
    from lexloom.language.rnnlm import perplexity

    model, ids = build(inputs, CONFIGURED), inputs.ids(MEASURED_TOKENS, "test")
    perplexity(model, ids[:1000], STEPS)

    def work() -> int:
        perplexity(model, ids, STEPS)
        return len(ids)

    return work


def torch_model(inputs: Inputs, model: str) -> Any:
    """Return PyTorch's layers of the same shape: (ids, state) -> (scores, state)."""
    import torch
    from torch import nn

    torch.set_num_threads(inputs.threads)
    torch.manual_seed(1)
    settings, vocabulary = settings_of(inputs, model), vocabulary_of(inputs)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, settings["embedding"])
            recurrent = getattr(nn, settings["cell"].upper())
            self.recurrent = recurrent(settings["embedding"], settings["hidden"], settings["layers"])
            self.output = nn.Linear(settings["hidden"], vocabulary)
            self.dropout = nn.Dropout(settings["dropout"])
            nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
            if settings["tied"]:
                self.output.weight = self.embedding.weight

        def forward(self, ids, state):
            y, state = self.recurrent(self.dropout(self.embedding(ids)), state)
            return self.output(self.dropout(y)), state

    return Model()


def train_by_torch(inputs: Inputs, model: str) -> Work:
    """PyTorch: the same training, written as its users write it."""
    fit = updates_by_torch(inputs, model, tokens_of(inputs, model))
    fit(2)
    return lambda: fit(None)


def updates_by_torch(inputs: Inputs, model: str, ids: Any) -> Callable[[int | None], int]:
    """Return a function that makes some updates, or all, by PyTorch, and returns their number of tokens."""
    import torch
    from torch.nn.functional import cross_entropy

    settings, layers = settings_of(inputs, model), torch_model(inputs, model).to(inputs.device)
    optimizer = torch.optim.SGD(layers.parameters(), settings["learning_rate"])
    ids = torch.tensor(ids.tolist(), device=inputs.device)
    length = len(ids) // settings["batch"]
    streams = ids[: length * settings["batch"]].reshape(settings["batch"], length).T.contiguous()

    def fit(count: int | None) -> int:
        steps = settings["steps"]
        some = streams if count is None else streams[: count * steps + 1]
        state = None
        for start in range(0, len(some) - 1, steps):
            window = some[start : start + steps + 1]
            scores, state = layers(window[:-1], state)
            state = detached(state)
            loss = cross_entropy(scores.flatten(0, 1), window[1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(layers.parameters(), settings["clip"])
            optimizer.step()
        loss.item()  # waits for the device
        return some.numel()

    return fit


def detached(state: Any) -> Any:
    """Return a state of PyTorch, one tensor or two, without its past."""
    return tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()


def measure_by_torch(inputs: Inputs) -> Work:
    """PyTorch: one stream, state carried."""
    import torch
    from torch.nn.functional import cross_entropy

    model = torch_model(inputs, CONFIGURED).eval()
    ids = torch.tensor(inputs.ids(MEASURED_TOKENS, "test").tolist())[:, None]

    @torch.no_grad()
    def work() -> int:
        total, state = 0.0, None
        for start in range(0, len(ids) - 1, STEPS):
            window = ids[start : start + STEPS + 1]
            scores, state = model(window[:-1], state)
            total += float(cross_entropy(scores.flatten(0, 1), window[1:].flatten(), reduction="sum"))
        math.exp(total / len(ids))
        return len(ids)

    return work


def name_of(model: str) -> str:
    """Return the name of the stage that trains a model."""
    return f"train {model}" if model in MODELS else "train language model"


def training(model: str) -> Stage:
    """Return the stage that trains a model."""
    return Stage(
        name_of(model),
        partial(train, model=model),
        {"PyTorch": partial(train_by_torch, model=model)},
        bound=partial(multiply, model=model),
    )


def sampled_training(model: str) -> Stage:
    """Return the stage that trains a model against samples, beside its training against all words."""
    return Stage(
        f"{name_of(model)}, {SAMPLES:,} samples",
        partial(train_sampled, model=model),
        {"lexloom, all words": partial(train, model=model)},
    )


STAGES = [
    *(training(model) for model in [*MODELS, CONFIGURED]),
    *(sampled_training(model) for model in [CONFIGURED, "LSTM 2 x 650"]),
    Stage("evaluate perplexity", measure, {"PyTorch": measure_by_torch}),
]
