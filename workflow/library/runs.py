"""The runs of trained models: entries of the configuration, also with other settings and seeds."""

import json
from collections.abc import Mapping
from itertools import chain
from typing import Any

from lexloom.settings.base import Settings
from lexloom.settings.command_line import as_options
from lexloom.settings.grids import variants
from library.refusal import refuse
from library.texts import Files

_LONGEST = 200  # what follows a name in that of a file takes some of the 255 bytes that there are


class Runs:
    """The runs of some entries.

    A run is named after its entry and what it changes, such as `lstm+dropout=0.2+seed=2`. No name of an entry
    has a plus sign, and no setting of an entry with its own value is named: `lstm` is that run, too.

    Parameters
    ----------
    entries : mapping of str to settings
    grids : mapping of str to grid
        By name of the entry; may be empty.
    seed : int
        The seed of a run whose name has none.
    seeds : list of int
        The seeds of each combination of a grid, and of each entry without one.

    Attributes
    ----------
    settings : dict of str to dict
        The settings and the seed of each run.
    variants : dict of str to dict of str to list of str
        For each entry what is compared, by name, each with its runs.
    """

    def __init__(
        self,
        entries: Mapping[str, Settings | Mapping[str, Any]],
        grids: Mapping[str, Settings],
        seed: int,
        seeds: list[int],
    ):
        self.settings = {name: dict(entry) | {"seed": seed} for name, entry in entries.items()}
        self.variants: dict[str, dict[str, list[str]]] = {}
        for name in entries:
            own = self.settings[name]
            names = self.variants[name] = {}
            for changes in variants(grids.get(name)):
                changed = [{**changes, "seed": number} for number in seeds]
                runs = {_named(name, own, each): own | each for each in changed}
                names[_named(name, own, changes)] = list(runs)
                self.settings |= runs


def run_files(measured: Mapping[str, list[str]]) -> Files:
    """Return what was measured of the runs of each variant, by name of input."""
    return {"runs": list(chain.from_iterable(measured.values()))}


def run_options(measured: Mapping[str, list[str]]) -> str:
    """Return what was measured of the runs of each variant as options, one for each."""
    return " ".join(as_options({"runs": [variant, *files]}) for variant, files in measured.items())


def _named(entry: str, own: Mapping[str, Any], changes: Mapping[str, Any]) -> str:
    """Return the name of an entry with what differs from its own settings."""
    differing = {setting: value for setting, value in changes.items() if value != own[setting]}
    texts = (f"{setting}={json.dumps(value)}".replace('"', "") for setting, value in differing.items())
    name = "+".join([entry, *texts])
    if len(name) > _LONGEST:
        refuse([f"{name}: longer than {_LONGEST} characters, as the name of a file; vary fewer settings"])
    return name
