"""Perplexity and mixtures of language models, from the log probability of each token of a text."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.nn.losses import perplexity_of
from lexloom.settings.splits import SPLITS
from lexloom.storage.artifacts import Artifact, Dataset, file_sha256, read_artifact

KEPT_SPLITS = SPLITS[1:]
"""The splits for which an artifact of kind "perplexity" stores the log probability of each token."""


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
    """
    datasets: dict[str, Any] = {"parameters": np.int64(parameters), "epochs": np.int64(epochs)}
    for split, values in log_probabilities.items():
        datasets[split] = Dataset(np.array(perplexity_of_tokens(values)), (), "perplexity")
        if split in KEPT_SPLITS:
            datasets[f"log_probabilities/{split}"] = Dataset(values, ("token",), "nats")
    return datasets


def epochs_of(artifact: Artifact) -> int:
    """Return for how many epochs the language model in an artifact was trained; n-grams are counted once."""
    return len(artifact["history"]["epoch"]) if artifact.kind == "rnnlm" else 1


def frequency_bands(ids: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Group tokens by how often their words occur in train.

    Band b has the words that occur at least 10 ** b times and less than 10 ** (b + 1) times. A word that does
    not occur is in the first band.

    Parameters
    ----------
    ids : (L,) int array
    counts : (V,) int array
        How often each word occurs in train.

    Returns
    -------
    bands : (L,) int array
    names : list of str
    """
    digits = np.array([len(str(count)) for count in counts])
    names = [f"{10**b:,}+" for b in range(digits.max())]
    return digits[ids] - 1, names


def position_bands(ids: np.ndarray, sentence_end: int) -> tuple[np.ndarray, list[str]]:
    """Group tokens by their position in the sentence.

    The bands are the positions 1, 2, 3 to 4, 5 to 8 and so on. The sentence end has a position like any word.

    Parameters
    ----------
    ids : (L,) int array
        A text that starts with the beginning of a sentence.
    sentence_end : int

    Returns
    -------
    bands : (L,) int array
    names : list of str
    """
    places = np.arange(len(ids))
    begins = np.append(True, ids[:-1] == sentence_end)
    starts = np.maximum.accumulate(np.where(begins, places, 0))
    bands = np.ceil(np.log2(places - starts + 1)).astype(int)
    names = ["1", "2", *(f"{2 ** (b - 1) + 1}-{2**b}" for b in range(2, bands.max() + 1))]
    return bands, names[: bands.max() + 1]


def perplexity_by_band(log_probabilities: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Return the perplexity of the tokens of each band (B,), float64; nan for a band without tokens."""
    sums = np.bincount(bands, log_probabilities)
    sizes = np.bincount(bands)
    means = np.divide(sums, sizes, out=np.full(len(sums), np.nan), where=sizes > 0)
    return np.exp(-means)


def mixture_weights(log_probabilities: np.ndarray, tolerance: float = 1e-6) -> np.ndarray:
    """Return the weights (M,) of the mixture of models under which a text is most probable.

    Expectation maximization starts from equal weights and ends when no weight changes by more than
    `tolerance` (Jelinek & Mercer 1980).

    Parameters
    ----------
    log_probabilities : (M, L) float64 array
        The log probability of each token under each model.
    tolerance : float

    Returns
    -------
    weights : (M,) float64 array
        They sum to 1.
    """
    p = np.exp(log_probabilities - log_probabilities.max(axis=0))
    weights, change = np.full(len(p), 1 / len(p)), np.inf
    while change > tolerance:
        shares = weights[:, None] * p
        before, weights = weights, (shares / shares.sum(axis=0)).mean(axis=1)
        change = np.abs(weights - before).max()
    return weights


def mix(log_probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the log probability (L,) of each token under a mixture of models.

    Parameters
    ----------
    log_probabilities : (M, L) float64 array
    weights : (M,) float array
        See `mixture_weights`.
    """
    top = log_probabilities.max(axis=0)
    return top + np.log((weights[:, None] * np.exp(log_probabilities - top)).sum(axis=0))


def read_log_probabilities(
    paths: Sequence[str | Path], splits: Iterable[str], corpus: str | Path | None = None
) -> list[Artifact]:
    """Read artifacts of kind "perplexity" with the log probabilities of some splits.

    Raises
    ------
    LexloomError
        If they were not measured on the same corpus, or not on `corpus` if that is given.
    """
    names = [f"log_probabilities/{split}" for split in splits]
    artifacts = [read_artifact(path, "perplexity", names) for path in paths]
    expected = {file_sha256(corpus)} if corpus else set(artifacts[0].inputs.values())
    for path, artifact in zip(paths, artifacts, strict=True):
        if not expected & set(artifact.inputs.values()):
            raise LexloomError(
                f"{path} and {corpus or paths[0]}: not of the same corpus; use perplexities measured on one"
            )
    return artifacts
