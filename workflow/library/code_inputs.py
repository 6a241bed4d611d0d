"""How a rule names its code, so that Snakemake reruns what an edit touches, and nothing else."""

import ast
import os
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from snakemake.exceptions import WorkflowError

from lexloom.errors import printable

# Relative to the working directory: `--directory` may name another one, and a moved clone reruns nothing.
ROOT = Path(os.path.relpath(Path(__file__).resolve().parents[2]))
LIBRARY = ROOT / "src/lexloom"


def check_place(root: str | Path = ROOT) -> None:
    """Check that Snakemake takes the paths of the code as they are.

    Raises
    ------
    WorkflowError
        When it would read names of wildcards or of path variables in them, or Python an option.
    """
    if re.search("^-|[{}<>]", str(root)):
        raise WorkflowError(
            f"the path to the code, {printable(root)}, has {{ }} < > or a hyphen at its start, which "
            "would be taken for a pattern or an option; move the code, or run snakemake in its folder"
        )


def put_python_first() -> None:
    """Let the Python that runs Snakemake run the scripts, whether its environment is activated or not."""
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", "")]
    os.environ["PATH"] = os.pathsep.join(folders)


def code(script: str) -> dict[str, Any]:
    """Return the inputs of a rule that runs a script: the script, and the modules behind it.

    Snakemake does not see what a script imports. As inputs, an edited module reruns the rules that use it,
    and no others.
    """
    path = ROOT / "scripts" / script
    return {"script": str(path), "modules": imported_modules(path)}


def imported_modules(path: Path) -> list[str]:
    """Return the files of the lexloom modules that a Python file imports, itself or through others.

    The CUDA source beside a module, of the same name, is among them.
    """
    modules, waiting = set(), [path]
    while waiting:
        for module in _direct_imports(waiting.pop()):
            if module not in modules:
                modules.add(module)
                waiting.append(module)
    sources = {module.with_suffix(".cu") for module in modules}
    return sorted(map(str, modules | set(filter(Path.is_file, sources))))


@cache
def _direct_imports(path: Path) -> list[Path]:
    """Return the files of the lexloom modules and packages that the import statements of a file name."""
    names = []
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = _package(path, node.level) if node.level else []
            module = ".".join(package + ([node.module] if node.module else []))
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    return [file for name in names if name.split(".")[0] == "lexloom" for file in _module_files(name)]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a tree, without those that only a type checker sees."""
    if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
        return
    yield node
    for child in ast.iter_child_nodes(node):
        yield from _statements(child)


def _package(path: Path, level: int) -> list[str]:
    """Return the names of the package that `level` dots of a relative import mean in a module."""
    return ["lexloom", *path.relative_to(LIBRARY).parts[:-level]]


def _module_files(name: str) -> Iterator[Path]:
    """Yield the file of a dotted module name, and the __init__.py of each package on the way to it."""
    path = LIBRARY.joinpath(*name.split(".")[1:])
    if path.with_suffix(".py").is_file():
        yield path.with_suffix(".py")
    for folder in (path, *path.parents):
        if folder.is_relative_to(LIBRARY) and (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
