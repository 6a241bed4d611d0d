"""The tables and figures that people open, and what their scripts are given."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lexloom.settings.command_line import as_options
from library.texts import Files


@dataclass(frozen=True)
class Report:
    """A table or a figure.

    Attributes
    ----------
    path : str
        The path under the results of the corpus, with wildcards.
    category, shows : str
        Its section of Snakemake's report, and its label there.
    files : callable
        The inputs by name, given the wildcards. The script takes `files` as its arguments, and `corpus` and
        `gold` as options; the other inputs only have to be there, or are named by `more`.
    more : callable
        Further options.
    target : str
        The target of the graph that makes it.
    """

    path: str
    category: str
    shows: str
    files: Callable[..., Files]
    more: Callable[..., str] = lambda **_: ""
    target: str = "all"

    @property
    def output(self) -> str:
        """The path of the file, with wildcards."""
        return f"results/{{corpus}}/{self.path}"

    def inputs(self, wildcards: Any) -> Files:
        """Return the inputs by name."""
        return {"files": [], **self.files(**dict(wildcards.items()))}

    def options(self, wildcards: Any) -> str:
        """Return the options of the script, but for its log and output."""
        inputs = self.inputs(wildcards).items()
        passed = {name: paths for name, paths in inputs if name in ("corpus", "gold")}
        return f"{as_options(passed)} {self.more(**dict(wildcards.items()))}"
