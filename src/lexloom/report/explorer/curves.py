"""The curves of a page: language models and word vectors as they trained."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lexloom.report.explorer.numbers import or_none
from lexloom.storage.artifacts import Artifact

MODEL_DATASETS = tuple(
    [f"history/{split}_perplexity" for split in ("train", "valid")]
    + [f"steps/{name}" for name in ("epochs", "perplexity", "gradient_norm", "learning_rate")]
)
"""What the curves of a language model are drawn from."""

_POINTS = 1000  # of a curve at most; more are not seen


def curves_section(
    models: Mapping[str, Artifact], losses: Mapping[str, np.ndarray], reference: float | None
) -> list[dict[str, Any]]:
    """Return the charts of a page, without those that have no curve.

    Parameters
    ----------
    models : mapping of str to Artifact of kind "rnnlm"
        With `MODEL_DATASETS`.
    losses : mapping of str to (E,) array
        The loss of trained word vectors in each epoch.
    reference : float, optional
        The perplexity of the grammar that generated the text.
    """
    charts = [
        {
            "title": "Perplexity",
            "x": "epoch",
            "y": "perplexity",
            "log": True,
            "note": "Of language models by epoch. Train is measured during training, with dropout and while "
            "the weights change, so it can be above valid, which is measured after each epoch.",
            "lines": _by_epoch(models, reference),
        },
        _by_update(
            models, "perplexity", "Perplexity by update", "perplexity", "Of the train text, with dropout."
        ),
        _by_update(
            models, "gradient_norm", "Gradient norm", "norm", "Of all parameters together, before clipping."
        ),
        _by_update(
            models, "learning_rate", "Learning rate", "learning rate", "With the factor of the schedule."
        ),
        {
            "title": "Loss of word vectors",
            "x": "epoch",
            "y": "nats",
            "log": False,
            "note": "Mean negative-sampling loss by epoch. CBOW and skip-gram predict different things, so "
            "their losses cannot be compared.",
            "lines": [_line(name, np.arange(1, len(each) + 1), each) for name, each in losses.items()],
        },
    ]
    return [chart for chart in charts if chart["lines"]]


def _by_epoch(models: Mapping[str, Artifact], reference: float | None) -> list[dict[str, Any]]:
    lines = []
    for name, model in models.items():
        for split, dashed in (("train", True), ("valid", False)):
            values = model[f"history/{split}_perplexity"]
            lines.append(_line(f"{name}, {split}", np.arange(1, len(values) + 1), values, name, dashed))
    if lines and reference is not None:
        ends = np.array([1, max(line["x"][-1] for line in lines)])
        name = "the grammar's own, on test"
        lines.append(_line(name, ends, np.full(2, reference), name, dashed=True))
    return lines


def _by_update(models: Mapping[str, Artifact], dataset: str, title: str, y: str, note: str) -> dict[str, Any]:
    lines = [_line(name, model["steps/epochs"], model[f"steps/{dataset}"]) for name, model in models.items()]
    positive = all(min(line["y"], default=0) > 0 for line in lines)
    return {"title": title, "x": "epochs read", "y": y, "log": positive, "note": note, "lines": lines}


def _line(name: str, x: np.ndarray, y: np.ndarray, group: str = "", dashed: bool = False) -> dict[str, Any]:
    finite = np.flatnonzero(np.isfinite(y))
    drawn = finite[:: -(-len(finite) // _POINTS) or 1]
    return {
        "name": name,
        "group": group or name,
        "dashed": dashed,
        "x": [or_none(each, 5) for each in x[drawn]],
        "y": [or_none(each, 5) for each in y[drawn]],
    }
