"""The wheel also carries the graph, as `lexloom/graph`: Snakefile, rules, scripts and configuration."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class BuildWithGraph(build_py):
    """Builds the library, and copies the graph beside it."""

    def run(self) -> None:
        """Build; an installation that is edited in place has the graph in its clone."""
        super().run()
        if self.editable_mode:
            return
        graph = Path(self.build_lib, "lexloom", "graph")
        shutil.rmtree(graph, ignore_errors=True)
        for name in ("config", "scripts", "workflow"):
            shutil.copytree(name, graph / name, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy("Snakefile", graph)


setup(cmdclass={"build_py": BuildWithGraph})
