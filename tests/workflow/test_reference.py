"""The perplexity of the grammar stands beside those of models, where the tokens are those of the grammar."""

import re

import pytest

TARGETS = ["results/rnnlm_ppl.txt", "results/sample/figures/perplexity.png"]
OTHER_TOKENS = {
    "pattern": r"\w",
    "lower": True,
    "sentence_end": None,
    "min_count": 2,
    "max_vocab": 100,
}


def shown(workflow):
    """Return whether the table and the figure are given what is known of the corpus."""
    plan = workflow.snakemake("--dry-run", "--printshellcmds", *TARGETS).stdout
    commands = re.findall(
        r"^Shell command: python scripts/report/(?:tabulate_rnnlm|plot_perplexity)\.py .*$", plan, re.M
    )
    assert len(commands) == 2
    return ["--gold data/sample/gold.h5" in command for command in commands]


def test_it_is_shown_of_the_tokens_of_the_grammar(unmade):
    assert shown(unmade) == [True, True]


@pytest.mark.parametrize("key", OTHER_TOKENS)
def test_it_is_not_shown_of_other_tokens(unmade, key):
    unmade.set("corpora.sample.tokenize", {key: OTHER_TOKENS[key]})
    try:
        assert shown(unmade) == [False, False]
    finally:
        unmade.set("corpora.sample.tokenize", {})
