"""What every script shares: options, log, progress, and errors that a person can read."""

import argparse
import logging
import sys
from collections.abc import Callable, Iterable
from typing import Any

from tqdm import tqdm

from lexloom.errors import Interrupted, LexloomError

# Not imported from lexloom.kernels.backend: a script that does not compute shall not depend on its kernels.
DEVICES = ("cpu", "cuda")


def script_parser(description: str) -> argparse.ArgumentParser:
    """Return a parser that shows each option's default, with the option `--log` of every script."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.ArgumentDefaultsHelpFormatter
    )
    parser.add_argument("--log", metavar="FILE", help="write messages to this file as well")
    return parser


def add_compute_options(parser: argparse.ArgumentParser) -> None:
    """Add `--seed`, `--device` and `--threads`."""
    parser.add_argument("--seed", type=at_least(0), default=1, help="seed of every random number")
    add_device_options(parser)


def add_device_options(parser: argparse.ArgumentParser) -> None:
    """Add `--device` and `--threads`, on which no result depends beyond rounding between devices."""
    parser.add_argument("--device", choices=DEVICES, default="cpu", help="where to compute")
    parser.add_argument(
        "--threads", type=at_least(1), default=1, help="CPU threads; the result does not depend on it"
    )


def add_checkpoint_option(parser: argparse.ArgumentParser) -> None:
    """Add `--checkpoint-minutes`, on which no result depends."""
    parser.add_argument(
        "--checkpoint-minutes",
        type=between(0, 1e6),
        default=10.0,
        help="minutes from one checkpoint to the next; 0 writes one after each step",
    )


def at_least(minimum: int) -> Callable[[str], int]:
    """Return an argparse type: a whole number of 32 bits, not less than `minimum`."""

    def whole_number(text: str) -> int:
        number = int(text)
        if not minimum <= number < 1 << 32:
            raise argparse.ArgumentTypeError(f"{number} is not from {minimum} to {(1 << 32) - 1}")
        return number

    return whole_number


def between(low: float, high: float, *, above: bool = False, below: bool = False) -> Callable[[str], float]:
    """Return an argparse type: a number from `low` (or `above` it) to `high` (or `below` it)."""
    words = f"{'above' if above else 'from'} {low:g} {'to below' if below else 'to'} {high:g}"

    def number(text: str) -> float:
        value = float(text)
        if not (low < value if above else low <= value) or not (value < high if below else value <= high):
            raise argparse.ArgumentTypeError(f"{text} is not {words}")
        return value

    return number


def true_or_false(text: str) -> bool:
    """Return what `True` or `False` says: an argparse type, for lists of both."""
    if text not in ("True", "False"):
        raise argparse.ArgumentTypeError(f"{text} is neither True nor False")
    return text == "True"


def run(main: Callable[[argparse.Namespace], None], parser: argparse.ArgumentParser) -> None:
    """Parse the command line and call `main`; a mistake of a person becomes one line and exit status 1.

    Such mistakes are `LexloomError`; `OSError`: a file that cannot be opened, a disk that is full; and
    `MemoryError`: a size too large for this machine. Ctrl-C ends the script with status 130,
    and `Interrupted` with that of its signal.
    """
    options = parser.parse_args()
    logging.basicConfig(
        level=logging.INFO, format="%(message)s", handlers=[logging.StreamHandler(sys.stderr)]
    )
    try:
        if options.log:
            logging.getLogger().addHandler(logging.FileHandler(options.log, mode="w"))
        main(options)
    except (LexloomError, OSError, MemoryError) as error:
        logging.error("error: %s", str(error) or "not enough memory")
        sys.exit(1)
    except Interrupted as stop:
        logging.error("%s", stop)
        sys.exit(128 + stop.signal)
    except KeyboardInterrupt:
        logging.error("interrupted")
        sys.exit(130)
    except Exception:
        logging.exception("a defect in lexloom, please report it with this traceback")
        sys.exit(2)


def progress(steps: Iterable[Any] | None = None, **options: Any) -> tqdm:
    """Return a progress bar with rate and remaining time; silent where standard error is no terminal."""
    return tqdm(steps, disable=None, dynamic_ncols=True, unit_scale=True, leave=False, **options)
