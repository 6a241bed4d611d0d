"""What rules share: settings as options of command lines, and the patterns of wildcards."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from lexloom.settings.base import Settings
from lexloom.settings.command_line import as_options
from lexloom.settings.configuration import Configuration


class Options:
    """Settings of a configuration as options."""

    def __init__(self, configuration: Configuration):
        self.configuration = configuration

    def own(self, key: str, group: type[Settings] | None = None) -> Callable[[Any], str]:
        """Return a function of wildcards: the settings of a key for their corpus, or a group of these."""

        def options(wildcards: Any) -> str:
            settings = self.configuration.own(key, wildcards.corpus)
            return as_options(settings.part(group) if group else settings)

        return options

    def seeded(self, *groups: Settings | Mapping[str, Any]) -> str:
        """Return settings and the seed, which is that of the configuration unless a group has another."""
        merged = {"seed": self.configuration.seed}
        for group in groups:
            merged |= dict(group)
        return as_options(merged)


def names(words: Iterable[str]) -> str:
    """Return the pattern of a wildcard that is one of some words; it matches nothing where there are none."""
    return "|".join(map(re.escape, words)) or "(?!)"
