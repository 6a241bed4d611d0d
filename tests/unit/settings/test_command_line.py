"""Settings on command lines: what the workflow writes, a script reads as it was; mistakes are all named."""

import argparse
import datetime
import shlex

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from lexloom.settings.base import Settings
from lexloom.settings.command_line import SettingsParser, as_options
from lexloom.settings.corpora import DownloadedCorpus
from lexloom.settings.evaluation import EvaluationSet
from lexloom.settings.mistakes import schema_of, validated
from lexloom.settings.rnnlm import Rnnlm
from lexloom.settings.svd import Svd
from lexloom.settings.sweep import Sweep
from lexloom.settings.tokenize import Tokenize
from lexloom.settings.word2vec import Word2vec

DATE = datetime.date(2001, 1, 1)
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
    for line in ("--block 64 --batch 32", "--batch 32"):
        with pytest.raises(SystemExit):
            parsed(Word2vec, line)
        assert (
            "argument --block: block is 64, more than batch, 32; set block to 32 or less"
            in capsys.readouterr().err
        )


@given(st.text("()[]{}?*+|\\^$-,09:<>=!Pabx", max_size=30))
@example("a{99999999999}")
@example("(" * 3000 + ")" * 3000)
def test_any_text_is_a_pattern_or_refused(text):
    tokenize, mistakes = validated(Tokenize, {"pattern": text})
    assert tokenize is not None or list(mistakes) == [("pattern",)]


def test_help_shows_range_default_and_meaning():
    parser = SettingsParser()
    parser.add_settings(Svd)
    text = " ".join(parser.format_help().split())
    assert "--exponent X of the singular values S" in text
    assert "(at least 0, at most 1, default: 0.5)" in text


def subclasses(group):
    return {group}.union(*map(subclasses, group.__subclasses__()))


CLASSES = sorted(subclasses(Settings), key=lambda group: group.__name__)


@pytest.mark.parametrize("group", CLASSES)
def test_each_setting_has_help(group):
    assert {DownloadedCorpus, EvaluationSet, Rnnlm, Word2vec} <= set(CLASSES)
    for name, field in group.model_fields.items():
        assert field.description, name


def test_an_option_is_written_out():
    with pytest.raises(SystemExit):
        parsed(Svd, "--dim 5")


def numbers(group):
    """Return the names of the settings that are numbers and have a default."""
    rules = schema_of(group).get("properties", {})
    return [name for name, rule in rules.items() if type(rule.get("default")) in (int, float)]


FLAT = [
    group
    for group in CLASSES
    if numbers(group) and not group.__module__.endswith(("configuration", "corpora"))
]


@pytest.mark.parametrize("group", FLAT)
def test_what_fits_by_default_fits_when_it_is_spelled_out(group):
    for name in numbers(group):
        for bound in ("minimum", "maximum"):
            if bound in schema_of(group)["properties"][name]:
                values = {name: schema_of(group)["properties"][name][bound]}
                spelled_out = {
                    **{name: field.default for name, field in group.model_fields.items()},
                    **values,
                }
                assert validated(group, values)[1] == validated(group, spelled_out)[1]


@pytest.mark.parametrize("group", FLAT)
def test_numbers_of_numpy_are_taken_and_what_is_not_a_number_is_refused(group):
    for name in numbers(group):
        default = group.model_fields[name].default
        for kind in (np.int64, np.uint64) if isinstance(default, int) else (np.float32, np.float64):
            value = getattr(group.model_validate({name: kind(default)}), name)
            assert (value, type(value)) == (kind(default), type(default))
        wrong = [float(default), np.float32(default)] if isinstance(default, int) else []
        for value in (str(default), True, *wrong):
            assert (name,) in validated(group, {name: value})[1]


def test_numbers_of_numpy_in_a_list_are_taken():
    assert Sweep(window=[np.int64(2), 3]) == Sweep(window=[2, 3])


@pytest.mark.parametrize(
    "value", [{DATE: 3}, [{DATE: {None: 1}}], {(1, 2): DATE}, np.zeros(2), b"\xff", "\ud800"]
)
def test_any_value_is_shown(value):
    assert (
        "not allowed; expected a whole number"
        in validated(Svd, {"dimension": value})[1]["dimension",].message
    )
