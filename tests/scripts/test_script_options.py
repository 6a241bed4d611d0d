"""Every number on a command line has a range, and what lies outside is refused before any work."""

import argparse
import logging
import multiprocessing
import runpy
from itertools import count, repeat
from pathlib import Path

import pytest

from lexloom.commands.script import parse, run
from lexloom.settings.mistakes import schema_of
from lexloom.storage import output_locks

SCRIPTS = sorted((Path(__file__).parents[2] / "scripts").rglob("*.py"))


BEYOND = {"minimum": -1, "exclusiveMinimum": 0, "maximum": 1, "exclusiveMaximum": 0}
"""How far from a bound of JSON Schema the next value is that it does not allow."""


def parser_of(script):
    return runpy.run_path(str(script))["options"]()


def required(parser, names=None):
    """Return a value for each argument that must be given, the next of some names."""
    names = names or repeat("1")
    words = []
    for action in parser._actions:
        number = action.nargs if isinstance(action.nargs, int) else 1
        values = [next(iter(action.choices or names)) for _ in range(number)]
        if not action.option_strings:
            words += values
        elif action.required:
            words += [action.option_strings[0], *values]
    return words


def outside(rule):
    """Yield words that the rule of a setting does not allow."""
    (way,) = [way for way in rule.get("anyOf", [rule]) if way != {"type": "null"}]
    way = way.get("items", way)
    if "enum" in way:
        yield "magic"
    elif way["type"] in ("integer", "number"):
        yield from ("nan", "many", *(str(way[key] + step) for key, step in BEYOND.items() if key in way))
    elif way["type"] == "boolean" and rule.get("type") == "array":
        yield "yes"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_a_value_out_of_its_range_is_refused(script, capsys):
    parser = parser_of(script)
    for group in parser.groups:
        for name, rule in schema_of(group)["properties"].items():
            option = f"--{name.replace('_', '-')}"
            for word in outside(rule):
                with pytest.raises(SystemExit):
                    parser.parse_args([*required(parser), f"{option}={word}"])
                assert f"argument {option}: " in capsys.readouterr().err


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_each_option_has_its_help_and_each_number_is_a_setting(script):
    parser = parser_of(script)
    actions = [action for action in parser._actions if not isinstance(action, argparse._HelpAction)]
    assert all(action.help for action in actions)
    settings = {name for group in parser.groups for name in group.model_fields}
    assert {action.dest for action in actions if action.type not in (None, str)} <= settings


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_no_file_of_a_command_line_is_written_over_another(script, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.chdir(tmp_path)
    Path("1").write_text("mine")
    Path("link").symlink_to("1")
    Path("hard").hardlink_to("1")
    needed = required(parser_of(script))  # each file of which is the same
    logs = ["--log", "link"], ["--log", "hard"]
    for more in logs if script.stem == "download_file" else ([], *logs):  # its argument names no file here
        monkeypatch.setattr("sys.argv", [script.name, *needed, *more])
        with pytest.raises(SystemExit) as end:
            run(lambda options: Path("1").unlink(), parse(parser_of(script)))
        assert end.value.code == 1
        assert "is another file of this command line, too; choose another" in capsys.readouterr().err
        assert Path("1").read_text() == "mine"


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_while_a_script_works_no_other_program_works_on_its_output(script, monkeypatch, tmp_path):
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    monkeypatch.setattr(output_locks, "PATIENCE", 0)
    monkeypatch.chdir(tmp_path)
    parser = parser_of(script)
    monkeypatch.setattr("sys.argv", [script.name, *required(parser, map(str, count(1)))])
    statuses = []

    def start_another(options):
        other = multiprocessing.get_context("fork").Process(target=run, args=(print, options))
        other.start()
        other.join(60)
        statuses.append(other.exitcode)

    run(start_another, parse(parser))
    assert statuses == [1]
    assert list(tmp_path.iterdir()) == []
