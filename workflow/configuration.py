"""The check of the configuration: every mistake at once, with key, value and what is allowed."""

import difflib
import json
import math
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator, ValidationError
from jsonschema.validators import extend
from snakemake.exceptions import WorkflowError

KeyPath = tuple[str, ...]
Mistakes = Iterator[tuple[KeyPath, str]]

_NAMES_OF_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a group of keys",
    "string": "a text",
}


def _is_number(checker: Any, value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _is_integer(checker: Any, value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


# JSON Schema counts 100.0 as an integer and NaN as a number; the scripts' options do not.
_TYPES = Draft202012Validator.TYPE_CHECKER.redefine_many({"number": _is_number, "integer": _is_integer})
_Validator = extend(Draft202012Validator, type_checker=_TYPES)


def check_configuration(config: Mapping[str, Any], schema_path: str | Path) -> None:
    """Check a configuration against the schema, and that its names and values fit together.

    Raises
    ------
    WorkflowError
        With one line for each mistake; Snakemake prints it without a traceback.
    """
    schema = yaml.safe_load(Path(schema_path).read_text(encoding="utf-8"))
    mistakes = find_mistakes(config, schema)
    _refuse([f"{'.'.join(path)}: {message}" for path, message in mistakes.items()])


def check_keys(paths: Iterable[str | Path]) -> None:
    """Check that no key stands twice in one group of a file; YAML would silently keep the last.

    Raises
    ------
    WorkflowError
        With file, line and name of each such key.
    """
    mistakes = []
    for path in dict.fromkeys(map(Path, paths)):
        # Snakemake takes JSON too, which PyYAML reads as long as no tab indents it.
        reader = _KeyReader(path.read_text(encoding="utf-8").replace("\t", " "))
        reader.get_single_node()
        mistakes += [
            f"{path}, line {line}: the key {key} stands in line {first} already; keep one of them"
            for line, key, first in sorted(reader.repeated)
        ]
    _refuse(mistakes)


class _KeyReader(yaml.SafeLoader):
    """Notes each key that its group has already, with its line and that of the first; `<<` may repeat."""

    def __init__(self, text: str):
        super().__init__(text)
        self.repeated: list[tuple[int, str, int]] = []

    def compose_mapping_node(self, anchor: str | None) -> yaml.MappingNode:
        node = super().compose_mapping_node(anchor)
        first: dict[tuple[str, str], int] = {}
        for key, _ in node.value:
            line, name = key.start_mark.line + 1, (key.tag, str(key.value))
            if name in first and key.tag != "tag:yaml.org,2002:merge":
                self.repeated.append((line, str(key.value), first[name]))
            first.setdefault(name, line)
        return node


def _refuse(mistakes: list[str]) -> None:
    if mistakes:
        lines = [f"  {mistake}" for mistake in mistakes]
        raise WorkflowError(
            "\n".join(["the configuration has mistakes:", *lines, "config/README.md explains each key"])
        )


def find_mistakes(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[KeyPath, str]:
    """Return what is wrong with a configuration, by the path of the key."""
    mistakes: dict[KeyPath, str] = {}
    for error in _Validator(schema, format_checker=_Validator.FORMAT_CHECKER).iter_errors(config):
        for path, message in _describe(error, schema):
            mistakes.setdefault(path, message)
    for path, message in _contradictions(config, mistakes):
        mistakes.setdefault(path, message)
    return dict(sorted(mistakes.items()))


def _describe(error: ValidationError, schema: Mapping[str, Any]) -> Mistakes:
    """Yield the path and the message of each key that one error of the validator is about."""
    path = tuple(str(step) for step in error.absolute_path)
    rule, value = _resolved(error.schema, schema), error.instance
    if error.validator == "additionalProperties":
        known = list(rule["properties"])
        for key in (key for key in value if key not in known):
            yield (*path, str(key)), f"no such key{_nearest(key, known)}; allowed here: {', '.join(known)}"
    elif error.validator == "required":
        for key in (key for key in error.validator_value if key not in value):
            yield (*path, key), f"missing; expected {_allowed(rule['properties'][key], schema)}"
    elif "propertyNames" in error.absolute_schema_path:
        yield (
            (*path, str(value)),
            f"the name {_show(value)} is not allowed; expected {_allowed(rule, schema)}",
        )
    else:
        message = f"{_show(value)} is not allowed; expected {_allowed(rule, schema)}"
        yield path, message + _as_no_text(path, value, rule, schema)


def _contradictions(config: Mapping[str, Any], mistakes: Mapping[KeyPath, str]) -> Mistakes:
    """Yield where values that are each allowed do not fit together; what is a mistake already is left out."""

    def present(*path: str) -> bool:
        return not any(path[: len(bad)] == bad for bad in mistakes)

    def sound(*path: str) -> bool:
        return present(*path) and not any(path == bad[: len(path)] for bad in mistakes)

    def entries(*path: str) -> dict[str, Any]:
        group = reduce(getitem, path, config) if present(*path) else {}
        return {str(name): entry for name, entry in group.items()}

    corpora, models = entries("corpora"), entries("rnnlm", "models")
    if present("corpora") and present("corpus"):
        yield from _unknown(("corpus",), [config["corpus"]], "corpora", corpora)
    if present("corpora") and sound("gensim", "corpora"):
        yield from _unknown(("gensim", "corpora"), config["gensim"]["corpora"], "corpora", corpora)
    for name, corpus in corpora.items():
        if present("rnnlm", "models") and sound("corpora", name, "models"):
            yield from _unknown(("corpora", name, "models"), corpus["models"], "rnnlm.models", models)
        if "adapt" in corpus and sound("corpora", name, "models") and sound("corpora", name, "adapt"):
            path = ("corpora", name, "adapt")
            yield from _unknown(path, corpus["adapt"], "the corpus's models", corpus["models"])
        if present("word2vec", "models") and sound("corpora", name, "vectors"):
            yield from _unknown(
                ("corpora", name, "vectors"),
                corpus["vectors"],
                "word2vec.models",
                entries("word2vec", "models"),
            )
        if sound("corpora", name, "tokenize") and "split" in corpus["tokenize"]:
            yield from _not_whole(("corpora", name, "tokenize", "split"), corpus["tokenize"]["split"])
    for name, model in entries("word2vec", "models").items():
        if sound("word2vec", "models", name) and model["share"] > model["batch"]:
            message = f"{model['share']} is more than batch, {model['batch']}; make it that or less"
            yield ("word2vec", "models", name, "share"), message
    for name, model in models.items():
        if sound("rnnlm", "models", name):
            yield from _untieable(("rnnlm", "models", name, "tied"), model)
    for group in ("published", "expected"):
        for name, perplexities in entries(group).items():
            path = (group, name)
            if present("corpora") and present("rnnlm", "models") and sound(*path):
                yield from _unknown(path, [name], "corpora", corpora)
                for rung in perplexities:
                    model = rung.partition("+")[0]
                    yield from _unknown((*path, rung), [model], "ngram and rnnlm.models", ["ngram", *models])
    if sound("tokenize", "split"):
        yield from _not_whole(("tokenize", "split"), config["tokenize"]["split"])


def _unknown(path: KeyPath, names: list[str], group: str, known: Iterable[str]) -> Mistakes:
    for name in names:
        if name not in known:
            near = _nearest(name, known)
            yield path, f"{_show(name)} is not one of {group}{near}; there are {', '.join(known)}"


def _untieable(path: KeyPath, model: Mapping[str, Any]) -> Mistakes:
    if model["tied"] and model["layers"] == 1 and model["embedding"] != model["hidden"]:
        sizes = f"{model['embedding']} and {model['hidden']}"
        yield path, f"embedding and hidden are {sizes}; make them equal, add a layer, or set tied to false"


def _not_whole(path: KeyPath, split: list[float]) -> Mistakes:
    if not math.isclose(sum(split), 1.0, abs_tol=1e-9):
        yield path, f"{_show(split)} has the sum {sum(split):g}; expected three shares with the sum 1"


def _allowed(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return in words what a schema allows."""
    rule = _resolved(rule, schema)
    if "description" in rule:
        return rule["description"]
    if "enum" in rule:
        return "one of " + ", ".join("null" if value is None else str(value) for value in rule["enum"])
    types = [rule["type"]] if isinstance(rule["type"], str) else rule["type"]
    words = " or ".join(_NAMES_OF_TYPES[name] for name in types)
    bounds = {
        "minimum": "at least {}",
        "exclusiveMinimum": "greater than {}",
        "maximum": "at most {}",
        "exclusiveMaximum": "less than {}",
    }
    return ", ".join([words, *(text.format(rule[key]) for key, text in bounds.items() if key in rule)])


def _show(value: Any) -> str:
    """Return a value in about the way it stands in the file, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _resolved(rule: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a schema with what it refers to by `$ref` written in."""
    if "$ref" not in rule:
        return rule
    return {**schema["$defs"][rule["$ref"].removeprefix("#/$defs/")], **rule}


def _nearest(word: Any, known: Iterable[str]) -> str:
    """Return a suggestion of the name that was likely meant, or nothing."""
    near = difflib.get_close_matches(str(word), known, n=1)
    return f", did you mean {near[0]}?" if near else ""


def _as_no_text(path: KeyPath, value: Any, rule: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """Return how to write a value that is a text and should be none; or nothing."""
    try:
        read = yaml.safe_load(value) if isinstance(value, str) else value
    except (yaml.YAMLError, ValueError):
        return ""
    if isinstance(read, str):
        return _as_number(read, rule)
    if read is value or not _Validator({**rule, "$defs": schema["$defs"]}).is_valid(read):
        return ""
    # Snakemake's --config makes a text of each value below a top-level key.
    nested = "; --config cannot give it, as the key is nested: write it into a file for --configfile"
    return f"; this is a text: write {value} without quotes" + (nested if len(path) > 1 else "")


def _as_number(value: str, rule: Mapping[str, Any]) -> str:
    """Return how to write a number that YAML reads as a text, like 1e-3; or nothing."""
    types = rule.get("type", ())
    try:
        number = Decimal(value).normalize()
    except InvalidOperation:
        return ""
    if not number.is_finite() or not ("number" in types or "integer" in types):
        return ""
    mantissa, _, exponent = f"{number:e}".partition("e")
    scientific = f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"
    return f"; YAML reads {value} as a text: write {number:f}" + (
        f" or {scientific}" if "number" in types else ""
    )
