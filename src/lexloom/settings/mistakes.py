"""Mistakes in settings, all at once: where each is, what is there, and what is expected."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import ValidationError

from lexloom.errors import LexloomError, did_you_mean
from lexloom.settings.base import Group, Settings

KeyPath = tuple[str, ...]
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
_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "greater than {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "less than {}",
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
        JSON Schema of what is allowed there.
    """

    message: str
    value: Any
    rule: Rule


def find_mistakes(group: type[Settings], values: Any) -> dict[KeyPath, Mistake]:
    """Return what is wrong with the values of a group of settings, by the path of the key."""
    mistakes: dict[KeyPath, Mistake] = {}
    try:
        group.model_validate(values)
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            for path, mistake in _describe(detail, schema_of(group)):
                mistakes.setdefault(path, mistake)
    return dict(sorted(mistakes.items()))


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
    mistakes = find_mistakes(group, values)
    if mistakes:
        raise LexloomError(
            "\n".join(f"{'.'.join(path)}: {mistake.message}" for path, mistake in mistakes.items())
        )
    return group(**values)


@cache
def schema_of(group: type[Settings]) -> Rule:
    """Return the JSON Schema of a group of settings."""
    return group.model_json_schema()


def show(value: Any) -> str:
    """Return a value in about the way it is written in a file, shortened where it is long."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= 80 else f"{text[:80]}..."


def _describe(detail: Mapping[str, Any], schema: Rule) -> Iterator[tuple[KeyPath, Mistake]]:
    """Yield the path and the mistake of each key that one error of pydantic is about."""
    path, rule, value = *_walk(detail["loc"], schema), detail["input"]
    kind = detail["type"]
    if kind in ("extra_forbidden", "invalid_key"):
        key = path[-1] if kind == "extra_forbidden" else str(value)
        known = list(_walk(detail["loc"][:-1], schema)[1]["properties"])
        message = f"no such key{_hint(key, known)}; allowed here: {', '.join(known)}"
        yield (*path[:-1], key), Mistake(message, value, {})
    elif kind == "missing":
        yield path, Mistake(f"missing; expected {allowed(rule, schema)}", None, rule)
    elif kind == "union_tag_not_found" and isinstance(value, Mapping):
        yield (*path, "source"), Mistake(f"missing; expected {_sources(rule)}", None, rule)
    elif kind == "union_tag_invalid":
        source = value["source"]
        message = f"{show(source)} is not allowed; expected {_sources(rule)}"
        yield (*path, "source"), Mistake(message, source, {})
    elif kind == "value_error":
        yield path, Mistake(str(detail["ctx"]["error"]), value, {})
    elif "[key]" in detail["loc"]:
        message = f"the name {show(value)} is not allowed; expected {allowed(rule, schema)}"
        yield (*path[:-1], str(value)), Mistake(message, value, {})
    else:
        message = f"{show(value)} is not allowed; expected {allowed(rule, schema)}"
        yield path, Mistake(message, value, rule)


def _hint(key: str, known: list[str]) -> str:
    near = did_you_mean(key, known, 1)
    return f", {near}" if near else ""


def _walk(location: tuple[int | str, ...], schema: Rule) -> tuple[KeyPath, Rule]:
    """Return the path of keys and the rule that a location of pydantic means.

    Such a location also has the tags of unions, which are no keys; where a union has no way on, the rule is
    that of the union.
    """
    path: list[str] = []
    rules = [schema]
    for step in location:
        rule = resolved(rules[-1], schema)
        if step == "[key]":
            rule = resolved(rules[-2], schema)["propertyNames"]
        elif step in rule.get("discriminator", {}).get("mapping", {}):
            rule = {"$ref": rule["discriminator"]["mapping"][step]}
        elif (below := _below(rule, step)) is not None:
            path.append(str(step))
            rule = below
        elif "anyOf" in rule:
            ways = [resolved(way, schema) for way in rule["anyOf"]]
            rule = next((way for way in ways if way.get("title") == step), rule)
        else:
            path.append(str(step))
            rule = {}
        rules.append(rule)
    return tuple(path), resolved(rules[-1], schema)


def _below(rule: Rule, step: int | str) -> Rule | None:
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
