"""Training the configured LSTM language model on a part of PTB, and measuring perplexity with it."""

import math
from typing import Any

from harness import Inputs, Stage, Work

TRAINED_TOKENS = 40_000
MEASURED_TOKENS = 20_000
STEPS = 500
MODEL = ("cell", "layers", "embedding", "hidden", "tied", "dropout")


def settings_of(inputs: Inputs) -> dict:
    """Return the settings of the model `lstm`."""
    return inputs.config()["rnnlm"]["models"]["lstm"]


def vocabulary_of(inputs: Inputs) -> int:
    """Return the number of words of PTB."""
    return int(inputs.ids().max()) + 1


def build(inputs: Inputs) -> Any:
    """Return lexloom's model."""
    from lexloom.backend import get_backend
    from lexloom.models.rnnlm import build_rnnlm
    from lexloom.randomness import random_stream

    backend = get_backend(threads=inputs.threads)
    shape = {name: settings_of(inputs)[name] for name in MODEL}
    return build_rnnlm(vocabulary_of(inputs), random_stream(1, "init"), backend, **shape)


def train(inputs: Inputs) -> Work:
    """lexloom: truncated backpropagation through time by the Trainer."""
    from lexloom.batches import Windows
    from lexloom.optimizers import OPTIMIZERS
    from lexloom.randomness import random_stream
    from lexloom.trainer import Trainer

    settings, model = settings_of(inputs), build(inputs)
    trainer = Trainer(
        model,
        OPTIMIZERS[settings["optimizer"]](weight_decay=settings["weight_decay"]),
        settings["learning_rate"],
        clip=settings["clip"],
        rng=random_stream(1, "dropout"),
    )
    windows = Windows(inputs.ids(TRAINED_TOKENS), settings["batch"], settings["steps"])
    trainer.fit(1, lambda epoch: list(windows)[:2])

    def work() -> int:
        trainer.fit(1, lambda epoch: windows)
        return len(inputs.ids(TRAINED_TOKENS))

    return work


def measure(inputs: Inputs) -> Work:
    """lexloom: one stream, state carried."""
    from lexloom.models.rnnlm import perplexity

    model, ids = build(inputs), inputs.ids(MEASURED_TOKENS, "test")
    perplexity(model, ids[:1000], STEPS)

    def work() -> int:
        perplexity(model, ids, STEPS)
        return len(ids)

    return work


def torch_model(inputs: Inputs) -> Any:
    """Return PyTorch's layers of the same shape: (ids, state) -> (scores, state)."""
    import torch
    from torch import nn

    torch.set_num_threads(inputs.threads)
    torch.manual_seed(1)
    settings, vocabulary = settings_of(inputs), vocabulary_of(inputs)

    class Model(nn.Module):
        def __init__(self):
            super().__init__()
            self.embedding = nn.Embedding(vocabulary, settings["embedding"])
            self.lstm = nn.LSTM(settings["embedding"], settings["hidden"], settings["layers"])
            self.output = nn.Linear(settings["hidden"], vocabulary)
            self.dropout = nn.Dropout(settings["dropout"])
            nn.init.uniform_(self.embedding.weight, -0.1, 0.1)
            if settings["tied"]:
                self.output.weight = self.embedding.weight

        def forward(self, ids, state):
            y, state = self.lstm(self.dropout(self.embedding(ids)), state)
            return self.output(self.dropout(y)), state

    return Model()


def train_by_torch(inputs: Inputs) -> Work:
    """PyTorch: the same training, written as its users write it."""
    import torch
    from torch.nn.functional import cross_entropy

    settings, model = settings_of(inputs), torch_model(inputs)
    optimizer = torch.optim.SGD(model.parameters(), settings["learning_rate"])
    ids = torch.tensor(inputs.ids(TRAINED_TOKENS).tolist())
    length = len(ids) // settings["batch"]
    streams = ids[: length * settings["batch"]].reshape(settings["batch"], length).T.contiguous()

    def train(streams: torch.Tensor) -> int:
        state = None
        for start in range(0, len(streams) - 1, settings["steps"]):
            window = streams[start : start + settings["steps"] + 1]
            scores, state = model(window[:-1], state)
            state = tuple(part.detach() for part in state)
            loss = cross_entropy(scores.flatten(0, 1), window[1:].flatten())
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), settings["clip"])
            optimizer.step()
        return streams.numel()

    train(streams[: 2 * settings["steps"]])
    return lambda: train(streams)


def measure_by_torch(inputs: Inputs) -> Work:
    """PyTorch: one stream, state carried."""
    import torch
    from torch.nn.functional import cross_entropy

    model = torch_model(inputs).eval()
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


STAGES = [
    Stage("train language model", train, {"PyTorch": train_by_torch}),
    Stage("evaluate perplexity", measure, {"PyTorch": measure_by_torch}),
]
