"""How well language models predict a text, from the log probability that each of its tokens was given."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lexloom.artifacts import Dataset
from lexloom.losses import perplexity_of

KEPT_SPLITS = ("valid", "test")
"""The splits of which an artifact of kind "perplexity" holds the log probability of each token."""


def perplexity_of_tokens(log_probabilities: np.ndarray) -> float:
    """Return exp of minus the mean of the tokens' log probabilities (L,), summed in float64."""
    return perplexity_of(-float(log_probabilities.mean(dtype=np.float64)))


def perplexity_datasets(
    log_probabilities: Mapping[str, np.ndarray], parameters: int, epochs: int
) -> dict[str, Any]:
    """Return what an artifact of kind "perplexity" holds.

    Parameters
    ----------
    log_probabilities : mapping of str to (L,) float64 array
        By split, of each token, in nats.
    parameters, epochs : int
        How many numbers were trained for how long.
    """
    datasets = {"parameters": np.int64(parameters), "epochs": np.int64(epochs)}
    for split, values in log_probabilities.items():
        datasets[split] = Dataset(np.float64(perplexity_of_tokens(values)), (), "perplexity")
        if split in KEPT_SPLITS:
            datasets[f"log_probabilities/{split}"] = Dataset(values, ("token",), "nats")
    return datasets
