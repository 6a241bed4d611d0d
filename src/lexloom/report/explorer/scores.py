"""The table of word vectors on a page: their scores, with intervals."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from lexloom.report.explorer.numbers import or_none, with_interval
from lexloom.storage.artifacts import Artifact


def vectors_table(scores: Mapping[str, Artifact]) -> dict[str, Any] | None:
    """Return the scores of each kind of vectors by test set and measure; None where there are none.

    Parameters
    ----------
    scores : mapping of str to Artifact of kind "similarity"
        By the name of the vectors; all of the same test sets.
    """
    first = next(iter(scores.values()), None)
    if first is None or not first["test_sets"]:
        return None
    columns: list[dict[str, Any]] = [{"name": "vectors"}, {"name": "epochs", "decimals": 0}]
    for test_set, measure, covered, total in zip(
        first["test_sets"], first["measures"], first["covered"], first["total"], strict=True
    ):
        note = f"{covered:,} of {total:,} items have all their words in the vocabulary"
        columns.append({"name": f"{test_set}, {measure}", "decimals": 3, "note": note})
    rows = [[name, int(result["epochs"]), *map(_cell, _scored(result))] for name, result in scores.items()]
    return {
        "id": "vectors",
        "title": "Word vectors",
        "note": "Each score with its 95 % confidence interval over the items of the test set. Spearman is "
        "the rank correlation of cosines with people's ratings; 3CosAdd and 3CosMul are proportions of "
        "solved analogies; nearest is the proportion of words whose nearest word is of their class.",
        "columns": columns,
        "rows": rows,
    }


def best_vectors(scores: Mapping[str, Artifact]) -> str | None:
    """Return the name of the best vectors on the first test set; None where nothing is scored."""
    values = {name: result["scores"][0] for name, result in scores.items() if len(result["scores"])}
    known = {name: value for name, value in values.items() if np.isfinite(value)}
    return max(known, key=lambda name: known[name]) if known else None


def best_score(scores: Mapping[str, Artifact]) -> dict[str, str] | None:
    """Return the headline of these vectors."""
    best = best_vectors(scores)
    if best is None:
        return None
    result = scores[best]
    low, high = result["intervals"][0]
    interval = "" if np.isnan(low) else f", {low:.3f} to {high:.3f}"
    return {
        "value": f"{result['scores'][0]:.3f}",
        "label": f"{result['measures'][0]} on {result['test_sets'][0]}",
        "note": f"{best}, the best vectors{interval}",
    }


def _scored(result: Artifact) -> Any:
    return zip(result["scores"], result["intervals"], strict=True)


def _cell(score: tuple[float, np.ndarray]) -> Any:
    value, (low, high) = score
    return with_interval(value, low, high) if or_none(value) is not None else None
