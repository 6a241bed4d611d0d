"""What all rules share: the configuration, checked, and how a rule names its code and its settings."""

import ast
import shlex
import sys
from pathlib import Path

sys.path.insert(0, str(Path(workflow.basedir) / "workflow"))

from configuration import check_configuration

check_configuration(config, Path(workflow.basedir) / "workflow/schemas/config.schema.yaml")

CORPUS = config["corpus"]
LIBRARY = Path("src/lexloom")


wildcard_constraints:
    corpus="|".join(config["corpora"]),


def imported_modules(path):
    """Return the files of lexloom's own modules that a Python file imports, by themselves or through others."""
    found, waiting = set(), [Path(path)]
    while waiting:
        for module in direct_imports(waiting.pop()):
            if module not in found:
                found.add(module)
                waiting.append(module)
    return sorted(str(module) for module in found)


def direct_imports(path):
    """Yield the files of the lexloom modules and packages that the import statements of a file name."""
    for node in ast.walk(ast.parse(Path(path).read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            if name.split(".")[0] == "lexloom":
                yield from module_files(name)


def module_files(name):
    """Yield the file of a dotted module name, and the __init__.py of each package on the way to it."""
    path = LIBRARY.joinpath(*name.split(".")[1:])
    if path.with_suffix(".py").is_file():
        yield path.with_suffix(".py")
    for folder in (path, *path.parents):
        if folder.is_relative_to(LIBRARY) and (folder / "__init__.py").is_file():
            yield folder / "__init__.py"


def code(script):
    """Return the inputs of a rule that runs a script: the script, and the modules behind it.

    Snakemake does not see what a script imports; as inputs, an edited module reruns the rules that use it, and no
    others.
    """
    return {"script": f"scripts/{script}", "modules": imported_modules(f"scripts/{script}")}


def options(settings):
    """Return settings as command-line options, sorted by name, in one string.

    True becomes a bare flag; False and None are left out. One string with the names in it lets Snakemake see two
    settings that swap their values.
    """
    words = []
    for name, value in sorted(settings.items()):
        flag = "--" + name.replace("_", "-")
        if value is True:
            words.append(flag)
        elif isinstance(value, list):
            words.append(" ".join([flag, *(shlex.quote(str(item)) for item in value)]))
        elif value is not False and value is not None:
            words.append(f"{flag} {shlex.quote(str(value))}")
    return " ".join(words)
