"""The tables of language models on a page: the ladder, and mixtures; with intervals over the text."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from lexloom.language.mixtures import fitted_mixtures, mix
from lexloom.language.perplexity import KEPT_SPLITS, perplexity_of, perplexity_of_tokens
from lexloom.report.explorer.numbers import or_none, with_interval
from lexloom.report.intervals import mean_interval
from lexloom.report.measurements import adaptation_of
from lexloom.storage.artifacts import Artifact

_BLOCK = 100  # tokens; losses of neighbouring tokens depend on each other, sums over blocks hardly do


def perplexity_interval(log_probabilities: np.ndarray) -> tuple[float, float, float]:
    """Return the perplexity of a text, and its 95 % confidence interval over texts of this kind and length.

    The interval is that of the mean loss of blocks of 100 tokens, see `mean_interval`.

    Parameters
    ----------
    log_probabilities : (L,) float64 array

    Returns
    -------
    perplexity, low, high : float
        The limits are nan for a text of a single block.
    """
    blocks = np.array_split(log_probabilities, max(1, len(log_probabilities) // _BLOCK))
    _, low, high = mean_interval([-block.mean() for block in blocks])
    limits = (bound if math.isnan(bound) else perplexity_of(bound) for bound in (low, high))
    low, high = limits
    return perplexity_of_tokens(log_probabilities), low, high


def ladder_table(measured: Mapping[str, Artifact], known: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """Return the perplexities of language models, the worst first.

    Parameters
    ----------
    measured : mapping of str to Artifact of kind "perplexity"
        By the name of the model.
    known : mapping of str to mapping
        What the literature, or an earlier run, says of models: perplexities by name of column and of model.
    """
    columns: list[dict[str, Any]] = [
        {"name": "model"},
        {"name": "test perplexity", "decimals": 2},
        {"name": "valid perplexity", "decimals": 2},
        *({"name": name, "decimals": 2} for name in known),
        {"name": "parameters", "decimals": 0},
        {"name": "epochs", "decimals": 0},
        {"name": "adapts with"},
    ]
    rows = [
        [
            name,
            with_interval(*perplexity_interval(model["log_probabilities/test"])),
            or_none(perplexity_of_tokens(model["log_probabilities/valid"])),
            *(float(perplexities[name]) if name in perplexities else None for perplexities in known.values()),
            int(model["parameters"]),
            int(model["epochs"]),
            adaptation_of(model).replace(",", ", ") or None,
        ]
        for name, model in sorted(measured.items(), key=lambda each: -each[1]["test"])
    ]
    filled = [any(row[i] is not None for row in rows) for i in range(len(columns))]
    return {
        "id": "ladder",
        "title": "Language models",
        "note": "Perplexity: among how many words, on average, the model is undecided; lower is better. Each "
        "with its 95 % confidence interval over blocks of the test text. All models read the same text, so "
        "they differ more surely than their intervals say. A model that adapts learns from the text while it "
        "reads it.",
        "columns": [column for column, has in zip(columns, filled, strict=True) if has],
        "rows": [[cell for cell, has in zip(row, filled, strict=True) if has] for row in rows],
    }


def mixtures_table(measured: Mapping[str, Artifact]) -> dict[str, Any] | None:
    """Return the perplexities of mixtures of language models; None of a single model."""
    if len(measured) < 2:
        return None
    valid, test = (
        np.array([model[f"log_probabilities/{split}"] for model in measured.values()])
        for split in KEPT_SPLITS
    )
    names, rows = list(measured), []
    for models, weights in fitted_mixtures(valid):
        mixed = [mix(split[list(models)], weights) for split in (valid, test)]
        rows.append(
            [
                " + ".join(names[k] for k in models),
                with_interval(*perplexity_interval(mixed[1])),
                or_none(perplexity_of_tokens(mixed[0])),
                " + ".join(f"{weight:.3f}" for weight in weights),
            ]
        )
    return {
        "id": "mixtures",
        "title": "Mixtures of language models",
        "note": "The probability of a word is the weighted sum of its probabilities under the models; the "
        "weights are fitted on valid.",
        "columns": [
            {"name": "models"},
            {"name": "test perplexity", "decimals": 2},
            {"name": "valid perplexity", "decimals": 2},
            {"name": "weights"},
        ],
        "rows": rows,
    }
