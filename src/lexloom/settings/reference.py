"""Every setting with its values, default and meaning: for terminals, for the documentation, for editors."""

import inspect
import json
import textwrap
from collections.abc import Iterator
from typing import Any

from lexloom.errors import LexloomError, did_you_mean
from lexloom.settings.configuration import Configuration
from lexloom.settings.mistakes import Rule, allowed, resolved, schema_of

Section = tuple[str, Rule]


def as_text(key: str) -> list[str]:
    """Return the settings of a key, and of the keys below it, as lines for a terminal.

    Raises
    ------
    LexloomError
        When there is no such key.
    """
    lines: list[str] = []
    for path, rule in _sections(key):
        lines += ["", path or "config/config.yaml", textwrap.indent(_meaning(rule), "  ")]
        for name, values, default, meaning in _rows(path, rule):
            head = f"  {name}: {values}{default and f' (default: {default})'}"
            lines += [head, *textwrap.wrap(meaning, initial_indent=6 * " ", subsequent_indent=6 * " ")]
    return lines[1:]


def as_markdown(key: str) -> list[str]:
    """Return the settings of a key, and of the keys below it, as lines of a page in Markdown."""
    lines = [
        "# Every setting",
        "",
        "Written by `make settings` from the classes in `src/lexloom/settings/`.",
        "",
    ]
    for path, rule in _sections(key):
        lines += [f"## {path or 'The top level'}", "", _meaning(rule), ""]
        lines += ["| key | values | default | meaning |", "|---|---|---|---|"]
        for name, values, default, meaning in _rows(path, rule):
            lines.append(f"| `{name}` | {_cell(values)} | {_code(default)} | {_cell(meaning)} |")
        lines.append("")
    return lines[:-1]


def as_schema(key: str) -> list[str]:
    """Return the JSON Schema of the whole configuration, as lines."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema_of(Configuration)}
    return json.dumps(schema, indent=1).split("\n")


FORMATS = {"text": as_text, "markdown": as_markdown, "schema": as_schema}


def _sections(key: str) -> Iterator[Section]:
    """Yield the path and the rule of each group of keys at and below a key."""
    sections = dict(_groups("", schema_of(Configuration)))
    chosen = [path for path in sections if not key or path == key or path.startswith(f"{key}.")]
    if not chosen:
        hint = did_you_mean(key, sections, 1) or f"there are {', '.join(filter(None, sections))}"
        raise LexloomError(f"{key}: no group of settings; {hint}")
    for path in chosen:
        if any(_rows(path, sections[path])):
            yield path, sections[path]


def _groups(path: str, rule: Rule) -> Iterator[Section]:
    rule = _resolved(rule)
    if "discriminator" in rule:
        for source, target in rule["discriminator"]["mapping"].items():
            yield from _groups(f"{path} ({source})", {"$ref": target})
    elif "properties" in rule:
        yield path, rule
        for name, below in rule["properties"].items():
            if not _is_of_all(path, name):
                yield from _groups(f"{path}.{name}" if path else name, below)
    elif "patternProperties" in rule:
        (below,) = rule["patternProperties"].values()
        yield from _groups(f"{path}.{{name}}", below)


def _is_of_all(path: str, name: str) -> bool:
    """Return whether a key of a corpus has the settings of the key of this name that is for all corpora."""
    return path.startswith("corpora") and name in Configuration.model_fields and name != "vectors"


def _rows(path: str, rule: Rule) -> Iterator[tuple[str, str, str, str]]:
    """Yield name, values, default and meaning of each setting of a group that is no group with a section."""
    for name, below in rule["properties"].items():
        below = _resolved(below)
        meaning = below.get("description", "")
        if _is_of_all(path, name):
            yield name, f"some of the keys of `{name}`", "", meaning
        elif not {"properties", "patternProperties", "discriminator"} & below.keys():
            default = _show(below["default"]) if "default" in below else ""
            yield name, allowed(below, schema_of(Configuration)), default, meaning


def _meaning(rule: Rule) -> str:
    return inspect.cleandoc(rule.get("description", ""))


def _resolved(rule: Rule) -> Rule:
    return resolved(rule, schema_of(Configuration))


def _show(value: Any) -> str:
    return json.dumps(value)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;")


def _code(text: str) -> str:
    return f"`{text}`" if text else ""
