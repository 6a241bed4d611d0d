"""Every mistake in the configuration is refused, with its key's path and what is allowed."""

import copy
import datetime
import math
import re
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st
from library.configuration import check, read_configuration
from snakemake.exceptions import WorkflowError
from snakemake.utils import update_config

from lexloom.settings.mistakes import dotted

ROOT = Path(__file__).parents[2]
VALID = yaml.safe_load((ROOT / "config/config.yaml").read_text())
VALID["rnnlm"]["grids"] = {"lstm": {"dropout": [0.0, 0.2], "cell": ["lstm", "gru"]}}
VALID["word2vec"]["grids"] = {"cbow": {"dimension": [50, 100]}}


def groups(config, path=()):
    """Yield the path of each group of keys."""
    yield path
    for key, value in config.items():
        if isinstance(value, dict):
            yield from groups(value, (*path, key))


def leaves(config, path=()):
    """Yield the path of each value that is no group of keys."""
    for key, value in config.items():
        if isinstance(value, dict):
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key)


OVERRIDDEN = ("tokenize", "counts", "ppmi", "svd", "contexts")
NAMED = [
    ("corpora",),
    ("word2vec", "models"),
    ("rnnlm", "models"),
    ("word2vec", "grids"),
    ("rnnlm", "grids"),
    ("published",),
    ("published", "ptb"),
    ("expected",),
    ("expected", "ptb"),
    ("evaluation", "sets"),
]
SETS = [("evaluation", "sets", name) for name in VALID["evaluation"]["sets"]]
DOWNLOADED = [("corpora", "ptb", "files", split) for split in ("train", "valid", "test")]
PLAIN = "at most 200 letters, digits, _, -, . and /, no name begins with - or ."
CLOSED = [path for path in groups(VALID) if path not in NAMED]
LEAVES = list(leaves(VALID))
NUMBERS = [path for path in LEAVES if type(reduce(getitem, path, VALID)) in (int, float)]


def changed(path, value):
    """Return the valid configuration with another value at a path."""
    config = copy.deepcopy(VALID)
    reduce(getitem, path[:-1], config)[path[-1]] = value
    return config


def mistakes_in(config):
    return check(config)[1]


def mistakes(config):
    return {dotted(path): message for path, message in mistakes_in(config).items()}


def test_the_configuration_in_the_repository_passes():
    read_configuration(VALID)


@pytest.mark.parametrize("page", ["README.md", "docs/tutorials/your-own-text.md"])
def test_the_example_on_a_page_passes_when_laid_over_it(page):
    (example,) = re.findall(r"^```yaml\n(corpus: novels\n.*?)^```$", (ROOT / page).read_text(), re.M | re.S)
    config = copy.deepcopy(VALID)
    update_config(config, yaml.safe_load(example))
    assert config["corpora"]["novels"]["source"] == "files"
    read_configuration(config)


@pytest.mark.parametrize("page", ["reference/configuration.md", "how-to/compare.md"])
def test_the_example_of_a_change_passes_when_laid_over_it(page):
    text = (ROOT / "docs" / page).read_text()
    (example,) = re.findall(r"^```yaml\n(corpus: sample\n.*?)^```$", text, re.M | re.S)
    config = copy.deepcopy(VALID)
    update_config(config, yaml.safe_load(example))
    assert config != {**VALID, "corpus": "sample"}
    read_configuration(config)


@example(("corpora", "ptb", "models"), [[]])
@given(
    st.sampled_from(LEAVES),
    st.sampled_from([{"a": 1}, [[]], math.nan, math.inf, -1, -0.5, True, "\0", "", b"", 10**30]),
)
def test_any_wrong_value_anywhere_is_refused(path, value):
    if value is True and isinstance(reduce(getitem, path, VALID), bool):
        value = "yes"
    refused = mistakes_in(changed(path, value))
    assert refused
    assert {found[: len(path)] for found in refused} == {path}


