"""Mistakes in settings, all at once: where each is, what is there, and what is expected."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from lexloom.errors import LexloomError, did_you_mean
from lexloom.settings.base import Group, Settings

KeyPath = tuple[Any, ...]
Rule = Mapping[str, Any]

_NAMES_OF_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "null": "null",
    "number": "a number",
    "object": "a group of keys",
    "string": "a text",
}
_MANY = 1000
"""How many mistakes are looked at; nobody reads more."""
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "greater than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
    "minProperties": "at least {}",
}


@dataclass(frozen=True)
class Mistake:
    """What is wrong with one setting.

    Attributes
    ----------
    message : str
        What is there and what is expected.
    value : any
        What is there.
    rule : mapping
        JSON Schema of the value that belongs there; empty unless the value itself is wrong.
    """

    message: str
    value: Any
    rule: Rule


def validated(group: type[Group], values: Any) -> tuple[Group | None, dict[KeyPath, Mistake]]:
    """Return values as a group of settings, or None and what is wrong with them, by the path of the key."""
    try:
        return group.model_validate(values), {}
    except ValidationError as error:
        mistakes: dict[KeyPath, Mistake] = {}
        for detail in error.errors(include_url=False)[:_MANY]:
            mistakes.setdefault(*_describe(detail, schema_of(group)))
    # If a union can be a group, only the mistakes below it matter.
    parents = {path[:depth] for path in mistakes for depth in range(len(path))}
    paths = [path for path, mistake in mistakes.items() if not (mistake.rule and path in parents)]
    return None, {path: mistakes[path] for path in sorted(paths, key=dotted)}


def checked(group: type[Group], values: Mapping[str, Any]) -> Group:
    """Return values as a group of settings.

    Raises
    ------
    LexloomError
        With each mistake in a line of its own.

    Examples
    --------
    >>> from lexloom.settings.ppmi import Ppmi
    >>> checked(Ppmi, {"shift": 1})
    Ppmi(smoothing=1.0, shift=1.0)
    >>> checked(Ppmi, {"shfit": 1, "smoothing": 2})
    Traceback (most recent call last):
    lexloom.errors.LexloomError: shfit: no such key, did you mean shift?; allowed here: smoothing, shift
    smoothing: 2 is not allowed; expected a number, greater than 0, at most 1
    """
    settings, mistakes = validated(group, values)
    if settings is None:
        raise LexloomError("\n".join(f"{dotted(path)}: {mistakes[path].message}" for path in mistakes))
    return settings


def dotted(path: KeyPath) -> str:
    """Return the path of a key as it is printed."""
    return ".".join(shortened(str(key)) for key in path)


@cache
def schema_of(group: type[Settings]) -> Rule:
    """Return the JSON Schema of a group of settings."""
    return group.model_json_schema()


def show(value: Any) -> str:
    """Return a value in about the way it is written in a file, shortened where it is long."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except TypeError:  # a key or value that JSON does not know, such as a date
        text = str(value)
    return shortened(text)


def shortened(text: str) -> str:
    """Return a text, or its start where it is long."""
    return text if len(text) <= 80 else f"{text[:80]}..."


def hint(name: Any, known: Iterable[str]) -> str:
    """Return a question after the nearest known name, with a comma before it, or nothing if none is near."""
    near = did_you_mean(str(name), known, 1)
    return f", {near}" if near else ""


