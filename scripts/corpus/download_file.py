"""Fetch a file and check its sha256.

The mirror that the environment variable LEXLOOM_MIRROR names, a folder or a base address, is tried first,
then each origin.
"""

import argparse
import logging
import os

from lexloom.commands.script import parse, progress, run, script_parser
from lexloom.errors import LexloomError
from lexloom.settings.downloads import Size


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__, Size)
    parser.add_argument("path", help="where the file is under the mirror, like ptb/ptb.train.txt")
    parser.add_argument("--output", required=True, metavar="FILE", help="where to put it")
    parser.add_argument(
        "--sha256", required=True, help="the checksum that the file must have, in hexadecimal"
    )
    parser.add_argument(
        "--origins", nargs="+", required=True, metavar="URL", help="addresses of the file, tried in turn"
    )
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.corpus.downloads import download

WHAT_TO_DO = """What you can do:
  a mirror: put the file at {path} in a folder; set LEXLOOM_MIRROR to the folder or its address
  your own text: a corpus with `source: files` in config/config.yaml
  the sample corpus, which needs no download: snakemake --cores 4 --config corpus=sample"""


def main(options: argparse.Namespace) -> None:
    """Fetch the file, and name the places that did not have it."""
    with progress(total=options.size, unit="B", desc=options.path) as bar:
        try:
            failures = download(
                options.path,
                options.sha256,
                options.origins,
                options.output,
                mirror=os.environ.get("LEXLOOM_MIRROR"),
                progressbar=bar,
                size=options.size,
            )
        except LexloomError as error:
            raise LexloomError(f"{error}\n{WHAT_TO_DO.format(path=options.path)}") from error
    for failure in failures:
        logging.warning("skipped %s", failure)


if __name__ == "__main__":
    run(main, OPTIONS)