@given(st.sampled_from(NUMBERS), st.sampled_from(["1e-3", "2.5e4", "1e3", "1E5"]))
def test_a_number_read_as_a_text_is_refused_with_the_way_to_write_it(path, text):
    message = mistakes(changed(path, text))[".".join(path)]
    assert f'"{text}"' in message
    written = message.partition(": write ")[2].split(" or ")
    value = float(text)
    if path in mistakes_in(changed(path, int(value) if value.is_integer() else value)):
        assert written == [""]
    else:
        assert [yaml.safe_load(number) for number in written] == [value] * len(written)


def test_the_example_of_the_issue():
    message = mistakes(changed(("rnnlm", "models", "lstm", "learning_rate"), "1e-3"))[
        "rnnlm.models.lstm.learning_rate"
    ]
    assert message == (
        '"1e-3" is not allowed; expected a number, greater than 0, at most 1000; '
        "YAML reads 1e-3 as a text: write 0.001 or 1.0e-3"
    )


@given(st.sampled_from(NUMBERS))
def test_a_number_that_is_a_text_is_refused_with_where_to_write_it(path):
    text = yaml.safe_dump(reduce(getitem, path, VALID)).split()[0]
    message = mistakes(changed(path, text))[".".join(map(str, path))]
    assert f"write {text} without quotes" in message
    assert ("given with --config" in message) == ("--configfile" in message) == (len(path) > 1)


@pytest.mark.parametrize(("key", "text"), [("tied", "true"), ("clip", "null"), ("hidden", "64")])
def test_a_value_below_a_top_level_key_of_the_command_line_is_refused_with_where_to_write_it(key, text):
    message = mistakes(changed(("rnnlm", "models", "lstm", key), text))[f"rnnlm.models.lstm.{key}"]
    assert message.endswith(
        f"this is a text: write {text} without quotes "
        "(a nested key given with --config is always a text; write it into a file for --configfile)"
    )


@pytest.mark.parametrize("text", ["0.5", "0", "5,", "", "[", "2026-13-45", "many"])
def test_a_text_that_is_wrong_without_quotes_too_has_no_such_advice(text):
    message = mistakes(changed(("svd", "dimension"), text))["svd.dimension"]
    assert message == f'"{text}" is not allowed; expected a whole number, at least 1, at most 100000'


@given(st.sampled_from(CLOSED), st.one_of(st.text(), st.integers(), st.booleans(), st.none()))
def test_an_unknown_key_anywhere_is_refused(path, key):
    if key in reduce(getitem, path, VALID):
        return
    config = changed((*path, key), 1)
    if path and path[-1] in OVERRIDDEN and key in VALID[path[-1]]:
        return
    assert "no such key" in mistakes_in(config)[(*path, key)]


REQUIRED = [
    ("corpus",),
    ("corpora",),
    ("corpora", "ptb", "source"),
    ("corpora", "ptb", "files", "valid"),
    ("corpora", "ptb", "files", "train", "sha256"),
    ("corpora", "ptb", "files", "train", "size"),
    ("evaluation", "sets", "men", "size"),
    ("corpora", "sample", "models"),
    ("word2vec", "models"),
    ("rnnlm", "models"),
    ("evaluation", "sets", "men", "origin"),
]


def without(path):
    config = copy.deepcopy(VALID)
    del reduce(getitem, path[:-1], config)[path[-1]]
    return config


SOURCES = "one of download, files, generate"


@pytest.mark.parametrize(
    ("corpus", "key", "message"),
    [
        *((value, "", "is not allowed; expected a group of keys") for value in (None, 3, "x", [{}])),
        ({}, ".source", f"missing; expected {SOURCES}"),
        ({"source": None}, ".source", f"null is not allowed; expected {SOURCES}"),
        ({"source": "file"}, ".source", f'"file" is not allowed; expected {SOURCES}'),
    ],
)
def test_a_corpus_needs_a_known_source(corpus, key, message):
    ((path, found),) = mistakes(changed(("corpora", "novels"), corpus)).items()
    assert path == f"corpora.novels{key}"
    assert message in found


