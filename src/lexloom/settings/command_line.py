"""Settings on command lines: options with ranges, defaults and help from the classes of settings."""

import argparse
import shlex
from collections.abc import Callable, Mapping
from inspect import get_annotations
from typing import Any, NoReturn

from lexloom.errors import printable_lines
from lexloom.settings.base import Settings
from lexloom.settings.mistakes import bounds, schema_of, validated

_METAVARS = {"integer": "N", "number": "X", "string": "TEXT", "boolean": "BOOL"}
_READERS: dict[str, Callable[[str], Any]] = {
    "integer": int,
    "number": float,
    "boolean": lambda text: {"true": True, "false": False}[text.lower()],
}


class SettingsParser(argparse.ArgumentParser):
    """A parser of a command line with an option for each setting of some groups.

    A setting that is true or false has the options `--name` and `--no-name`; one that may be null has
    `--name VALUE` and `--no-name`; a list has `--name VALUE ...`. Ranges are those of the class, and all
    mistakes are reported at once.
    """

    def __init__(self, **keywords: Any):
        super().__init__(allow_abbrev=False, **keywords)
        self.groups: list[type[Settings]] = []

    def add_settings(self, *groups: type[Settings]) -> None:
        """Add the options of groups of settings, in sections by the class that has them."""
        for group in groups:
            self.groups.append(group)
            sections: dict[type[Settings], argparse._ArgumentGroup] = {}
            for name, rule in schema_of(group)["properties"].items():
                owner = _owner(group, name)
                if owner not in sections:
                    sections[owner] = self.add_argument_group(_title(owner))
                _add_option(sections[owner], name, rule)

    def error(self, message: str) -> NoReturn:
        """End the program with a message, in which what would steer a terminal is escaped."""
        super().error(printable_lines(message))

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse a command line, check the settings, and fill in the defaults of those that are not given."""
        options, rest = super().parse_known_args(args, namespace)
        lines = []
        for group in self.groups:
            names = [name for name in group.model_fields if name in options]
            values = {name: getattr(options, name) for name in names}
            settings, mistakes = validated(group, values)
            lines += [f"argument {_option(path[0])}: {mistake.message}" for path, mistake in mistakes.items()]
            for name, value in settings or ():
                setattr(options, name, value)
        if lines:
            self.error("\n".join(lines))
        return options, rest


def as_options(settings: Settings | Mapping[str, Any]) -> str:
    """Return settings as options of a command line, sorted by name, in one string.

    Every setting is among them, also one with its default. A value that begins with a hyphen is tied to its
    name, or it would be taken for an option. The names tell two settings that swap their values apart.
    """
    words = []
    for name, value in sorted(dict(settings).items()):
        option = _option(name)
        if value is None or value is False:
            words.append(_option(f"no_{name}"))
        elif value is True:
            words.append(option)
        elif isinstance(value, list):
            words.append(shlex.join([option, *map(_as_text, value)]))
        elif str(value).startswith("-"):
            words.append(shlex.quote(f"{option}={value}"))
        else:
            words.append(shlex.join([option, str(value)]))
    return " ".join(words)


def _owner(group: type[Settings], name: str) -> type[Settings]:
    """Return the class in which a setting is declared."""
    return next(owner for owner in group.__mro__ if name in get_annotations(owner))


def _title(group: type[Settings]) -> str:
    """Return the first line of the description of a group, without the full stop."""
    return (group.__doc__ or group.__name__).partition("\n")[0].rstrip(".")


def _add_option(section: Any, name: str, rule: Mapping[str, Any]) -> None:
    ways = [way for way in rule.get("anyOf", [rule]) if way != {"type": "null"}]
    several = ways[0]["type"] == "array"
    item = ways[0]["items"] if several else ways[0]
    notes = bounds(item) + ([f"default: {_show_default(rule['default'])}"] if "default" in rule else [])
    shared = {
        "dest": name,
        "default": argparse.SUPPRESS,
        "help": f"{rule['description']} ({', '.join(notes)})".replace("%", "%%"),
    }
    if item["type"] == "boolean" and not several:
        section.add_argument(_option(name), action=argparse.BooleanOptionalAction, **shared)
        return
    section.add_argument(
        _option(name),
        nargs="+" if several else None,
        type=lambda text: _read(text, item["type"]),
        metavar="{" + ",".join(item["enum"]) + "}" if "enum" in item else _METAVARS[item["type"]],
        required="default" not in rule,
        **shared,
    )
    if len(ways) < len(rule.get("anyOf", ways)):
        help_text = argparse.SUPPRESS if rule["default"] is None else f"do without {_option(name)}"
        shared = {"dest": name, "default": argparse.SUPPRESS, "help": help_text}
        section.add_argument(_option(f"no_{name}"), action="store_const", const=None, **shared)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _read(text: str, kind: str) -> Any:
    """Return a word of the command line as a value; other words stay a text, to be refused."""
    try:
        return _READERS[kind](text)
    except (KeyError, ValueError):
        return text


def _as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _show_default(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_as_text, value))
    return "none" if value is None else _as_text(value)
