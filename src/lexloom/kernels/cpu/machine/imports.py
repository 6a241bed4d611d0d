"""Which files of lexloom the code in a file uses: those that it imports, itself or through others."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

LIBRARY = Path(__file__).parents[3]


def imported_files(path: Path, library: Path = LIBRARY) -> set[Path]:
    """Return the files of the lexloom modules that a Python file imports, itself or through others.

    Parameters
    ----------
    path : path
        The file.
    library : path
        The folder of lexloom.
    """
    files, waiting = set[Path](), [path]
    while waiting:
        for file in _direct_imports(waiting.pop(), library):
            if file not in files:
                files.add(file)
                waiting.append(file)
    return files


@cache
def _direct_imports(path: Path, library: Path) -> list[Path]:
    """Return the files of the lexloom modules and packages that the import statements of a file name."""
    names = []
    for node in _statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = ["lexloom", *path.relative_to(library).parts[: -node.level]] if node.level else []
            module = ".".join(package + ([node.module] if node.module else []))
            names += [module, *(f"{module}.{alias.name}" for alias in node.names)]
    own = (name.split(".")[1:] for name in names if name.split(".")[0] == "lexloom")
    return [file for parts in own for file in _module_files(library.joinpath(*parts), library)]


def _statements(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the statements in a tree, without those that only a type checker sees."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) or (
            isinstance(child, ast.If) and ast.unparse(child.test) == "TYPE_CHECKING"
        ):
            continue
        yield child
        yield from _statements(child)


def _module_files(path: Path, library: Path) -> Iterator[Path]:
    """Yield the file of a module, and the __init__.py of each package on the way to it."""
    if path.with_suffix(".py").is_file():
        yield path.with_suffix(".py")
    for folder in (path, *path.parents):
        if folder.is_relative_to(library) and (folder / "__init__.py").is_file():
            yield folder / "__init__.py"