@pytest.mark.parametrize("path", REQUIRED)
def test_a_missing_key_without_a_default_is_named_with_what_it_should_be(path):
    assert mistakes(without(path))[".".join(path)].startswith("missing; expected ")


def test_a_model_of_its_own_needs_only_what_differs_from_the_defaults():
    config = changed(("rnnlm", "models", "mine"), {"cell": "gru", "epochs": 2})
    model = read_configuration(config).rnnlm.models["mine"]
    assert (model.cell, model.epochs, model.dropout) == ("gru", 2, 0.0)


def test_a_misspelt_key_comes_with_the_nearest_and_with_all_that_are_allowed():
    config = changed(("rnnlm", "models", "lstm", "hiden"), 100)
    message = mistakes(config)["rnnlm.models.lstm.hiden"]
    assert "did you mean hidden?" in message
    for name in VALID["rnnlm"]["models"]["lstm"]:
        assert name in message


@pytest.mark.parametrize("name", ["a/b", "..", "", "-x", "a b", "a\n", "a" * 101, 3, None, True])
def test_a_name_that_cannot_be_part_of_a_file_name_is_refused(name):
    for path in NAMED:
        entry = next(iter(reduce(getitem, path, VALID).values()))
        assert (*path, name) in mistakes_in(changed((*path, name), entry))


CORPUS_NAMES = [
    "ä",
    "Märchen",
    "吾輩は猫である",
    "роман_2",
    "हिन्दी",
    "می\u200cخواهم",
    "ไทย",
    "a" * 100,
    "猫" * 60,
]


@pytest.mark.parametrize("name", CORPUS_NAMES)
def test_a_corpus_may_be_named_in_any_script(name):
    config = changed(("corpora", name), {**VALID["corpora"]["ptb"], "queries": ["a"]})
    assert not mistakes(config | {"corpus": name})
    assert len(name.encode()) < 256


@pytest.mark.parametrize(
    "name", ["猫" * 61, "ä b", "ä/b", "\u3000ä", "ä\u202eb", "ä\n", "“ä”", "ä.", "\ufeffä", "-ä"]
)
def test_a_corpus_name_of_no_letters_is_refused(name):
    assert ("corpora", name) in mistakes_in(changed(("corpora", name), VALID["corpora"]["ptb"]))


@given(st.text(max_size=70))
def test_a_name_that_is_allowed_is_a_name_of_a_file(name):
    if ("corpora", name) not in mistakes_in(changed(("corpora", name), VALID["corpora"]["ptb"])):
        assert re.fullmatch(r"[\w\u0300-\U0010ffff-]+", name)
        assert len(name.encode()) < 256
        assert not re.search(r"[\s/\\.:*?\"'<>|{}$`]", name)


@pytest.mark.parametrize("key", ["vectors", "models", "evaluate"])
def test_a_corpus_needs_no_models_vectors_or_test_sets(key):
    assert not mistakes(changed(("corpora", "ptb", key), []) | changed(("corpora", "ptb", "adapt"), []))


def test_test_sets_are_named_for_each_corpus():
    (message,) = mistakes(changed(("corpora", "ptb", "evaluate"), ["mem"])).values()
    assert "is not one of evaluation.sets, did you mean men?" in message
    assert (
        "no such key"
        in mistakes(changed(("corpora", "sample", "evaluate"), ["men"]))["corpora.sample.evaluate"]
    )


@pytest.mark.parametrize(
    "path",
    [
        ("corpora", "lessons"),
        ("corpora", "benchmarks"),
        ("rnnlm", "models", "lstm_perplexity"),
        ("rnnlm", "models", "ngram"),
    ],
)
def test_a_name_of_other_files_is_refused(path):
    entry = next(iter(reduce(getitem, path[:-1], VALID).values()))
    assert ".".join(path) in mistakes(changed(path, entry))


