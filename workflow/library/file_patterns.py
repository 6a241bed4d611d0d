"""Which files of a person paths and globs name."""

import os
import re
from collections.abc import Iterable
from glob import glob
from pathlib import Path

from snakemake.exceptions import WorkflowError

from lexloom.corpus.text_files import why_not_regular
from lexloom.errors import printable


def matching_files(patterns: str | list[str]) -> list[str]:
    """Return the files that paths or globs name, each once, even if links give it several names.

    A file that has a pattern as its very name is what the pattern means, and a folder means the files in it,
    but for hidden ones. Folders that match a glob are left out.

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
            "correct the path or glob, or put the file there"
        )
    paths = dict.fromkeys(path for paths in matches.values() for path in paths)
    for path in paths:
        if fault := why_not_regular(path):
            raise WorkflowError(f"corpora, files: {printable(path)}: {fault}; expected a UTF-8 text file")
    return _each_once(paths)


def natural_order(path: str) -> tuple[list[str | int], str]:
    """Return a key that sorts paths as people do: by the values of the numbers in them.

    Examples
    --------
    >>> sorted(["chapter10", "chapter2", "chapter02"], key=natural_order)
    ['chapter02', 'chapter2', 'chapter10']
    """
    parts = re.split(r"(\d+)", path)
    return [int(part) if number % 2 else part for number, part in enumerate(parts)], path


def _matches(pattern: str) -> list[str]:
    """Return what a pattern names except folders, in natural order."""
    if os.path.lexists(pattern) and not os.path.isdir(pattern):
        return [pattern]
    pattern = os.path.join(pattern, "*") if os.path.isdir(pattern) else pattern
    # Brackets and stars in the name of a folder that is there mean themselves, too.
    folder = next(filter(os.path.isdir, Path(pattern).parents), Path(pattern))
    names = glob(str(Path(pattern).relative_to(folder)), root_dir=folder, recursive=True)
    paths = names if folder == Path() else [os.path.join(folder, name) for name in names]
    paths.sort(key=natural_order)
    return [path for path in paths if not os.path.isdir(path)]


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
