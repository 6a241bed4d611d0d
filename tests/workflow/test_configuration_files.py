"""Configuration files of any bytes are refused with a line for each mistake, or Snakemake can read them."""

import json
import os

import pytest
import yaml
from conftest import new_workflow
from hypothesis import given
from hypothesis import strategies as st
from library.configuration import check
from library.configuration_files import check_files
from snakemake.common.configfile import load_configfile
from snakemake.exceptions import WorkflowError

from lexloom.settings.mistakes import dotted

TOP = ": expected keys at the top, such as corpus: sample"
UTF8 = ", line {}: not UTF-8; save the file with this encoding"
CHARACTER = ", line 2: the character U+{} is not allowed; remove it"
DEEP = ", line 1: more than 50 levels below each other; write it flatter"
FLAT = ": more than 50 levels below each other; write it flatter"
MANY = "more than 20000 values, aliases counted in full; write it shorter"
TAG = ", line 1: the tag {} is not allowed; leave it out"
VALUE = ", line 1: {} is not {}; correct it, or put it in quotes if it is a text"


def bomb(first, pattern):
    """Return a file with groups each of which has the one before nine times."""
    groups = [f"a0: &a0 {first}"]
    for level in range(11):
        repeated = [f"*a{level}"] * 9
        listed = ", ".join(repeated)
        named = ", ".join(f"k{key}: {alias}" for key, alias in enumerate(repeated))
        groups.append(f"a{level + 1}: &a{level + 1} " + pattern.format(listed=listed, named=named))
    return "\n".join(groups)


def refused(path):
    """Return the lines with which a file is refused."""
    with pytest.raises(WorkflowError) as error:
        check_files([path])
    head, *lines, tail = str(error.value).split("\n")
    assert head == "the configuration has mistakes:"
    assert tail == "`lexloom settings` explains each key"
    assert all(line.startswith(f"  {path}") for line in lines)
    return [line.removeprefix(f"  {path}") for line in lines]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("seed: 1\ncorpora:\n  a: 1\n  b: 2\n  a: 3\n", [", line 5: the key a is already in line 3"]),
        (
            "a: 1\nb: [{c: 1, 'c': 2}]\na: 2\n",
            [", line 2: the key c is already in line 2", ", line 3: the key a is already in line 1"],
        ),
        ('{\n\t"a": {"b": 1,\n\t"b": 2}}', [", line 3: the key b is already in line 2"]),
    ],
)
def test_a_key_that_stands_twice_in_a_group_is_refused_with_file_and_line(tmp_path, text, found):
    (tmp_path / "mine.yaml").write_text(text)
    assert refused(tmp_path / "mine.yaml") == [f"{place}; keep one of them" for place in found]