@pytest.mark.parametrize("query", ["", "--", "-x", "a\0b", "a\nb", 3, True])
def test_a_query_that_a_command_line_cannot_hold_is_refused(query):
    assert "corpora.ptb.queries.1" in mistakes(changed(("corpora", "ptb", "queries"), ["you", query]))
    assert not mistakes(changed(("corpora", "ptb", "queries"), ["you", "new-york", "'", "n't", "$"]))


ODD = [
    "$(touch PWNED)",
    "`id`",
    "a;id>PWNED;b",
    "a b",
    "a\nb",
    "a\n",
    "a\tb",
    "'a'",
    '"a"',
    "{x}",
    "<x>",
    "a*",
    "~",
    "é",
]
ODD += [
    "-x",
    "a/-x",
    ".x",
    "a/.x",
    "..",
    "a/../b",
    "/a",
    "a//b",
    "a/",
    "a\\b",
    "a:b",
    "a&b",
    "#a",
    "",
    "x" * 201,
]


@given(st.sampled_from(ODD), st.sampled_from(["", "eval/"]), st.sampled_from([*SETS, *DOWNLOADED]))
def test_a_path_of_a_download_has_only_plain_names(text, folder, path):
    message = mistakes(changed((*path, "path"), folder + text))[".".join((*path, "path"))]
    assert "expected a path such as eval/men.txt: " + PLAIN in message


WRONG = {
    "origin": [
        "ftp://a/b",
        "file:///etc/passwd",
        "https://",
        "https://a b",
        "http://a\n",
        "http://\x1b",
        "http://é",
    ],
    "sha256": ["0" * 63, "0" * 65, "g" * 64, "A" * 64, "0" * 64 + "\n"],
}


@pytest.mark.parametrize(("key", "text"), [(key, text) for key, texts in WRONG.items() for text in texts])
def test_an_address_and_a_checksum_have_only_plain_characters(key, text):
    path = ("evaluation", "sets", "men", key)
    assert mistakes_in(changed(path, text)).keys() == {path}


@pytest.mark.parametrize("path", ["a", "eval/men.txt", "v1.0/EN-MEN_3k", "0/1/2", "_", "a..b"])
def test_a_path_of_a_download_may_have_folders(path):
    assert not mistakes(changed(("evaluation", "sets", "men", "path"), path))


def test_an_unknown_corpus_is_refused_with_the_known_ones():
    message = mistakes(changed(("corpus",), "sampel"))["corpus"]
    assert '"sampel"' in message
    assert "did you mean sample?" in message
    assert "ptb" in message


def test_an_unknown_model_is_refused_with_the_known_ones():
    found = mistakes(changed(("corpora", "ptb", "models"), ["lstm", "lstm_smal", "grru"]))
    assert '"lstm_smal"' in found["corpora.ptb.models.1"]
    assert "did you mean lstm_small?" in found["corpora.ptb.models.1"]
    assert "did you mean gru?" in found["corpora.ptb.models.2"]


def test_a_forbidden_name_is_the_only_mistake():
    assert list(mistakes(VALID | {"corpora": {"my corpus": VALID["corpora"]["ptb"]}})) == [
        "corpora.my corpus"
    ]


@pytest.mark.parametrize("group", ["corpora", "rnnlm.models", "word2vec.models"])
def test_a_group_of_names_without_one_is_refused(group):
    assert "at least 1" in mistakes(changed(tuple(group.split(".")), {}))[group]


def test_only_a_model_of_the_corpus_adapts():
    message = mistakes(changed(("corpora", "ptb", "adapt"), ["lstm_small"]))["corpora.ptb.adapt.0"]
    assert '"lstm_small" is not one of the corpus\'s models' in message


@pytest.mark.parametrize("known", ["published", "expected"])
def test_a_perplexity_is_known_of_a_known_way_to_adapt(known):
    assert not mistakes(changed((known, "ptb", "lstm+cache"), 80))
    message = mistakes(changed((known, "ptb", "lstm+cash"), 80))[f"{known}.ptb.lstm+cash"]
    assert "+cache or +dynamic where it adapts" in message


