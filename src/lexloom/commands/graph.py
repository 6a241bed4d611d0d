"""Running the graph on one's own texts, without a clone: a folder's configuration, and Snakemake on it."""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import yaml

from lexloom.errors import LexloomError
from lexloom.storage.atomic_files import write_lines

CONFIGURATION = "lexloom.yaml"
_TEMPLATE = """\
# Written by `lexloom init`; yours to edit. `lexloom settings` explains each key.
corpus: {name}

corpora:
  {name}:
    source: files
    files: {files}
    tokenize: {{pattern: words, lower: true, max_vocab: 10000}}
    vectors: [cbow, skipgram]
    models: [lstm_small]     # lstm is better, and takes minutes where this one takes seconds
    # queries: [house, went, happy]   # words whose nearest words are listed, in place of some of the text
    # evaluate: [wordsim353, simlex999, men, analogies]   # English test sets, which are downloaded\
"""
_NAME = "mine"


def write_configuration(folder: str | Path, files: Sequence[str]) -> Path:
    """Describe text files as a corpus, in a new `lexloom.yaml` in a folder.

    Parameters
    ----------
    folder : path
        Made if it is not there.
    files : list of str
        Paths, folders and globs, seen from the working directory.

    Returns
    -------
    path : Path
        Of the configuration.

    Raises
    ------
    LexloomError
        If there is one already, or it cannot be written.
    """
    path = Path(folder) / CONFIGURATION
    if os.path.lexists(path):
        raise LexloomError(f"{path}: there already; edit it, or name another --folder")
    try:
        listed = json.dumps(_seen_from(folder, files), ensure_ascii=False)
        listed.encode()
    except UnicodeEncodeError as error:
        raise LexloomError(f"{error.object!r}: not UTF-8; rename the file") from error
    write_lines(path, [_TEMPLATE.format(name=_NAME, files=listed)])
    return path


def run_graph(folder: str | Path, files: Sequence[str], cores: int, arguments: Sequence[str]) -> NoReturn:
    """Become the Snakemake that makes what was asked for in a folder; describe its texts first, if it is new.

    Parameters
    ----------
    folder, files
        See `write_configuration`; without files, the folder has a configuration.
    cores : int
    arguments : list of str
        Further arguments of Snakemake, such as files to make.

    Raises
    ------
    LexloomError
        If the folder has no configuration and no files are named, or one of other files.
    """
    path = Path(folder) / CONFIGURATION
    if not os.path.lexists(path):
        if not files:
            raise LexloomError(f"{path}: no such file; name the texts: lexloom run 'texts/*.txt'")
        write_configuration(folder, files)
    elif files and _seen_from(folder, files) not in _configured(path):
        raise LexloomError(f"{path}: of other texts; edit its `files`, or run without naming any")
    graph = graph_folder()
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(graph / "Snakefile")]
    command += ["--workflow-profile", str(graph / "workflow/profiles/default")]
    command += ["--directory", str(folder), "--configfile", str(path.resolve()), "--cores", str(cores)]
    os.execv(sys.executable, [*command, *arguments])


def graph_folder() -> Path:
    """Return the folder of the Snakefile: in the installed package, or the clone that is installed.

    Raises
    ------
    LexloomError
        If there is neither.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "graph", package.parents[1]):
        if (folder / "Snakefile").is_file():
            return folder
    raise LexloomError(f"{package}: installed without its graph; install lexloom anew")


def _seen_from(folder: str | Path, files: Sequence[str]) -> str | list[str]:
    """Return the paths of files as the configuration of a folder names them: one, or a list."""
    paths = [file if os.path.isabs(file) else os.path.relpath(file, folder) for file in files]
    return paths[0] if len(paths) == 1 else paths


def _configured(path: Path) -> list[object]:
    """Return the files of each corpus of a configuration; what is wrong with it, Snakemake says."""
    try:
        read = yaml.safe_load(path.read_text(encoding="utf-8"))
        return [corpus.get("files") for corpus in read["corpora"].values()]
    except (AttributeError, LookupError, TypeError, ValueError, yaml.YAMLError):
        return []