def test_a_key_may_stand_in_many_groups_and_differ_from_what_it_merges(tmp_path):
    (tmp_path / "mine.yaml").write_text(
        "x: &x {a: 1}\ny: &y {b: 1}\nz: {<<: *x, <<: *y, a: 2}\nw: {<<: [*x, *y]}\n'1': 1\n'=': 1\n"
    )
    check_files([tmp_path / "mine.yaml"])


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("no", "true or false"),
        ("on", "true or false"),
        ("1984", "a number"),
        ("0x10", "a number"),
        ("1.0e+3", "a number"),
        ("1:30", "a number"),
        (".inf", "a number"),
        ("2024-01-01", "a date"),
        ("2024-13-45", "a date"),
        ("null", "null"),
        ("~", "null"),
    ],
)
def test_a_name_that_yaml_reads_as_something_else_is_to_be_put_in_quotes(tmp_path, key, kind):
    path = tmp_path / "mine.yaml"
    path.write_text(f"corpora:\n  {key}: {{source: files}}\n")
    assert refused(path) == [f", line 2: YAML reads the key {key} as {kind}; put it in quotes"]
    path.write_text(f"corpora:\n  '{key}': {{source: files}}\n")
    check_files([path])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", TOP),
        ("# nothing\n", TOP),
        ("- a\n", TOP),
        ("hello", TOP),
        ("3", TOP),
        (b"seed: 1\nqueries: caf\xe9\n", UTF8.format(2)),
        ("seed: 1\n".encode("utf-16"), UTF8.format(1)),
        ("seed: 1\n\0", CHARACTER.format("0000")),
        ("a: 1\n# \x1b[31m\n", CHARACTER.format("001B")),
        ("seed:\n\tx: 1\n", ", line 2: found character '\\t' that cannot start any token"),
        ("seed: [1\n", ", line 2: expected ',' or ']', but got '<stream end>'"),
        ("seed: *nope\n", ", line 1: found undefined alias 'nope'"),
        ("seed: 1\n---\nseed: 2\n", ", line 2: but found another document"),
        ("a: &a [*a]\n", DEEP),
        ("a: &a {b: *a}\n", DEEP),
        ("a: &a {<<: *a}\n", DEEP),
        ("a: " + "[" * 60 + "]" * 60, DEEP),
        ("a: " + "[" * 9000, FLAT),
        ('{"a": ' + "[" * 9000 + "]" * 9000 + "}", FLAT),
        (bomb("[x]", "[{listed}]"), f", line 1: {MANY}"),
        (bomb("{k: x}", "{{{named}}}"), f", line 1: {MANY}"),
        (bomb("{k: x}", "{{<<: [{listed}]}}"), f", line 1: {MANY}"),
        ("a: [" + "x, " * 21_000 + "]", f", line 1: {MANY}"),
        ("a: " + "x" * 2_000_000, ": larger than 1 MB; name many files by a pattern, such as texts/*.txt"),
        ("a: " + "9" * 5000, VALUE.format(f"{'9' * 80}...", "a number")),
        ("a: 2024-13-45", VALUE.format("2024-13-45", "a date")),
        ("a: !!int x", VALUE.format("x", "a number")),
        ("a: !!bool x", VALUE.format("x", "true or false")),
        ("a: !!timestamp x", VALUE.format("x", "a date")),
        ("a: !!set {b, c}", TAG.format("!!set")),
        ("a: !!binary aGVsbG8=", TAG.format("!!binary")),
        ("a: !!python/name:os.system", TAG.format("!!python/name:os.system")),
        ("a: !!python/tuple [1]", TAG.format("!!python/tuple")),
        ("a: !mine 1", TAG.format("!mine")),
        ("pathvars: 3", ", line 1: the key pathvars is not one of ours but of Snakemake; leave it out"),
        (
            "__use_yte__: true",
            ", line 1: the key __use_yte__ is not one of ours but of Snakemake; leave it out",
        ),
        *(
            (text, f", line {line}: the key __use_yte__ is not one of ours but of Snakemake; leave it out")
            for line, text in (
                (1, "<<: {__use_yte__: true}\n"),
                (1, "<<: [{__use_yte__: true}]\n"),
                (2, "a:\n  b: &b {__use_yte__: true}\n<<: *b\n"),
                (1, "<<: {<<: {'__use_yte__': true}}\n"),
                (1, '"\\x5f_use_yte__": true\n'),
            )
        ),
        ("\u202ea: 1\n\u202ea: 2\n", r", line 2: the key \u202ea is already in line 1; keep one of them"),
        ("? [a, b]\n: 1\n", ", line 1: a list or a group is not a key; expected a name"),
        ("a: 1\n<<: 3\n", ", line 2: << stands before what is not a group; expected an alias such as *lstm"),
    ],
    ids=lambda text: text[:30] if isinstance(text, str) else None,
)
def test_a_file_that_snakemake_cannot_read_is_refused_in_one_line(tmp_path, text, message):
    path = tmp_path / "mine.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert refused(path) == [message]


def test_a_file_that_is_a_folder_is_refused(tmp_path):
    assert refused(tmp_path) == [": cannot be read, Is a directory"]


def test_a_pipe_is_left_to_snakemake(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    check_files([tmp_path / "pipe", tmp_path / "missing.yaml"])


def test_of_many_mistakes_some_are_shown(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("".join(f"{number}: 1\n" for number in range(300)))
    with pytest.raises(WorkflowError, match="  and 250 more") as error:
        check_files([path])
    assert str(error.value).count("YAML reads the key") == 50


PIECES = """a: |seed: |  |- |? |[|]|{|}|, |&a |*a |!!int |!!set |!x |'|<<: |1|2024-13-45|no|~|0x|1e9
\\ud800|#|=|>|`|!!float |!!timestamp |!!python/name:os.system |---|%YAML 9.9"""
SIGNS = [*PIECES.replace("\n", "|").split("|"), "|", '"', "\n", "\t", "é", "\u202e", "\x1b", "\ud800"]
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=12).map("".join)


@given(st.one_of(TEXTS.map(lambda text: text.encode("utf-8", "surrogatepass")), st.binary(max_size=40)))
def test_what_is_not_refused_snakemake_reads(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    path.write_bytes(data)
    refusal = ""
    try:
        check_files([path])
    except WorkflowError as error:
        refusal = str(error)
    assert refusal.replace("\n", "").isprintable()
    if not refusal:
        assert all(isinstance(key, str) for key in load_configfile(path))


HOSTILE = ["\ud800", "\udfff", "9" * 5000, "1e999999999", "1e-999999999", 10**400, "&a [*a]", "[" * 5000]
HOSTILE += ["!!timestamp abc", "2024-13-45", "\u202e\x1b[31m", "$(touch PWNED)", "x" * 10_000]
KNOWN = ["corpus", "corpora", "seed", "source", "files", "train", "rnnlm", "models", "sets", "evaluation"]
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.dates(), st.text())
KEYS = st.one_of(st.sampled_from([*KNOWN, "\ud800"]), ODD)
TREES = st.recursive(
    st.one_of(st.sampled_from(HOSTILE), st.binary(max_size=3), ODD),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=3),
)