def _describe(detail: Mapping[str, Any], schema: Rule) -> tuple[KeyPath, Mistake]:
    """Return the path and the mistake of the key that an error of pydantic is about."""
    kind, location, value = detail["type"], detail["loc"], detail["input"]
    path, rule = _walk(location, schema)
    if kind in ("extra_forbidden", "invalid_key"):
        key = location[-1] if kind == "extra_forbidden" else value
        known = list(_walk(location[:-1], schema)[1]["properties"])
        message = f"no such key{hint(key, known)}; allowed here: {', '.join(known)}"
        return (*path[:-1], key), Mistake(message, value, {})
    if kind == "missing":
        return path, Mistake(f"missing; expected {allowed(rule, schema)}", None, rule)
    if kind == "union_tag_not_found":
        return (*path, "source"), Mistake(f"missing; expected {_sources(rule)}", None, rule)
    if kind == "union_tag_invalid":
        message = f"{show(value['source'])} is not allowed; expected {_sources(rule)}"
        return (*path, "source"), Mistake(message, value["source"], {})
    if kind == "value_error":
        return path, Mistake(str(detail["ctx"]["error"]), value, {})
    if kind.startswith("string_") and location[-1] == "[key]":  # no value under a name of choice is a text
        parent, names = _walk(location[:-2], schema)
        message = f"the name {show(value)} is not allowed; expected {allowed(names['propertyNames'], schema)}"
        return (*parent, value), Mistake(message, value, {})
    return path, Mistake(f"{show(value)} is not allowed; expected {allowed(rule, schema)}", value, rule)


def _walk(location: tuple[int | str, ...], schema: Rule) -> tuple[KeyPath, Rule]:
    """Return the path of keys and the rule that a location of pydantic means.

    Such a location also has the tags of unions, which are not keys; where a union has no way on, the rule is
    that of the union.
    """
    path, rule = [], schema
    for step in location:
        if step in rule.get("discriminator", {}).get("mapping", {}):
            rule = {"$ref": rule["discriminator"]["mapping"][step]}
        elif "anyOf" in rule:
            ways = [resolved(way, schema) for way in rule["anyOf"]]
            rule = next((way for way in ways if way.get("title") == step), rule)
        else:
            path.append(step)
            rule = below(rule, step) or {}
        rule = resolved(rule, schema)
    return tuple(path), rule


def below(rule: Rule, step: int | str) -> Rule | None:
    """Return the rule of a key or place in a group or list, or None where the rule is of neither."""
    if isinstance(step, int) and "items" in rule:
        return rule["items"]
    if step in rule.get("properties", {}):
        return rule["properties"][step]
    if "propertyNames" in rule or "patternProperties" in rule:
        return next(iter(rule.get("patternProperties", {}).values()), rule.get("additionalProperties"))
    return None


def resolved(rule: Rule, schema: Rule) -> Rule:
    """Return a rule with what it refers to written in, and null left out of what it may be."""
    if "$ref" in rule:
        target = schema["$defs"][rule["$ref"].removeprefix("#/$defs/")]
        rule = {**target, **{key: value for key, value in rule.items() if key != "$ref"}}
    if "anyOf" in rule:
        ways = [way for way in rule["anyOf"] if way != {"type": "null"}]
        if len(ways) == 1:
            outer = {key: value for key, value in rule.items() if key != "anyOf"}
            nullable = len(ways) < len(rule["anyOf"])
            return {**resolved(ways[0], schema), **outer, "nullable": nullable}
    return rule


def _sources(rule: Rule) -> str:
    return "one of " + ", ".join(rule["discriminator"]["mapping"])


def allowed(rule: Rule, schema: Rule) -> str:
    """Return in words what a rule allows."""
    rule = resolved(rule, schema)
    null = ["null"] if rule.get("nullable") else []
    if "expected" in rule:
        return rule["expected"]
    if "const" in rule:
        return str(rule["const"])
    if "enum" in rule:
        return "one of " + ", ".join([*map(str, rule["enum"]), *null])
    if "discriminator" in rule:
        return "a group of keys"
    return ", ".join([" or ".join([_NAMES_OF_TYPES[rule["type"]], *null]), *bounds(rule)])


def bounds(rule: Rule) -> list[str]:
    """Return in words the bounds that a rule sets to a number."""
    return [words.format(rule[key]) for key, words in _BOUNDS.items() if key in rule]