@pytest.mark.parametrize("known", ["published", "expected"])
def test_a_perplexity_is_known_of_a_known_model_and_corpus(known):
    message = mistakes(changed((known, "ptb", "lstn"), 100.5))[f"{known}.ptb.lstn"]
    assert '"lstn" is not one of ngram and rnnlm.models, did you mean lstm?' in message
    message = mistakes(changed((known, "ptbb"), {"lstm": 100.5}))[f"{known}.ptbb"]
    assert '"ptbb" is not one of corpora, did you mean ptb?' in message


@pytest.mark.parametrize(("kind", "name"), [("rnnlm", "lstn"), ("word2vec", "cbw")])
def test_a_grid_is_of_a_known_model(kind, name):
    message = mistakes(changed((kind, "grids", name), {}))[f"{kind}.grids.{name}"]
    assert f'"{name}" is not one of {kind}.models, did you mean' in message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("rnnlm.grids.lstm.dropout.1", "1.5 is not allowed; expected a number, at least 0, less than 1"),
        ("rnnlm.grids.lstm.cell", '["gru", "gru"] is not allowed; expected a list of values, none twice'),
        ("rnnlm.grids.lstm.droput", "no such key, did you mean dropout?"),
        ("word2vec.grids.cbow.start", "no such key"),
        ("word2vec.grids.cbow.dimension", "3 is not allowed; expected a list of values, none twice"),
    ],
)
def test_a_value_of_a_grid_is_one_that_the_model_may_have(path, message):
    """The value that is refused stands in the message, but that of a key which is not there."""
    value = yaml.safe_load(message.partition(" is not")[0]) if " is not" in message else [1]
    *keys, last = path.split(".")
    keys, value = (keys, [0.0, value]) if last == "1" else ([*keys, last], value)
    assert mistakes(changed(tuple(keys), value))[path].startswith(message)


@pytest.mark.parametrize("kind", ["rnnlm", "word2vec"])
def test_the_values_of_a_grid_fit_together(kind):
    grids = {"rnnlm": {"lstm": {"hidden": [400, 650]}}, "word2vec": {"cbow": {"batch": [1024, 32]}}}
    expected = {
        "rnnlm": "lstm with hidden 650: tied: embedding and hidden are 400 and 650; make them equal",
        "word2vec": "cbow with batch 32: block: block is 64, more than batch, 32",
    }
    message = mistakes(changed((kind, "grids"), grids[kind]))[f"{kind}.grids"]
    assert message.startswith(expected[kind])


def test_gensim_stands_beside_a_known_corpus():
    message = mistakes(changed(("gensim", "corpora"), ["ptb", "sampl"]))["gensim.corpora.1"]
    assert '"sampl" is not one of corpora, did you mean sample?' in message


def test_tied_weights_need_one_size():
    config = changed(("rnnlm", "models", "lstm", "hidden"), 128)
    assert "400 and 128" in mistakes(config)["rnnlm.models.lstm.tied"]
    for key, value in (("layers", 2), ("tied", False)):
        other = copy.deepcopy(config)
        other["rnnlm"]["models"]["lstm"][key] = value
        assert not mistakes(other)


@pytest.mark.parametrize("path", [("tokenize", "split"), ("corpora", "sample", "tokenize", "split")])
def test_the_split_is_a_whole(path):
    assert "0.9" in mistakes(changed(path, [0.5, 0.3, 0.1]))[".".join(path)]
    assert not mistakes(changed(path, [0.7, 0.2, 0.1]))


@given(st.sampled_from([path for path in groups(VALID) if path]))
def test_a_group_that_is_left_out_is_refused_or_has_its_default(path):
    assert all(message for message in mistakes_in(without(path)).values())


DATE = datetime.date(2001, 1, 1)
NAMES = st.sampled_from([1, 2.5, None, True, DATE, "[key]", "a b", "download", "SplitFiles"])


