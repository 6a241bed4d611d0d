"""Every setting with its values, default and meaning: for terminals, for the documentation, for editors."""

import inspect
import json
import textwrap
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from lexloom.errors import LexloomError
from lexloom.settings.configuration import Configuration
from lexloom.settings.formats import SettingsFormat
from lexloom.settings.mistakes import Rule, allowed, below, hint, resolved, schema_of

Row = tuple[str, str, str, str]
Section = tuple[str, str, list[Row]]


def as_text(key: str) -> list[str]:
    """Return the settings of a key, and of the keys below it, as lines for a terminal.

    Raises
    ------
    LexloomError
        When there is no such key.
    """
    lines: list[str] = []
    for path, meaning, rows in _sections_of(key):
        lines += ["", path or "config/config.yaml", *([f"  {meaning}"] if meaning else [])]
        for name, values, default, help_text in rows:
            lines.append(f"  {name}: {values}{default and f' (default: {default})'}")
            lines += textwrap.wrap(help_text, initial_indent=6 * " ", subsequent_indent=6 * " ")
    return lines[1:]


def as_markdown(key: str) -> list[str]:
    """Return the settings of a key, and of the keys below it, as lines of a page in Markdown."""
    lines = ["# Every setting", "", "Written by `make settings` from the classes in `src/lexloom/settings/`."]
    for path, meaning, rows in _sections_of(key):
        lines += ["", f"## {path or 'The top level'}", "", meaning, ""]
        lines += ["| key | values | default | meaning |", "|---|---|---|---|"]
        for name, values, default, help_text in rows:
            default = default and f"`{default}`"
            lines.append(f"| `{name}` | {_cell(values)} | {default} | {_cell(help_text)} |")
    return lines


def as_schema(key: str) -> list[str]:
    """Return the JSON Schema of the whole configuration, as lines.

    Raises
    ------
    LexloomError
        When a key is given.
    """
    if key:
        raise LexloomError(f"{key}: the schema is always that of the whole configuration; leave the key out")
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    return _json({**dialect, **_for_editors(schema_of(Configuration))}).split("\n")


FORMATS: dict[SettingsFormat, Callable[[str], list[str]]] = {
    "text": as_text,
    "markdown": as_markdown,
    "schema": as_schema,
}


def _sections_of(key: str) -> Iterator[Section]:
    """Yield the sections of a key; a key that is not a group has one row in the section of its group."""
    steps = key.split(".") if key else []
    rules: list[Rule] = [schema_of(Configuration)]
    for depth, step in enumerate(steps):
        ways = [way for rule in rules for way in _resolved(rule).get("anyOf", [rule])]
        kinds = [kind for way in ways for kind in _kinds(_resolved(way)).values()]
        found = [rule for kind in kinds if (rule := below(kind, step)) is not None]
        if not found:
            known = dict.fromkeys(name for kind in kinds for name in kind.get("properties", {}))
            there = known and f"; allowed here: {', '.join(known)}"
            raise LexloomError(f"{'.'.join(steps[: depth + 1])}: no such key{hint(step, known)}{there or ''}")
        rules = [rule for place, rule in enumerate(found) if rule not in found[:place]]
    for rule in rules:
        if _is_group(rule):
            yield from _sections(key, rule)
        else:
            yield ".".join(steps[:-1]), "", [_row(steps[-1], rule)]


def _sections(path: str, rule: Rule, meaning: str = "") -> Iterator[Section]:
    """Yield path, meaning and rows of a group and of the groups below it.

    What several groups have in common stands once: the keys of all kinds of a corpus, and groups of one class
    beside each other.
    """
    rule = _resolved(rule)
    kinds = _kinds(rule)
    first, *others = (kind.get("properties") or {"{name}": below(kind, "")} for kind in kinds.values())
    common = {name: at for name, at in first.items() if all(other.get(name) == at for other in others)}
    groups = {name: at for name, at in common.items() if _is_group(at) and not _is_known(path, name)}
    meaning = _meaning(rule) or meaning
    if rows := [_row(name, at, path) for name, at in common.items() if name not in groups]:
        yield path, meaning, rows
    beside: dict[str, list[str]] = {}
    for name, at in groups.items():
        beside.setdefault(at.get("$ref", name), []).append(name)
    for reference, (name, *more) in beside.items():
        title, at = (f"{{{', '.join([name, *more])}}}", {"$ref": reference}) if more else (name, groups[name])
        yield from _sections(f"{path}.{title}".lstrip("."), at, meaning)
    for source, kind in kinds.items():
        if own := {name: at for name, at in kind.get("properties", {}).items() if name not in common}:
            yield from _sections(f"{path} ({source})", {**kind, "properties": own})


def _kinds(rule: Rule) -> Mapping[str, Rule]:
    """Return what a rule may be: each kind of a corpus, or only the rule itself."""
    mapping = rule.get("discriminator", {}).get("mapping", {})
    return {source: _resolved({"$ref": target}) for source, target in mapping.items()} or {"": rule}


def _is_group(rule: Rule) -> bool:
    return bool({"properties", "patternProperties", "discriminator"} & _resolved(rule).keys())


def _is_of_all(path: str, name: str) -> bool:
    """Return whether a key of a corpus has the settings of the key of this name that is for all corpora."""
    return path.startswith("corpora") and name in Configuration.model_fields and name != "vectors"


def _is_known(path: str, name: str) -> bool:
    """Return whether the settings of a group stand elsewhere on the page; a grid has those of models."""
    return name == "grids" or _is_of_all(path, name)


def _row(name: str, rule: Rule, path: str = "") -> Row:
    """Return name, values, default and meaning of a setting."""
    rule = _resolved(rule)
    if _is_of_all(path, name):
        return name, f"some of the keys of `{name}`", "", _meaning(rule)
    default = json.dumps(rule["default"]).replace('"', "") if "default" in rule else ""
    return name, allowed(rule, schema_of(Configuration)), default, _meaning(rule)


def _meaning(rule: Rule) -> str:
    return inspect.cleandoc(rule.get("description", ""))


def _resolved(rule: Rule) -> Rule:
    return resolved(rule, schema_of(Configuration))


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _for_editors(schema: Any) -> Any:
    """Return a schema without what editors do not show: titles, our words, and the defaults of groups."""
    if isinstance(schema, list):
        return [_for_editors(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    hidden = {key for key in ("title", "expected") if isinstance(schema.get(key), str)}
    hidden |= {"default"} if isinstance(schema.get("default"), dict) else set()
    return {key: _for_editors(value) for key, value in schema.items() if key not in hidden}


def _json(value: Any, indent: str = "") -> str:
    """Return a value as JSON, in one line where it fits."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent + line) <= 100 or not isinstance(value, dict):
        return line
    inner = indent + "  "
    pairs = [f"{inner}{json.dumps(key)}: {_json(at, inner)}" for key, at in value.items()]
    return "{\n" + ",\n".join(pairs) + f"\n{indent}}}"
