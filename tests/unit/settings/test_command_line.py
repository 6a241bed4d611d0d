"""Settings on command lines: what the workflow writes, a script reads as it was; mistakes are all named."""

import argparse
import shlex

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lexloom.settings.base import Settings
from lexloom.settings.command_line import SettingsParser, as_options
from lexloom.settings.configuration import Configuration
from lexloom.settings.rnnlm import Rnnlm
from lexloom.settings.svd import Svd
from lexloom.settings.sweep import Sweep
from lexloom.settings.tokenize import Tokenize
from lexloom.settings.word2vec import Word2vec

words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1)
rates = st.floats(0, 0.99)
GROUPS = {
    Tokenize: st.builds(
        dict,
        sentence_end=st.none() | st.from_regex(r"\A[^\s\0]+\Z"),
        normalize=st.sampled_from(["NFC", None]),
        max_vocab=st.none() | st.integers(2, 10**9),
        lower=st.booleans(),
    ),
    Rnnlm: st.builds(
        dict,
        cell=st.sampled_from(["rnn", "lstm", "gru"]),
        clip=st.none() | st.floats(1e-3, 1e6),
        vary_steps=st.booleans(),
        input_dropout=st.none() | rates,
        patience=st.none() | st.integers(1, 100),
    ),
    Sweep: st.builds(
        dict,
        window=st.lists(st.integers(1, 100), min_size=1, unique=True),
        subsample=st.lists(st.floats(0, 1), min_size=1, unique=True),
        add_contexts=st.lists(st.booleans(), min_size=1, unique=True),
    ),
    Word2vec: st.builds(dict, negatives=st.floats(0.1, 1000), start=st.none() | st.just("results/a.h5")),
}


def parsed(group, line):
    parser = SettingsParser()
    parser.add_settings(group)
    return group.of(parser.parse_args(shlex.split(line)))


@pytest.mark.parametrize("group", GROUPS)
def test_settings_come_back_from_the_command_line_as_they_were(group):
    @given(GROUPS[group])
    def check(values):
        settings = group(**values)
        assert parsed(group, as_options(settings)) == settings

    check()


def test_what_is_not_given_has_its_default():
    assert parsed(Svd, "--exponent 0") == Svd(exponent=0)


def test_options_are_sorted_and_named():
    settings = {"steps": 35, "rate": 0.5, "tied": True, "lower": False, "clip": None, "split": [0.9, 0.1]}
    assert as_options(settings) == "--no-clip --no-lower --rate 0.5 --split 0.9 0.1 --steps 35 --tied"


def test_swapped_settings_are_another_string():
    assert as_options({"hidden": 100, "layers": 2}) != as_options({"hidden": 2, "layers": 100})


@example("-x")
@given(words)
def test_any_text_reaches_the_script_as_it_is(text):
    parser = argparse.ArgumentParser()
    parser.add_argument("--pattern")
    assert parser.parse_args(shlex.split(as_options({"pattern": text}))).pattern == text


def test_all_mistakes_of_a_command_line_are_named_at_once(capsys):
    with pytest.raises(SystemExit):
        parsed(Svd, "--dimension 0 --exponent nan")
    message = capsys.readouterr().err
    assert "argument --dimension: 0 is not allowed; expected a whole number, at least 1" in message
    assert "argument --exponent: NaN is not allowed; expected a number, at least 0, at most 1" in message


def test_settings_that_do_not_fit_together_are_refused_as_in_the_configuration(capsys):
    with pytest.raises(SystemExit):
        parsed(Word2vec, "--block 64 --batch 32")
    assert "argument --block: 64 is more than batch, 32; make it that or less" in capsys.readouterr().err


def test_help_shows_range_default_and_meaning():
    parser = SettingsParser()
    parser.add_settings(Svd)
    text = " ".join(parser.format_help().split())
    assert "--exponent X of the singular values S" in text
    assert "(at least 0, at most 1, default: 0.5)" in text


def groups(model):
    """Yield a class of settings and those that it holds."""
    yield model
    for field in model.model_fields.values():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, Settings):
            yield from groups(kind)


def test_each_setting_has_help():
    for group in groups(Configuration):
        for name, field in group.model_fields.items():
            assert field.description, f"{group.__name__}.{name}"