@given(st.sampled_from(list(groups(VALID))), NAMES, st.sampled_from(["5000", {"a": "5"}, [{}], 3.5]))
def test_any_wrong_value_under_any_name_is_refused_where_it_stands(path, name, value):
    config = changed((*path, name), value) if path else {**VALID, name: value}
    refused = mistakes_in(config)
    assert {found[: len(path)] for found in refused} == {path}
    assert (*path, name) in {found[: len(path) + 1] for found in refused}


@given(st.sampled_from(["vectors", "models", "adapt"]), st.sampled_from([3, None, [{}], [1], {"a": 1}]))
def test_a_corpus_of_no_known_source_is_refused_whatever_it_says(key, value):
    config = changed(("corpora", "ptb", key), value)
    del config["corpora"]["ptb"]["source"]
    assert ("corpora", "ptb", "source") in mistakes_in(config)


@given(st.sampled_from(LEAVES), NAMES)
def test_any_name_below_any_value_is_refused(path, name):
    assert path in {found[: len(path)] for found in mistakes_in(changed(path, {name: 3}))}


@given(st.sampled_from(NAMED), st.sampled_from([1, None, DATE, "[key]"]), st.data())
def test_mistakes_below_a_name_that_is_wrong_are_found_too(path, name, data):
    entry = copy.deepcopy(next(iter(reduce(getitem, path, VALID).values())))
    if isinstance(entry, dict):
        key = data.draw(st.sampled_from(sorted(key for key in entry if key != "source")))
        entry[key] = data.draw(st.sampled_from(["2", "x y", {"a": "1"}]))
    assert dotted((*path, name)) in mistakes(changed((*path, name), entry))


@pytest.mark.parametrize("text", ["eval/men.txt ", "\neval/men.txt", "eval/men.txt\t"])
def test_white_space_around_a_text_is_to_be_removed(text):
    message = mistakes(changed(("evaluation", "sets", "men", "path"), text))["evaluation.sets.men.path"]
    assert message.endswith("; remove the white space around it")


@pytest.mark.parametrize("text", ["", " ", "#", "# x"])
def test_a_text_that_is_nothing_without_quotes_has_no_such_advice(text):
    message = mistakes(changed(("tokenize", "pattern"), text)).get("tokenize.pattern", "")
    assert "quotes" not in message


@pytest.mark.parametrize(
    "files", [{"train": 3, "valid": "x"}, {"train": [], "valid": "x", "test": "x"}, {}, {"tran": "x"}]
)
def test_a_group_that_is_wrong_in_part_is_refused_only_there(files):
    sample = {"models": ["lstm_small"], "vectors": ["cbow"], "queries": []}
    refused = mistakes_in(changed(("corpora", "mine"), {"source": "files", "files": files, **sample}))
    assert refused
    assert ("corpora", "mine", "files") not in refused


def test_a_name_that_refers_to_nothing_is_found_beside_a_group_that_is_missing():
    for group in ("published", "expected", "gensim", "evaluation"):
        config = without((group,))
        assert not mistakes_in(config)
        assert mistakes_in({**config, "corpus": "nix"}).keys() == {("corpus",)}


def test_all_mistakes_are_listed_at_once():
    config = changed(("corpus",), "nix")
    config["ppmi"]["smoothing"] = 2.0
    config["corpora"]["ptb"]["tokenize"]["lowr"] = True
    config["rnnlm"]["models"]["lstm"]["hidden"] = "big"
    config["rnnlm"]["models"]["lstm_small"]["hidden"] = 32
    config["tokenize"]["pattern"] = "(unclosed"
    with pytest.raises(WorkflowError) as error:
        read_configuration(config)
    for path in (
        "corpora.ptb.tokenize.lowr",
        "corpus",
        "ppmi.smoothing",
        "rnnlm.models.lstm.hidden",
        "rnnlm.models.lstm_small.tied",
        "tokenize.pattern",
    ):
        assert f"\n  {path}: " in str(error.value)
