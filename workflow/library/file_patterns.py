"""Which files of a person paths and globs name."""

import os
from collections.abc import Iterable
from glob import glob
from pathlib import Path

from snakemake.exceptions import WorkflowError

from lexloom.corpus.text_files import why_not_regular
from lexloom.errors import printable


def matching_files(patterns: str | list[str]) -> list[str]:
    """Return the files that paths or globs name, each once, even if links give it several names.

    A file that has a pattern as its very name is what the pattern means. Folders that match are left out.

    Raises
    ------
    WorkflowError
        When a pattern names no file, or something that is not a file, such as a pipe or a dangling link.
    """
    patterns = [patterns] if isinstance(patterns, str) else patterns
    matches = {pattern: _matches(pattern) for pattern in patterns}
    missing = [pattern for pattern, paths in matches.items() if not paths]
    if missing:
        raise WorkflowError(
            f"corpora, files: no file is named {' or '.join(map(printable, missing))} in {Path.cwd()}; "
            f"correct the path or glob, or put the file there{_advice(missing)}"
        )
    paths = dict.fromkeys(path for paths in matches.values() for path in paths)
    for path in paths:
        if fault := why_not_regular(path):
            raise WorkflowError(f"corpora, files: {printable(path)}: {fault}; expected a UTF-8 text file")
    return _each_once(paths)


def _matches(pattern: str) -> list[str]:
    """Return what a pattern names except folders, sorted."""
    if os.path.lexists(pattern) and not os.path.isdir(pattern):
        return [pattern]
    # Brackets and stars in the name of a folder that is there mean themselves, too.
    folder = next(filter(os.path.isdir, Path(pattern).parents), Path(pattern))
    names = glob(str(Path(pattern).relative_to(folder)), root_dir=folder, recursive=True)
    paths = sorted(names if folder == Path() else [os.path.join(folder, name) for name in names])
    return [path for path in paths if not os.path.isdir(path)]


def _advice(missing: Iterable[str]) -> str:
    folders = [path for path in missing if os.path.isdir(path)]
    return "".join(f"; {path} is a folder: {Path(path, '*.txt')} names files in it" for path in folders)


def _each_once(paths: Iterable[str]) -> list[str]:
    """Return paths without those that lead to a file by way of links where another one leads there, too."""
    first: dict[tuple[int, int], str] = {}
    distinct = []
    for path in paths:
        stat = os.stat(path)
        other = first.setdefault((stat.st_dev, stat.st_ino), path)
        if other is path or os.path.realpath(other) != os.path.realpath(path):
            distinct.append(path)
    return distinct
