"""What the scripts that draw a corpus's figures share: their options."""

from lexloom.commands.script import script_parser
from lexloom.settings.base import Settings
from lexloom.settings.command_line import SettingsParser


def figure_parser(description: str, *groups: type[Settings]) -> SettingsParser:
    """Return a parser with the settings of some groups, and options for name and output of a figure."""
    parser = script_parser(description, *groups)
    parser.add_argument("--name", default="", help="the name of the corpus, for the title")
    parser.add_argument("--output", required=True, help="where to write the figure (PNG)")
    return parser
