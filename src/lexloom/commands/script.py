"""What every script shares: options, log, progress, and errors that a person can read."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any

from lexloom.commands.stages import way_out
from lexloom.commands.terminal import any_terminal, log_to
from lexloom.errors import Interrupted, LexloomError
from lexloom.settings.base import Settings
from lexloom.settings.command_line import SettingsParser

if TYPE_CHECKING:
    from tqdm import tqdm


def script_parser(description: str, *groups: type[Settings]) -> SettingsParser:
    """Return a parser with the settings of some groups as options, and the option `--log` of every script."""
    parser = SettingsParser(description=description)
    parser.add_argument("--log", metavar="FILE", help="write messages to this file as well")
    parser.add_settings(*groups)
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """Return the options of the command line; `--help` and a mistake in it end the program here."""
    with any_terminal():
        options = parser.parse_args()
    _keep_fonts()
    return options


def run(main: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> None:
    """Call `main` with the options; a user's mistake becomes one line and exit status 1.

    Such mistakes are `LexloomError`; `OSError`: a file that cannot be opened, a disk that is full; and
    `MemoryError`: a size too large for this machine. Ctrl-C ends the script with status 130, and
    `Interrupted` with that of its signal. SIGTERM and SIGHUP end it so, too, and so remove temporary files.
    Meanwhile no other program can write the same outputs.
    """
    for number in (signal.SIGTERM, signal.SIGHUP):
        if signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _interrupt)
    with any_terminal():
        _run(main, options)


def _run(main: Callable[[argparse.Namespace], None], options: argparse.Namespace) -> None:
    logging.getLogger().setLevel(logging.INFO)
    log_to(logging.StreamHandler(sys.stderr))
    from lexloom.storage.output_locks import locked  # here, so that --help does not wait for it

    try:
        _check_outputs(options)
        with locked(*_results(options)):
            if options.log:
                log_to(_LogFile(options.log, "w", "utf-8"))
            main(options)
    except (LexloomError, OSError, MemoryError) as error:
        logging.error("error: %s%s", str(error) or "not enough memory", way_out(error))
        sys.exit(1)
    except Interrupted as stop:
        logging.error("%s", stop)
        sys.exit(128 + stop.signal)
    except KeyboardInterrupt:
        logging.error("interrupted")
        sys.exit(130)
    except Exception:
        logging.exception("this is a bug in lexloom; please report it with this traceback")
        sys.exit(2)


def _keep_fonts() -> None:
    """Let Matplotlib keep its list of fonts, also where there is no home folder."""
    if "MPLCONFIGDIR" in os.environ or os.access(os.path.expanduser("~"), os.W_OK | os.X_OK):
        return
    from lexloom.kernels.cpu.machine.cache_folder import own_folder

    if own := own_folder():
        os.environ["MPLCONFIGDIR"] = str(own / "matplotlib")


_RESULTS = ("output", "figure", "table", "page")
_NO_FILES = ("path", "queries")
"""The file on a server, and words."""


def _check_outputs(options: argparse.Namespace) -> None:
    """Refuse to write over a file that the command line names for something else, such as an input."""
    files = {name: list(_texts(value)) for name, value in vars(options).items() if name not in _NO_FILES}
    for name in (*_RESULTS, "log"):
        others = [path for other, paths in files.items() if other != name for path in paths]
        for output in files.get(name, []):
            if any(_is_same_file(output, other) for other in others):
                raise LexloomError(
                    f"--{name}: {output} is another file of this command line, too; choose another {name}"
                )


def _results(options: argparse.Namespace) -> list[str]:
    """Return the files to write; of several in a folder, who writes them knows the names."""
    paths = [path for name in _RESULTS for path in _texts(getattr(options, name, None))]
    return [path for path in paths if not os.path.isdir(path)]


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for each in value:
            yield from _texts(each)


def _is_same_file(path: str, other: str) -> bool:
    if os.path.exists(path) and os.path.exists(other):
        return os.path.samefile(path, other)
    return os.path.realpath(path) == os.path.realpath(other)


class _LogFile(logging.FileHandler):
    """A log; when it cannot be written, as on a full disk, it says so once, and the work goes on."""

    def handleError(self, record: logging.LogRecord) -> None:
        logging.getLogger().removeHandler(self)
        logging.warning("%s: no longer written: %s", self.baseFilename, sys.exception())


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted(f"ended by {signal.Signals(number).name}", number)


def progress(steps: Iterable[Any] | None = None, **options: Any) -> "tqdm":
    """Return a progress bar with rate and remaining time; silent unless standard error is a terminal."""
    from tqdm import tqdm  # takes a tenth of a second to load, which --help need not wait for

    hidden = None if sys.stderr else True  # None: unless it is a terminal
    return tqdm(steps, disable=hidden, dynamic_ncols=True, unit_scale=True, leave=False, **options)
