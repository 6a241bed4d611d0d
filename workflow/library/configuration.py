"""The check of the configuration: every mistake at once, with key, value and what is allowed."""

import datetime
import math
from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

import yaml

from lexloom.settings.configuration import Configuration
from lexloom.settings.mistakes import KeyPath, Rule, dotted, hint, show, validated
from library.plain_values import out_of_bounds
from library.refusal import refuse

_KINDS = {bool: "true or false", int: "a number", float: "a number", datetime.date: "a date"}
_KINDS |= {datetime.datetime: "a date", type(None): "null"}


def read_configuration(config: Mapping[str, Any]) -> Configuration:
    """Check a configuration, and return it.

    Parameters
    ----------
    config : mapping
        The configuration as Snakemake merged it.

    Raises
    ------
    WorkflowError
        With one line for each mistake; Snakemake prints it without a traceback.
    """
    configuration, messages = check(config)
    if configuration is None or messages:
        refuse([f"{dotted(path)}: {message}" for path, message in messages.items()])
    return configuration


def check(config: Mapping[str, Any]) -> tuple[Configuration | None, dict[KeyPath, str]]:
    """Return a configuration if its values are right, and what is wrong with it, by the path of the key."""
    outside = out_of_bounds(config)
    if outside:
        return None, outside
    configuration, mistakes = validated(Configuration, config)
    unquoted = validated(Configuration, _unquoted(config))[1] if mistakes else {}
    quoted = validated(Configuration, _quoted(config))[1] if mistakes else {}
    messages = {path: mistake.message for path, mistake in mistakes.items()}
    for path, mistake in mistakes.items():
        if mistake.rule and isinstance(mistake.value, str) and path not in unquoted:
            messages[path] += _advice(path, mistake.value, mistake.rule)
        if mistake.rule and type(mistake.value) in _KINDS and path not in quoted:
            kind = _KINDS[type(mistake.value)]
            messages[path] += f"; YAML reads it as {kind}: put it in quotes to make it a text"
    misnamed = {path for path, mistake in mistakes.items() if not mistake.rule and mistake.value == path[-1]}
    for path, message in islice(_unknown_names(config, set(mistakes), misnamed), 100):
        messages.setdefault(path, message)
    return configuration, {path: messages[path] for path in sorted(messages, key=dotted)}


def _unknown_names(
    config: Mapping[str, Any], wrong: set[KeyPath], misnamed: set[KeyPath]
) -> Iterator[tuple[KeyPath, str]]:
    """Yield which names refer to nothing, as far as the values and the names at both ends are right."""

    def names(*path: Any) -> list[Any]:
        value: Any = config
        for step in path:
            value = value.get(step) if isinstance(value, Mapping) else None
        value = [value] if isinstance(value, str) else value
        unsure = path in wrong or any(
            bad[:-1] == path for bad in (wrong if isinstance(value, list) else misnamed)
        )
        return list(value) if isinstance(value, list | Mapping) and not unsure else []

    corpora, vectors, models = names("corpora"), names("word2vec", "models"), names("rnnlm", "models")
    lists: list[tuple[KeyPath, str, list[Any]]] = [
        (("corpus",), "corpora", corpora),
        (("gensim", "corpora"), "corpora", corpora),
    ]
    for corpus in corpora:
        lists.append((("corpora", corpus, "vectors"), "word2vec.models", vectors))
        lists.append((("corpora", corpus, "models"), "rnnlm.models", models))
        lists.append((("corpora", corpus, "evaluate"), "evaluation.sets", names("evaluation", "sets")))
        lists.append(
            (("corpora", corpus, "adapt"), "the corpus's models", names("corpora", corpus, "models"))
        )
    references: list[tuple[KeyPath, Any, str, list[Any]]] = []
    for path, kind, known in lists:
        for place, name in enumerate(names(*path)):
            references.append((path if path == ("corpus",) else (*path, place), name, kind, known))
    for group, known in (("rnnlm", models), ("word2vec", vectors)):
        for name in names(group, "grids"):
            references.append(((group, "grids", name), name, f"{group}.models", known))
    for group in ("published", "expected"):
        for corpus in names(group):
            references.append(((group, corpus), corpus, "corpora", corpora))
            for rung in names(group, corpus):
                model, known = str(rung).partition("+")[0], models and ["ngram", *models]
                references.append(((group, corpus, rung), model, "ngram and rnnlm.models", known))
    for path, name, kind, known in references:
        sound = not any(path == bad[: len(path)] or bad == path[: len(bad)] for bad in wrong)
        if sound and known and name not in known:
            there = list(map(str, known))
            yield path, f"{show(name)} is not one of {kind}{hint(name, there)}; there are {', '.join(there)}"


def _unquoted(value: Any) -> Any:
    """Return a value with each text in it read as what it would be without quotes."""
    if isinstance(value, Mapping):
        return {key: _unquoted(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_unquoted(below) for below in value]
    read = _as_yaml(value) if isinstance(value, str) else value
    try:
        number = float(read) if isinstance(read, str) else math.nan
    except ValueError:
        return read
    return read if math.isnan(number) else int(number) if number.is_integer() else number


def _quoted(value: Any) -> Any:
    """Return a value with everything in it that is not text as text."""
    if isinstance(value, Mapping):
        return {key: _quoted(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_quoted(below) for below in value]
    return str(value)


def _as_yaml(text: str) -> Any:
    """Return what YAML reads where a text stands without quotes, if that is a single value."""
    reader = yaml.SafeLoader("")
    text = text.strip()
    if not text or len(text) > 100:
        return text
    try:
        return reader.construct_object(
            yaml.ScalarNode(reader.resolve(yaml.ScalarNode, text, (True, False)), text)
        )
    except (yaml.YAMLError, ArithmeticError, LookupError, ValueError):
        return text


def _advice(path: KeyPath, text: str, rule: Rule) -> str:
    """Return how to write a text that should not be one."""
    if isinstance(_as_yaml(text), str):
        try:
            number = Decimal(str(float(text))).normalize()
        except ValueError:
            return "; remove the white space around it"
        mantissa, _, exponent = f"{number:e}".partition("e")
        scientific = f" or {mantissa if '.' in mantissa else mantissa + '.0'}e{exponent}"
        ways = f"{number:f}{scientific if rule['type'] == 'number' else ''}"
        return f"; YAML reads {text} as a text: write {ways}"
    nested = " (a nested key given with --config is always a text; write it into a file for --configfile)"
    return f"; this is a text: write {text.strip()} without quotes" + (nested if len(path) > 1 else "")