@given(st.dictionaries(KEYS, TREES, max_size=4))
def test_any_configuration_is_checked(config):
    configuration, messages = check(config)
    assert configuration is None
    assert messages
    assert all(isinstance(dotted(path), str) and message for path, message in messages.items())


def itself():
    values: list = []
    values.append(values)
    return values


def group_of_itself():
    group: dict = {}
    group["a"] = group
    return group


def repeated(values=("x",)):
    values = list(values)
    for _ in range(20):
        values = [values] * 9
    return values


@pytest.mark.parametrize(
    ("make", "message"),
    [(itself, DEEP), (group_of_itself, DEEP), (repeated, MANY), (lambda: ["x"] * 21_000, MANY)],
)
def test_values_that_contain_themselves_or_are_too_many_are_refused(make, message):
    ((path, found),) = check({"corpus": "a", "seed": make()})[1].items()
    assert path == ("seed",)
    assert found == message.removeprefix(", line 1: ")


def test_long_lists_of_words_are_checked():
    config = {"corpora": {"a": {"source": "files", "queries": [f"w{number}" for number in range(19_000)]}}}
    assert ("corpora", "a", "queries") not in check(config)[1]
    config["corpora"]["a"]["queries"].append("w7")
    assert ("corpora", "a", "queries") in check(config)[1]


def test_two_halves_of_a_character_are_one_in_json_and_refused_in_yaml(tmp_path):
    path = tmp_path / "mine.json"
    path.write_text(json.dumps({"corpus": "\U0001f600"}))
    check_files([path])
    assert "surrogate" not in check(load_configfile(path))[1][("corpora",)]
    assert "surrogate" in check(yaml.safe_load('corpus: "\\ud83d\\ude00"'))[1][("corpus",)]


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("corpus",), False, "true or false"),
        (("corpus",), 1984, "a number"),
        (("corpus",), None, "null"),
        (("corpora", "a", "models", 0), yaml.safe_load("2024-01-01"), "a date"),
        (("corpora", "a", "vectors", 1), True, "true or false"),
        (("corpora", "a", "queries", 0), 10.5, "a number"),
    ],
)
def test_a_value_that_yaml_did_not_read_as_a_text_is_to_be_put_in_quotes(path, value, kind):
    config = {"corpus": "a", "corpora": {"a": {"models": ["b"], "vectors": ["b", "c"], "queries": ["d"]}}}
    config["corpora"]["a"]["source"] = "generate"
    *groups, last = path
    group = config
    for step in groups:
        group = group[step]
    group[last] = value
    message = check(config)[1][path]
    assert message.endswith(f"; YAML reads it as {kind}: put it in quotes to make it a text")
    assert "quotes" not in check({"seed": True})[1][("seed",)]


@pytest.mark.parametrize(
    "text",
    [
        bomb("{k: x}", "{{{named}}}").encode(),
        b"corpus: caf\xe9\n",
        b"a: &a {b: *a}\n",
        b"a: {}\n<<: {__use_yte__: true}\n",
    ],
)
def test_a_file_is_refused_before_snakemake_reads_it(tmp_path, text):
    workflow = new_workflow(tmp_path)
    (tmp_path / "config/config.yaml").write_bytes(text)
    refusal = workflow.snakemake("--dry-run", check=False)
    assert refusal.returncode == 1
    assert f"{tmp_path}/config/config.yaml, line " in refusal.stdout
    assert "Traceback" not in refusal.stdout
