"""The perplexity of a text, and the artifacts that hold it with the log probability of each token."""

import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.settings.splits import SPLITS
from lexloom.storage.artifact_writing import Dataset
from lexloom.storage.artifacts import Artifact, read_artifact
from lexloom.storage.checksums import file_sha256

KEPT_SPLITS = SPLITS[1:]
"""The splits for which an artifact of kind "perplexity" stores the log probability of each token."""


def perplexity_of(loss: float) -> float:
    """Return the perplexity, exp(loss), of a mean cross-entropy in nats; inf if it overflows."""
    return math.inf if loss > math.log(sys.float_info.max) else math.exp(loss)


def perplexity_of_tokens(log_probabilities: np.ndarray) -> float:
    """Return exp of minus the mean of log probabilities (L,), in nats, summed in float64."""
    return perplexity_of(-float(log_probabilities.mean(dtype=np.float64)))


def perplexity_datasets(
    log_probabilities: Mapping[str, np.ndarray], parameters: int, epochs: int
) -> dict[str, Any]:
    """Return the datasets of an artifact of kind "perplexity".

    Parameters
    ----------
    log_probabilities : mapping of str to (L,) float64 array
        For each split, the log probability of each token, in nats.
    parameters : int
        The number of trained parameters.
    epochs : int
        The number of epochs of training.

    Raises
    ------
    LexloomError
        If a perplexity is not finite.
    """
    datasets: dict[str, Any] = {"parameters": np.int64(parameters), "epochs": np.int64(epochs)}
    for split, values in log_probabilities.items():
        perplexity = perplexity_of_tokens(values)
        if not math.isfinite(perplexity):
            raise LexloomError(f"{split}: the perplexity is {perplexity}; train the model again")
        datasets[split] = Dataset(np.array(perplexity), (), "perplexity")
        if split in KEPT_SPLITS:
            datasets[f"log_probabilities/{split}"] = Dataset(values, ("token",), "nats")
    return datasets


def epochs_of(artifact: Artifact) -> int:
    """Return for how many epochs the language model in an artifact was trained; n-grams are counted once."""
    return len(artifact["history/epoch"]) if artifact.kind == "rnnlm" else 1


def read_log_probabilities(
    paths: Sequence[str | Path],
    splits: Iterable[str],
    corpus: str | Path | None = None,
    more: Sequence[str] = (),
) -> list[Artifact]:
    """Read artifacts of kind "perplexity" with the log probabilities of some splits, and `more` datasets.

    Raises
    ------
    LexloomError
        If they were not measured on the same corpus, or not on `corpus` if that is given.
    """
    names = [f"log_probabilities/{split}" for split in splits]
    artifacts = [read_artifact(path, "perplexity", [*names, *more]) for path in paths]
    expected = {file_sha256(corpus)} if corpus else set(artifacts[0].inputs.values())
    for path, artifact in zip(paths, artifacts, strict=True):
        if not expected & set(artifact.inputs.values()):
            raise LexloomError(
                f"{path} and {corpus or paths[0]}: not of the same corpus; use perplexities measured on one"
            )
        if any(len(artifact[name]) != len(artifacts[0][name]) for name in names):
            artifact.refuse(f"not of as many words as {paths[0]}")
    return artifacts
