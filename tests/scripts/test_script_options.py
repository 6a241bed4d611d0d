"""Every number on a command line has a range, and what lies outside is refused before any work."""

import argparse
import runpy
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").rglob("*.py"))
OUTSIDE = {
    "adapt_rnnlm": {
        "method": "magic",
        "tokens": "0",
        "windows": "0",
        "thetas": "-1",
        "steps": "0",
        "learning-rates": "nan",
        "decays": "1.1",
    },
    "count_cooccurrences": {"window": "0", "subsample": "1.1", "memory-mb": "0", "threads": "0"},
    "count_shard": {"window": "0", "shard": "0", "shards": "0", "memory-mb": "0", "threads": "0"},
    "create_contexts": {"window": "0"},
    "evaluate_vectors": {"neighbours": "0"},
    "factorize_svd": {"dimension": "0", "exponent": "nan", "seed": "-1"},
    "generate_sample": {"tokens": "0", "seed": "-1"},
    "plot_gradient_lags": {"lags": "0", "threads": "0"},
    "plot_ppmi": {"count": "0"},
    "plot_words": {"count": "-2"},
    "sweep_vectors": {"window": "0", "shift": "-1", "exponent": "2", "add-contexts": "yes", "threads": "0"},
    "tokenize_corpus": {"min-count": "0", "max-vocab": "1"},
    "train_gensim": {"window": "0", "epochs": "0", "negatives": "0", "subsample": "2", "learning-rate": "0"},
    "train_ngram": {"order": "0"},
    "train_rnnlm": {
        "layers": "0",
        "embedding": "0",
        "hidden": "-4",
        "dropout": "1",
        "input-dropout": "1",
        "output-dropout": "-0.1",
        "word-dropout": "1",
        "weight-drop": "1",
        "activation-penalty": "-1",
        "change-penalty": "nan",
        "batch": "0",
        "steps": "-1",
        "samples": "0",
        "epochs": "0",
        "learning-rate": "nan",
        "clip": "0",
        "weight-decay": "-1",
        "patience": "0",
        "average-after": "0",
    },
    "train_word2vec": {"subsample": "1.5", "learning-rate": "0", "dimension": "0"},
    "weight_ppmi": {"smoothing": "0", "shift": "-1"},
}


def parser_of(script):
    return runpy.run_path(str(script))["options"]()


def required(parser):
    """Return a value for each argument that must be given."""
    words = []
    for action in parser._actions:
        value = next(iter(action.choices or ["1"]))
        if not action.option_strings:
            words.append(value)
        elif action.required:
            words += [action.option_strings[0], value]
    return words


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_number_out_of_its_range_is_refused(script, capsys):
    parser = parser_of(script)
    for option, value in OUTSIDE.get(script.stem, {}).items():
        with pytest.raises(SystemExit):
            parser.parse_args([*required(parser), f"--{option}={value}"])
        assert f"argument --{option}: " in capsys.readouterr().err


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_option_has_its_help_and_each_number_is_a_setting(script):
    parser = parser_of(script)
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    assert all(action.help for action in actions)
    settings = {name for group in parser.groups for name in group.model_fields}
    assert {action.dest for action in actions if action.type not in (None, str)} <= settings
