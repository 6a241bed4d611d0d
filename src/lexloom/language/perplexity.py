"""How well language models predict a text, from the log probability that each of its tokens was given."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from lexloom.errors import LexloomError
from lexloom.nn.losses import perplexity_of
from lexloom.storage.artifacts import Artifact, Dataset, file_sha256, read_artifact

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


def epochs_of(artifact: Artifact) -> int:
    """Return for how many epochs the language model in an artifact was trained; n-grams are counted once."""
    return len(artifact["history"]["epoch"]) if artifact.kind == "rnnlm" else 1


def frequency_bands(ids: np.ndarray, counts: np.ndarray) -> tuple[np.ndarray, list[str]]:
    """Return the band of each token (L,) by how often its word stands in train, and the bands' names.

    Band b holds the words that stand there from 10 ** b times to less than 10 times as often; a word that is
    not there is in the first.

    Parameters
    ----------
    ids : (L,) int array
    counts : (V,) int array
        In train.
    """
    digits = np.array([len(str(count)) for count in counts])
    names = [f"{10**b:,}+" for b in range(digits.max())]
    return digits[ids] - 1, names


def position_bands(ids: np.ndarray, sentence_end: int) -> tuple[np.ndarray, list[str]]:
    """Return the band of each token (L,) by its place in the sentence, and the bands' names.

    The bands are the places 1, 2, 3 to 4, 5 to 8 and so on; the sentence end has a place like others.

    Parameters
    ----------
    ids : (L,) int array
        A text that begins with a sentence.
    sentence_end : int
    """
    places = np.arange(len(ids))
    begins = np.append(True, ids[:-1] == sentence_end)
    starts = np.maximum.accumulate(np.where(begins, places, 0))
    bands = np.ceil(np.log2(places - starts + 1)).astype(int)
    names = ["1", "2", *(f"{2 ** (b - 1) + 1}-{2**b}" for b in range(2, bands.max() + 1))]
    return bands, names[: bands.max() + 1]


def perplexity_by_band(log_probabilities: np.ndarray, bands: np.ndarray) -> np.ndarray:
    """Return the perplexity of the tokens of each band (B,), float64; NaN where a band has none."""
    sums = np.bincount(bands, log_probabilities)
    sizes = np.bincount(bands)
    means = np.divide(sums, sizes, out=np.full(len(sums), np.nan), where=sizes > 0)
    return np.exp(-means)


def mixture_weights(log_probabilities: np.ndarray, tolerance: float = 1e-6) -> np.ndarray:
    """Return the weights (M,) with which a mixture of models makes a text most probable.

    Found by expectation maximization from equal weights (Jelinek & Mercer 1980), until none changes by more
    than `tolerance`.

    Parameters
    ----------
    log_probabilities : (M, L) float64 array
        What each model gives to each token.
    """
    p = np.exp(log_probabilities - log_probabilities.max(axis=0))
    weights, change = np.full(len(p), 1 / len(p)), np.inf
    while change > tolerance:
        shares = weights[:, None] * p
        before, weights = weights, (shares / shares.sum(axis=0)).mean(axis=1)
        change = np.abs(weights - before).max()
    return weights


def mix(log_probabilities: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return the log probability (L,) of each token under a mixture of models; arguments as above."""
    top = log_probabilities.max(axis=0)
    return top + np.log((weights[:, None] * np.exp(log_probabilities - top)).sum(axis=0))


def read_log_probabilities(
    paths: Sequence[str | Path], splits: Iterable[str], corpus: str | Path | None = None
) -> list[Artifact]:
    """Read artifacts of kind "perplexity" with the log probabilities of some splits.

    Raises
    ------
    LexloomError
        When they were not measured on one corpus, or not on that given.
    """
    names = [f"log_probabilities/{split}" for split in splits]
    artifacts = [read_artifact(path, "perplexity", names) for path in paths]
    expected = {file_sha256(corpus)} if corpus else set(artifacts[0].inputs.values())
    for path, artifact in zip(paths, artifacts, strict=True):
        if not expected & set(artifact.inputs.values()):
            raise LexloomError(
                f"{path} and {corpus or paths[0]}: not of the same corpus; give perplexities measured on one"
            )
    return artifacts
