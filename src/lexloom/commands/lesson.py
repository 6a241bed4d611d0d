"""What the scripts of the lessons share: their options."""

from lexloom.commands.script import script_parser
from lexloom.settings.command_line import SettingsParser
from lexloom.settings.execution import Seed


def lesson_parser(description: str, figure: str, table: str) -> SettingsParser:
    """Return a parser with a seed, and the paths of a figure and a table, which show what is said here."""
    parser = script_parser(description, Seed)
    parser.add_argument("--figure", required=True, help=f"{figure} (PNG)")
    parser.add_argument("--table", required=True, help=f"{table} (text)")
    parser.add_argument("--page", metavar="FILE", help="write the table also as a page to open (HTML)")
    return parser
