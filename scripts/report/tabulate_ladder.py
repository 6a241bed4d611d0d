"""Write the ladder of language models: test perplexities published, expected and ours, the worst model first.

Below it, in a table of their own, stand models that adapted to the text while they read it.
"""

import argparse

from lexloom.commands.script import parse, run, script_parser
from lexloom.report.tables import add_model_option, add_table_options, write_tables

KNOWN = ("published", "expected")
"""Test perplexities known before, by the option that gives them and the column that shows them."""


def options() -> argparse.ArgumentParser:
    """Return the command line of this script."""
    parser = script_parser(__doc__)
    add_model_option(parser)
    for known in KNOWN:
        parser.add_argument(
            f"--{known}",
            nargs="*",
            default=[],
            metavar="NAME=PERPLEXITY",
            help=f"{known} test perplexity of a model; a dash stands for those not given",
        )
    add_table_options(parser)
    return parser


if __name__ == "__main__":
    OPTIONS = parse(options())

from lexloom.report.measurements import adaptation_of, known_perplexities, read_models

COLUMNS = ("rung", *KNOWN, "ours", "valid", "epochs", "seconds", "device")
ADAPTED_COLUMNS = ("adapted_at_test_time", *KNOWN, "ours", "valid", "settings", "seconds", "device")


def main(options: argparse.Namespace) -> None:
    """Read what was measured, write the table."""
    known = [known_perplexities(name, getattr(options, name)) for name in KNOWN]
    plain, adapted = [COLUMNS], [ADAPTED_COLUMNS]
    models = read_models(options.models, ["valid", "test", "epochs"])
    for name, measured, seconds in sorted(models, key=lambda model: -model[1]["test"]):
        table, training, device = plain, measured["epochs"], measured.settings["trained_on"]
        if fitted := adaptation_of(measured):
            table, training, device = adapted, fitted, measured.device
        before = (perplexities.get(name, "-") for perplexities in known)
        ours = (f"{measured[split]:.2f}" for split in ("test", "valid"))
        table.append((name, *before, *ours, training, seconds, device.replace(" ", "_")))
    write_tables(options.output, options.page, plain, *([adapted] if len(adapted) > 1 else []))


if __name__ == "__main__":
    run(main, OPTIONS)
