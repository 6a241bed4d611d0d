"""The numbers at the top of a page: how large the corpus is, and how far models and vectors come."""

from collections.abc import Mapping

from lexloom.report.explorer.language import perplexity_interval
from lexloom.report.explorer.scores import best_score
from lexloom.settings.splits import SPLITS
from lexloom.storage.artifacts import Artifact


def headline(
    corpus: Artifact,
    measured: Mapping[str, Artifact],
    scores: Mapping[str, Artifact],
    reference: float | None,
) -> list[dict[str, str]]:
    """Return what each tile says: a value, what it is, and a note.

    Parameters
    ----------
    corpus : Artifact of kind "corpus"
    measured : mapping of str to Artifact of kind "perplexity"
    scores : mapping of str to Artifact of kind "similarity"
    reference : float, optional
        The perplexity of the grammar that generated the text.
    """
    train, valid, test = (len(corpus[split]) for split in SPLITS)
    once = int((corpus["counts"] == 1).sum())
    tiles = [
        {
            "value": f"{train + valid + test:,}",
            "label": "tokens of text",
            "note": f"{train:,} train, {valid:,} valid, {test:,} test",
        },
        {
            "value": f"{len(corpus['words']):,}",
            "label": "words in the vocabulary",
            "note": f"{once:,} of them occur once in train",
        },
    ]
    if measured:
        best = min(measured, key=lambda name: float(measured[name]["test"]))
        perplexity, low, high = perplexity_interval(measured[best]["log_probabilities/test"])
        limits = "" if low != low else f", {low:.1f} to {high:.1f}"
        tiles.append(
            {
                "value": f"{perplexity:.1f}",
                "label": "test perplexity",
                "note": f"{best}, the best model{limits}",
            }
        )
    if reference is not None:
        tiles.append(
            {
                "value": f"{reference:.1f}",
                "label": "perplexity of the grammar",
                "note": "that generated the text; no model can do better",
            }
        )
    if score := best_score(scores):
        tiles.append(score)
    return tiles
